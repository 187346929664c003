// The executor's other half: what comes in from the network.
#include <utility>

#include "agent/executor.hpp"
#include "agent/layout.hpp"
#include "release/wire/payload.hpp"

namespace edgeroll::agent {
namespace {

using apply::Admission;
using release::TaskStatus;
namespace code = release::code;

constexpr Millis cancel_hold{5'000};  ///< for the killed command to end, so the answer is final

auto refuse(std::string message, int refusal_code) {
    return release::fail(std::move(message), release::Outcome::permanent, refusal_code);
}

/// Digest of the content, computed here whatever the sender says; empty for a reload.
Result<std::string> digest_of(const release::wire::Dispatch& dispatch) {
    auto payload = release::wire::parse_payload(dispatch.payload);
    if (!payload) return refuse(payload.error().message, code::invalid);
    if (payload->files.empty()) return std::string();
    std::string digest = release::wire::content_digest(*payload);
    if (!dispatch.sha256.empty() && dispatch.sha256 != digest) {
        return refuse("the content's digest is " + digest + ", not " + dispatch.sha256 +
                          " as field 'sha256' says",
                      code::invalid);
    }
    return digest;
}

apply::Details details_of(release::wire::Dispatch&& dispatch) {
    apply::Details details;
    if (dispatch.timeout) details.timeout_ms = dispatch.timeout->count();
    details.node_name = std::move(dispatch.node_name);
    details.node_ip = std::move(dispatch.node_ip);
    details.labels = std::move(dispatch.labels);
    return details;
}

}  // namespace

boost::asio::awaitable<Result<TaskStatus>> Executor::dispatch(release::wire::Dispatch dispatch) {
    if (is_stopping_) co_return refuse("the agent is stopping", code::busy);
    apply::Offer offer;
    offer.task_id = dispatch.task_id;
    offer.version = dispatch.version;
    offer.epoch = dispatch.epoch;
    // Read but not built yet: refused, never ignored.
    if (dispatch.type != "apply_config" || dispatch.is_by_reference || dispatch.banned) {
        co_return refuse("this agent knows apply_config with its payload only", code::invalid);
    }
    auto digest = digest_of(dispatch);
    if (!digest) co_return tl::unexpected(digest.error());
    offer.sha256 = std::move(*digest);
    const Admission first = apply::admit(book_.book().ledger, offer, settings_.queue_max);
    if (first.kind == Admission::Kind::refuse) co_return refuse(first.message, first.code);
    if (first.kind == Admission::Kind::run) {
        co_return co_await take(std::move(dispatch), std::move(offer));
    }
    if (auto done = book_.record(offer, first, details_of(std::move(dispatch))); !done) {
        co_return refuse(done.error().message, code::busy);
    }
    co_return first.status;
}

boost::asio::awaitable<Result<TaskStatus>> Executor::take(release::wire::Dispatch dispatch,
                                                          apply::Offer offer) {
    std::string file;
    if (!offer.sha256.empty()) {
        file = payload_name();
        const auto stored = co_await store_payload(file, std::move(dispatch.payload));
        if (!stored) co_return refuse(stored.error().message, code::busy);
    }
    // The same dispatch, or another one, may have come in while the file was written.
    const Admission admission = apply::admit(book_.book().ledger, offer, settings_.queue_max);
    apply::Details details = details_of(std::move(dispatch));
    details.payload_file = file;
    Result<void> recorded;
    if (is_stopping_) {
        recorded = refuse("the agent is stopping", code::busy);
    } else if (admission.kind == Admission::Kind::refuse) {
        recorded = refuse(admission.message, admission.code);
    } else {
        recorded = book_.record(offer, admission, std::move(details));
        if (!recorded) recorded = refuse(recorded.error().message, code::busy);
    }
    if (!recorded || admission.kind != Admission::Kind::run) remove_payload(file);
    if (!recorded) co_return tl::unexpected(recorded.error());
    bell_.ring();
    co_return admission.status;
}

boost::asio::awaitable<Result<void>> Executor::store_payload(std::string file,
                                                             std::string payload) {
    std::function<Result<void>()> job = [this, file, payload = std::move(payload)] {
        const std::string path = layout::task_file(file);
        auto done = machine_.files.create_file(path, payload, 0600);
        if (done) done = machine_.files.rename(path, path);  // its folder's entry, on the disk
        return done;
    };
    co_return co_await intake_worker_.call<Result<void>>(std::move(job));
}

void Executor::remove_payload(const std::string& file) {
    // Not worth an error: the next start removes what nobody needs.
    if (!file.empty()) (void)machine_.files.remove(layout::task_file(file));
}

std::string Executor::payload_name() {
    return "payload-" + std::to_string(machine_.wall_clock.now_ms()) + "-" +
           std::to_string(++payload_count_);
}

boost::asio::awaitable<std::optional<release::wire::TaskReport>> Executor::report(
    std::string task_id, Millis hold) {
    const auto until = machine_.clock.now() + hold;
    while (true) {
        tick();
        const apply::Entry* entry = book_.find(task_id);
        const auto now = machine_.clock.now();
        if (entry == nullptr || release::is_final(entry->course.status) || now >= until ||
            is_stopping_) {
            co_return book_.report(task_id);
        }
        co_await bell_.wait(until - now);
    }
}

boost::asio::awaitable<Result<TaskStatus>> Executor::cancel(std::string task_id) {
    const apply::CancelAnswer answer = book_.cancel(task_id);
    if (answer.code != code::ok) co_return refuse(answer.message, answer.code);
    bell_.ring();
    if (task_id == running_ && interrupt_) interrupt_->set();
    const auto ended = co_await report(std::move(task_id), cancel_hold);
    co_return ended ? ended->status : answer.status;
}

}  // namespace edgeroll::agent
