// The executor's network requests: dispatches, reports, cancels.
#include <utility>

#include "agent/executor.hpp"
#include "agent/kept_contents.hpp"
#include "agent/layout.hpp"
#include "agent/task_report.hpp"
#include "release/wire/task_payload.hpp"
#include "release/wire/template.hpp"
#include "tls/rt/log.hpp"

namespace edgeroll::agent {
namespace {

using apply::Admission;
using release::TaskStatus;
using release::TaskType;
using release::wire::PayloadDigests;
namespace code = release::code;

constexpr Millis cancel_hold{5'000};  ///< for the killed command to end: final answer

auto refuse(std::string message, int refusal_code) {
    return release::fail(std::move(message), release::Outcome::permanent, refusal_code);
}

/// Digests of the payload, computed here and not taken from the sender; empty without content. For
/// a dispatch by reference the sender's are used until the content is read.
Result<PayloadDigests> digests_of(const release::wire::Dispatch& dispatch) {
    const std::string& named = dispatch.content_sha256;
    if (dispatch.is_by_reference) {
        const bool may_refer = dispatch.type == TaskType::apply_config && !dispatch.sha256.empty();
        if (!may_refer) return refuse("field 'payload' is missing", code::invalid);
        // An older control's digest may be of a template or of the same text taken literally.
        if (named.empty()) {
            return refuse("content " + dispatch.sha256 + " cannot be identified by 'sha256' alone",
                          code::not_found);
        }
        return PayloadDigests{named, dispatch.sha256};
    }
    auto digests = release::wire::payload_digests(dispatch.type, dispatch.payload);
    if (!digests) return refuse(digests.error().message, code::invalid);
    const auto mismatch = [&](const std::string& said, const char* field) {
        return refuse("the content's digest is " + digests->content + ", not " + said +
                          " as field '" + field + "' says",
                      code::invalid);
    };
    if (digests->is_empty()) return digests;
    if (!named.empty() && named != digests->content) return mismatch(named, "contentSha256");
    if (!dispatch.sha256.empty() && !digests->fit(dispatch.sha256)) {
        return mismatch(dispatch.sha256, "sha256");
    }
    return digests;
}

std::vector<std::string> job_names(const release::wire::Dispatch& dispatch) {
    std::vector<std::string> names;
    const auto jobs = release::wire::parse_jobs(dispatch.payload);
    if (!jobs) return names;  // refused by digests_of already
    for (const auto& job : *jobs)
        names.push_back(job.name);
    return names;
}

std::optional<std::string> variable_fault(const release::wire::Dispatch& dispatch,
                                          const std::vector<std::string>& allowed) {
    const auto jobs = release::wire::parse_jobs(dispatch.payload);
    if (!jobs) return std::nullopt;  // refused by digests_of already
    return release::wire::job_variable_fault(*jobs, allowed);
}

}  // namespace

Result<void> Executor::check_can_do(TaskType type) const {
    const CommandSettings& commands = settings_.commands;
    const auto needs = [&](const std::string& value, const char* name) -> Result<void> {
        if (!value.empty()) return {};
        return refuse("a task of type " + std::string(to_text(type)) + " needs " + name +
                          ", which is not set on this node",
                      code::invalid);
    };
    switch (type) {
        case TaskType::reload:
            return needs(commands.reload, "AGENT_RELOAD_CMD");
        case TaskType::purge_cache:
            return needs(commands.purge, "AGENT_PURGE_CMD");
        case TaskType::run_job:
            return needs(commands.jobs_folder, "AGENT_JOBS_DIR");
        case TaskType::apply_config:
            break;
    }
    return {};
}

apply::Details Executor::details_of(const release::wire::Dispatch& dispatch,
                                    const apply::Offer& offer) const {
    apply::Details details;
    switch (offer.type) {
        case TaskType::reload:
            details.timeout_ms = settings_.reload_timeout.count();
            break;
        case TaskType::purge_cache:
            details.timeout_ms = settings_.purge_timeout.count();
            break;
        case TaskType::run_job:
            details.timeout_ms = settings_.job_timeout.count();
            break;
        case TaskType::apply_config:
            break;
    }
    if (dispatch.timeout) details.timeout_ms = dispatch.timeout->count();
    if (offer.type == TaskType::run_job) details.jobs = job_names(dispatch);
    details.node_name = dispatch.node_name;
    details.node_ip = dispatch.node_ip;
    details.labels = dispatch.labels;
    return details;
}

boost::asio::awaitable<Result<TaskStatus>> Executor::dispatch(release::wire::Dispatch dispatch) {
    if (is_stopping_) co_return refuse("the agent is stopping", code::busy);
    apply::Offer offer;
    offer.task_id = dispatch.task_id;
    offer.order_id = dispatch.order_id;
    offer.type = dispatch.type;
    offer.version = dispatch.version;
    offer.epoch = dispatch.epoch;
    offer.is_forced = dispatch.is_forced;
    auto digests = digests_of(dispatch);
    if (!digests) co_return tl::unexpected(digests.error());
    offer.sha256 = std::move(digests->content);
    offer.plain_sha256 = std::move(digests->plain);
    const std::string loose = std::move(digests->loose);
    apply::Details details = details_of(dispatch, offer);
    offer.job_count = static_cast<int>(details.jobs.size());
    // Also for a dispatch that is then refused, perhaps by this very list; but not for a dispatch
    // from a replaced owner.
    if (dispatch.banned && !apply::is_fenced_off(book_.book().ledger, offer)) {
        const auto done = book_.set_banned(*dispatch.banned);
        if (!done) co_return refuse(done.error().message, code::busy);
    }
    book_.look_at_live_again();
    // Asked to repair what is applied: `done` would be said of files that nobody looked at.
    const bool may_be_done = offer.type == TaskType::apply_config && !offer.sha256.empty() &&
                             book_.book().ledger.applied_version == offer.version;
    if (dispatch.is_repair && may_be_done && book_.find(offer.task_id) == nullptr) {
        const bool is_whole = co_await is_live_whole(dispatch, offer);
        offer.is_repair = !is_whole;
    }
    const Admission first = apply::admit(book_.book().ledger, offer, settings_.queue_max);
    if (first.kind == Admission::Kind::refuse) co_return refuse(first.message, first.code);
    if (first.kind == Admission::Kind::run) {
        if (const auto able = check_can_do(offer.type); !able)
            co_return tl::unexpected(able.error());
        if (!loose.empty()) co_return refuse(loose, code::invalid);
        if (offer.type == TaskType::run_job) {
            const auto fault = variable_fault(dispatch, settings_.commands.job_variables);
            if (fault) co_return refuse(*fault, code::invalid);
        }
        co_return co_await take(std::move(dispatch), std::move(offer), std::move(details));
    }
    if (auto done = book_.record(offer, first, std::move(details)); !done) {
        co_return refuse(done.error().message, code::busy);
    }
    co_return first.status;
}

/// Whether what is live is the offered content as it would be written now.
boost::asio::awaitable<bool> Executor::is_live_whole(const release::wire::Dispatch& dispatch,
                                                     const apply::Offer& offer) {
    const Look seen = co_await look();
    const LiveFinding& live = seen.live;
    std::string remark = live.remark;
    bool is_whole = live.version == offer.version && live.is_whole.value_or(false) &&
                    live.sha256 == offer.sha256;
    if (is_whole && !live.facts_sha256.empty()) {
        is_whole = co_await has_these_facts(dispatch, offer.sha256, live.facts_sha256);
        remark = "its templates would be filled in otherwise now";
    }
    if (!is_whole) {
        rt::log(rt::LogLevel::warn, "repair",
                {{"task", offer.task_id},
                 {"version", std::to_string(offer.version.value)},
                 {"found", remark}});
    }
    co_return is_whole;
}

/// Whether the content's templates were filled in with the facts of the dispatch.
boost::asio::awaitable<bool> Executor::has_these_facts(release::wire::Dispatch dispatch,
                                                       std::string sha256,
                                                       std::string facts_sha256) {
    std::function<bool()> job = [this, dispatch = std::move(dispatch), sha256 = std::move(sha256),
                                 facts_sha256 = std::move(facts_sha256)] {
        std::string text = dispatch.payload;
        if (dispatch.is_by_reference) {
            auto held = read_content(host_.files, sha256);
            if (!held || !*held) return false;
            text = std::move(**held);
        }
        const auto payload = release::wire::parse_payload(text);
        return payload && release::wire::facts_digest(release::wire::names_in_templates(*payload),
                                                      dispatch.node_name, dispatch.node_ip,
                                                      dispatch.labels) == facts_sha256;
    };
    co_return co_await intake_worker_.call<bool>(std::move(job));
}

boost::asio::awaitable<Result<TaskStatus>> Executor::take(release::wire::Dispatch dispatch,
                                                          apply::Offer offer,
                                                          apply::Details details) {
    std::string file;
    // A purge gets its payload file even if it is empty.
    const bool has_payload = offer.type == TaskType::purge_cache || !offer.sha256.empty();
    if (has_payload) {
        file = payload_name();
        const auto stored = co_await store_payload(file, std::move(dispatch));
        if (!stored) co_return tl::unexpected(stored.error());
    }
    // The same or another dispatch may have arrived while the file was written.
    book_.look_at_live_again();
    const Admission admission = apply::admit(book_.book().ledger, offer, settings_.queue_max);
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
    changed_.notify_all();
    co_return admission.status;
}

boost::asio::awaitable<Result<void>> Executor::store_payload(std::string file,
                                                             release::wire::Dispatch dispatch) {
    std::function<Result<void>()> job = [this, file, dispatch = std::move(dispatch)] {
        Files& files = host_.files;
        std::optional<std::string> held;
        if (dispatch.is_by_reference) {
            auto read = read_content(files, dispatch.content_sha256);
            if (!read) return Result<void>(refuse(read.error().message, code::busy));
            if (!*read) {
                return Result<void>(
                    refuse("content " + dispatch.content_sha256 + " is not here", code::not_found));
            }
            held = std::move(*read);
        }
        const std::string path = layout::task_file(file);
        auto done = files.create_file(path, held ? *held : dispatch.payload, {0600});
        if (done) done = files.rename(path, path);  // syncs its folder's entry
        if (!done) done = refuse(done.error().message, code::busy);
        return done;
    };
    co_return co_await intake_worker_.call<Result<void>>(std::move(job));
}

void Executor::remove_payload(const std::string& file) {
    // Not an error: the next start removes unneeded files.
    if (!file.empty()) (void)host_.files.remove(layout::task_file(file));
}

std::string Executor::payload_name() {
    return "payload-" + std::to_string(host_.wall_clock.now_ms()) + "-" +
           std::to_string(++payload_count_);
}

boost::asio::awaitable<bool> Executor::holds(std::string sha256) {
    std::function<bool()> job = [this, sha256 = std::move(sha256)] {
        // Unreadable counts as absent.
        return is_content_held(host_.files, sha256).value_or(false);
    };
    co_return co_await intake_worker_.call<bool>(std::move(job));
}

boost::asio::awaitable<std::optional<release::wire::TaskReport>> Executor::report(
    std::string task_id, Millis hold) {
    const auto until = host_.clock.now() + hold;
    while (true) {
        tick();
        const apply::Entry* entry = book_.find(task_id);
        const auto now = host_.clock.now();
        if (entry == nullptr || release::is_final(entry->course.status) || now >= until ||
            is_stopping_) {
            co_return book_.report(task_id);
        }
        co_await changed_.wait_until(until);
    }
}

boost::asio::awaitable<Result<TaskStatus>> Executor::cancel(std::string task_id) {
    const apply::CancelAnswer answer = book_.cancel(task_id);
    if (answer.code != code::ok) co_return refuse(answer.message, answer.code);
    changed_.notify_all();
    if (task_id == running_ && interrupt_) interrupt_->set();
    const auto ended = co_await report(std::move(task_id), cancel_hold);
    co_return ended ? ended->status : answer.status;
}

release::wire::TaskReport Executor::identity(const std::string& task_id, TaskStatus status) const {
    release::wire::TaskReport report;
    report.task_id = task_id;
    if (const apply::Entry* entry = book_.find(task_id)) report = make_identity(*entry);
    report.status = status;
    return report;
}

}  // namespace edgeroll::agent
