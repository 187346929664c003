// A control with scripted answers, a screen that records its output, and a clock that only moves
// when a command waits.
#pragma once

#include <cstdlib>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "control/cli/ports.hpp"
#include "control/cli/views.hpp"
#include "release/actions.hpp"

namespace edgeroll::cli::test {

struct FakeHttp final : Http {
    std::vector<ApiRequest> requests;
    /// Answers in order; the last one is repeated.
    std::deque<release::Result<tls::Response>> answers;

    release::Result<tls::Response> send(const ApiRequest& request) override {
        requests.push_back(request);
        auto answer = answers.front();
        if (answers.size() > 1) answers.pop_front();
        return answer;
    }
    void answers_with(const std::string& body, int status = 200) {
        tls::Response response;
        response.status = status;
        response.body = body;
        answers.emplace_back(std::move(response));
    }
    void answers_data(const std::string& data) {
        answers_with(R"({"code":0,"message":"success","data":)" + data + "}");
    }
    void is_away(const std::string& why = "127.0.0.1:8080: connection refused") {
        answers.emplace_back(release::fail(why, release::Outcome::not_done));
    }
};

struct FakeScreen final : Screen {
    std::string written, errors;
    bool is_terminal = false;
    Size window;

    void out(std::string_view text) override { written += text; }
    void err(std::string_view text) override { errors += text; }
    [[nodiscard]] bool is_live() const override { return is_terminal; }
    [[nodiscard]] Size size() const override { return window; }
};

struct FakeTime final : Time {
    Moment moment = *parse_moment("2026-11-21T12:00:00Z");
    std::function<void()> on_wait;

    [[nodiscard]] Moment now() const override { return moment; }
    int waits_left = 10'000;  ///< a command that would wait for ever fails instead

    void wait(Millis duration) override {
        if (--waits_left < 0) std::abort();
        moment.since_epoch += duration;
        if (on_wait) on_wait();
    }
};

/// An absent user, unless there are answers.
struct FakeKeyboard final : Keyboard {
    bool is_manned = false;
    std::deque<std::string> lines;
    std::string input;

    [[nodiscard]] bool has_person() const override { return is_manned; }
    std::optional<std::string> read_line() override {
        if (lines.empty()) return {};
        std::string line = lines.front();
        lines.pop_front();
        return line;
    }
    std::optional<std::string> read_all(std::size_t bytes_max) override {
        return input.size() > bytes_max ? std::nullopt : std::optional(input);
    }
};

struct World {
    FakeHttp http;
    FakeScreen screen;
    FakeTime time;
    FakeKeyboard keyboard;
    [[nodiscard]] Ports ports() { return Ports{http, screen, time, keyboard}; }
};

inline NodeLine node(std::int64_t id, const std::string& status, const std::string& error = {}) {
    NodeLine line;
    line.id = id;
    line.name = "edge-" + std::to_string(id);
    line.status = status;
    line.error = error;
    if (status == "failed") line.failure_kind = "exec_failed";
    return line;
}

/// With the actions that control would offer for it.
inline ReleaseLine judged(ReleaseLine release) {
    release::SteeringState state;
    state.status =
        release::from_text<release::ReleaseStatus>(release.status).value_or(state.status);
    state.batch_status =
        release::from_text<release::BatchStatus>(release.batch_status).value_or(state.batch_status);
    state.requested =
        release::from_text<release::Action>(release.requested_action).value_or(state.requested);
    state.hold = release::from_text<release::Hold>(release.hold).value_or(state.hold);
    state.current_batch = release.current_batch;
    state.total_batches = release.total_batches;
    state.deferred_nodes = tally(release).deferred;
    state.type = release::from_text<release::TaskType>(release.type).value_or(state.type);
    state.is_rollback = release.rolls_back != 0;
    release.actions.clear();
    for (const release::Steering action : release::all_steering) {
        const auto kind = judge(action, state).kind;
        if (kind == release::Ruling::Kind::refused || kind == release::Ruling::Kind::repeated)
            continue;
        release.actions.emplace_back(to_text(action));
    }
    return release;
}

/// Release 7, version 42, with these batches.
inline ReleaseLine release_of(const std::string& status, int current_batch,
                              const std::vector<std::vector<NodeLine>>& batches) {
    ReleaseLine release;
    release.id = 7;
    release.version = 42;
    release.type = "apply_config";
    release.target = "cdn";
    release.status = status;
    release.current_batch = current_batch;
    release.total_batches = static_cast<int>(batches.size());
    for (std::size_t at = 0; at < batches.size(); ++at) {
        release.batches.push_back({static_cast<int>(at) + 1, batches[at]});
    }
    return judged(release);
}

}  // namespace edgeroll::cli::test
