#include "control/agents/agents.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "release/text/utf8.hpp"
#include "release/wire/agent_messages.hpp"
#include "release/wire/node_state.hpp"
#include "tls/router.hpp"

namespace edgeroll::control {
namespace {

using release::Answer;
using release::Heard;
using release::Millis;
using tls::Reply;

constexpr std::size_t answer_bytes_max = 1U << 20;
constexpr std::size_t message_bytes_max = 600;
/// The longest hold that is asked of an agent (docs/contract.md section 5).
constexpr Millis hold_max{50'000};
constexpr Millis held_grace{3'000};
/// A question is small: an agent that says nothing for so long is silent (R6).
constexpr Millis question_max{8'000};
/// Nodes are asked one after another whether they are back, so an unreachable node must not take
/// long.
constexpr Millis back_question_max{5'000};

tls::Target target_of(const release::Address& to) {
    tls::Target target;
    target.ip = to.ip;
    target.port = to.port;
    target.name = to.name;
    target.fingerprint = to.fingerprint;
    return target;
}

/// One line that names the node, since error_msg joins the messages of several nodes.
std::string told_of(const release::Address& to, const std::string& what) {
    const bool is_ipv6 = to.ip.find(':') != std::string::npos;
    const std::string where =
        (is_ipv6 ? "[" + to.ip + "]" : to.ip) + ":" + std::to_string(to.port) + ": ";
    // The pool's message contains the address already.
    const bool has_address = what.rfind(where, 0) == 0;
    std::string text = to.name + " at " + (has_address ? what : where + what);
    std::replace_if(
        text.begin(), text.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
    return release::shortened(release::repair_utf8(text), message_bytes_max);
}

Heard heard_of(Reply::Kind kind) {
    switch (kind) {
        case Reply::Kind::not_sent:
            return Heard::not_sent;
        case Reply::Kind::no_answer:
            return Heard::no_answer;
        case Reply::Kind::wrong_peer:
            return Heard::wrong_peer;
        // An answer came but could not be read: the request may have worked.
        case Reply::Kind::answered:
        case Reply::Kind::too_large:
            break;
    }
    return Heard::nonsense;
}

/// The node's agent said something, be it too much.
bool is_alive(const Reply& reply) {
    return reply.kind == Reply::Kind::answered || reply.kind == Reply::Kind::too_large;
}

Answer answer_of(const Reply& reply, const release::Address& to, const std::string& task_id) {
    Answer answer;
    if (reply.kind == Reply::Kind::answered) {
        answer = release::wire::read_answer(reply.status, reply.body, task_id);
    } else {
        answer.heard = heard_of(reply.kind);
        answer.message = reply.kind == Reply::Kind::too_large ? "the answer is larger than 1 MiB"
                                                              : reply.message;
    }
    if (answer.heard != Heard::accepted) answer.message = told_of(to, answer.message);
    return answer;
}

/// "2", "0.5": agents expect seconds.
std::string seconds_text(Millis time) {
    std::string text = std::to_string(time.count() / 1000);
    const auto rest = time.count() % 1000;
    if (rest != 0) text += "." + std::to_string(1000 + rest).substr(1);
    return text;
}

/// Most answers are the same as the one before, and reading JSON costs more than comparing it.
class StateBook {
  public:
    std::optional<release::Observation> read(const release::Address& of, const std::string& body) {
        if (known_.size() > nodes_max) known_.clear();
        Known& known = known_[of.ip + ' ' + std::to_string(of.port)];
        if (known.body == body && !body.empty()) return known.observed;
        known.body.clear();
        const auto state = release::wire::read_node_state(200, body);
        known.observed = std::nullopt;
        if (state) known.observed = release::wire::observation_of(*state);
        if (body.size() <= body_bytes_max) known.body = body;
        return known.observed;
    }

  private:
    static constexpr std::size_t nodes_max = 100'000, body_bytes_max = 4U << 10;
    struct Known {
        std::string body;
        std::optional<release::Observation> observed;
    };
    std::unordered_map<std::string, Known> known_;  ///< by address and port
};

class TlsAgents final : public Agents {
  public:
    TlsAgents(tls::ClientPool& pool, AgentOptions options) : pool_(pool), options_(options) {}

    awaitable<Answer> dispatch(release::Address to, std::string task_id,
                               std::shared_ptr<const Parcel> parcel, Sending sending,
                               Millis time_left, Millis at_most) override {
        if (parcel->has_secrets && sending == Sending::whole) {
            at_most /= 2;
            auto refusal = co_await why_no_secrets(to, parcel->sha256, at_most);
            if (refusal) co_return std::move(*refusal);
        }
        tls::Call call = call_of("POST", "/tasks/dispatch", at_most);
        call.body =
            std::make_shared<const std::string>(body_of(to, task_id, *parcel, sending, time_left));
        co_return co_await ask(std::move(to), std::move(task_id), std::move(call));
    }

    awaitable<bool> is_back(release::Address to) override {
        tls::Call call = call_of("GET", "/healthz", back_question_max);
        tls::Target target = target_of(to);
        const Reply reply = co_await pool_.request(std::move(target), std::move(call));
        co_return reply.kind == Reply::Kind::answered&& reply.status < 500;
    }

    awaitable<release::Pulse> state(release::Address to, Millis at_most) override {
        tls::Call call = call_of("GET", "/state", at_most);
        call.connect_timeout = call.request_timeout = at_most;
        tls::Target target = target_of(to);
        const Reply reply = co_await pool_.request(std::move(target), std::move(call));
        release::Pulse pulse;
        pulse.is_answered = is_alive(reply);
        if (!pulse.is_answered) co_return pulse;
        // An agent without that call says nothing, whatever another one said there before.
        if (reply.status == 404) pulse.observed = release::Observation{};
        if (reply.status == 200) pulse.observed = states_.read(to, reply.body);
        co_return pulse;
    }

    awaitable<bool> holds(release::Address to, std::string sha256, Millis at_most) override {
        const Reply reply = co_await ask_of_content(to, sha256, at_most);
        if (reply.kind != Reply::Kind::answered) co_return false;
        const auto held = release::wire::read_content_held(reply.status, reply.body, sha256);
        co_return held && held->is_held;
    }

    awaitable<Answer> query(release::Address to, std::string task_id, Millis hold,
                            Millis at_most) override {
        tls::Call call = call_of("GET", path_of(task_id), at_most);
        hold = std::min(hold, hold_max);
        call.request_timeout = std::min(call.request_timeout, question_max);
        if (hold > Millis{0}) {
            call.target += "?wait=" + seconds_text(hold);
            // An agent that says nothing even then is silent, which must be noticed soon (R6).
            call.request_timeout = hold + held_grace;
        }
        co_return co_await ask(std::move(to), std::move(task_id), std::move(call));
    }

    awaitable<Answer> cancel(release::Address to, std::string task_id, Millis at_most) override {
        tls::Call call = call_of("POST", path_of(task_id) + "/cancel", at_most);
        co_return co_await ask(std::move(to), std::move(task_id), std::move(call));
    }

  private:
    static std::string path_of(const std::string& task_id) {
        return "/tasks/" + tls::percent_encode(task_id);
    }

    static std::string body_of(const release::Address& to, const std::string& task_id,
                               const Parcel& parcel, Sending sending, Millis time_left) {
        release::wire::Dispatch dispatch;
        dispatch.task_id = task_id;
        dispatch.type = parcel.type;
        dispatch.version = parcel.version;
        dispatch.is_by_reference = sending == Sending::by_reference;
        dispatch.is_forced = parcel.is_forced;
        dispatch.is_repair = parcel.is_repair;
        if (parcel.type == release::TaskType::apply_config) dispatch.banned = parcel.bans;
        dispatch.sha256 = parcel.plain_sha256;
        dispatch.content_sha256 = parcel.sha256;
        dispatch.timeout = time_left;
        dispatch.order_id = parcel.order_id;
        dispatch.epoch = parcel.epoch;
        dispatch.node_name = to.name;
        dispatch.node_ip = to.ip;
        dispatch.labels = to.labels;
        return release::wire::write_dispatch(dispatch, *parcel.payload);
    }

    [[nodiscard]] tls::Call call_of(const char* method, std::string path, Millis at_most) const {
        tls::Call call;
        call.method = method;
        call.target = std::move(path);
        call.connect_timeout = options_.connect_timeout;
        call.request_timeout = options_.request_timeout;
        call.at_most = at_most;
        call.response_bytes_max = answer_bytes_max;
        return call;
    }

    awaitable<Reply> ask_of_content(const release::Address& to, std::string sha256,
                                    Millis at_most) {
        tls::Call call = call_of("GET", "/contents/" + sha256, at_most);
        tls::Target target = target_of(to);
        co_return co_await pool_.request(std::move(target), std::move(call));
    }

    /// Why secrets must not be sent there, as the answer to a dispatch that was not sent; nothing:
    /// the agent said that it can keep them.
    awaitable<std::optional<Answer>> why_no_secrets(release::Address to, std::string sha256,
                                                    Millis at_most) {
        const Reply reply = co_await ask_of_content(to, sha256, at_most);
        Answer answer = answer_of(reply, to, "");
        // Whatever happened to this request, the dispatch was not sent.
        if (reply.kind != Reply::Kind::answered) {
            const bool is_open = answer.heard != Heard::wrong_peer;
            if (is_open) answer.heard = Heard::not_sent;
            co_return answer;
        }
        if (answer.heard == Heard::server_error || answer.heard == Heard::wrong_peer) {
            co_return answer;
        }
        const auto held = release::wire::read_content_held(reply.status, reply.body, sha256);
        const std::string can = held ? held->capabilities : "";
        if (release::wire::has_capability(can, release::wire::keeps_secrets))
            co_return std::nullopt;
        answer.heard = Heard::refused;
        answer.message = told_of(
            to,
            "its agent does not say that it can keep secret files, so it was sent none: update "
            "edgeroll-agent there");
        co_return answer;
    }

    awaitable<Answer> ask(release::Address to, std::string task_id, tls::Call call) {
        tls::Target target = target_of(to);
        const Reply reply = co_await pool_.request(std::move(target), std::move(call));
        co_return answer_of(reply, to, task_id);
    }

    tls::ClientPool& pool_;
    AgentOptions options_;
    StateBook states_;
};

}  // namespace

std::unique_ptr<Agents> make_agents(tls::ClientPool& pool, AgentOptions options) {
    return std::make_unique<TlsAgents>(pool, options);
}

}  // namespace edgeroll::control
