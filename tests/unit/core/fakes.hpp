// A minimal world around the core's shell: one agent, one release, no randomness.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/core/ports.hpp"

namespace edgeroll::control {

/// Answers as set by the test.
class OneAgent final : public Agents {
  public:
    release::Heard to_dispatch = release::Heard::not_sent;
    release::Heard to_query = release::Heard::unknown_task;
    release::Heard to_cancel = release::Heard::not_sent;
    release::TaskStatus status = release::TaskStatus::pending;  ///< when it accepts
    int progress = 0;                                           ///< of the task, when it accepts
    release::Millis hold{0};                                    ///< requested by the last query
    release::Millis at_most{0};                                 ///< time limit of the last request
    /// Answer to a dispatch without payload.
    release::Heard to_reference = release::Heard::accepted;
    std::string message;                   ///< the error
    std::shared_ptr<const Parcel> parcel;  ///< of the last dispatch
    release::TaskIdentity about;           ///< the task that it reports
    std::string capabilities;              ///< in every answer
    bool holds_content = false, is_there = false;
    std::vector<std::string> bans;  ///< bans of the last dispatch
    int dispatches = 0, queries = 0, cancels = 0, references = 0, questions = 0;

    awaitable<release::Answer> dispatch(release::Address, std::string,
                                        std::shared_ptr<const Parcel> sent, Sending sending,
                                        release::Millis, release::Millis limit) override {
        ++dispatches;
        at_most = limit;
        bans = sent->bans;
        parcel = std::move(sent);
        if (sending == Sending::by_reference) ++references;
        return say(sending == Sending::by_reference ? to_reference : to_dispatch);
    }
    awaitable<bool> is_back(release::Address) override { co_return is_there; }
    awaitable<release::Pulse> state(release::Address, release::Millis) override {
        co_return release::Pulse{};
    }
    awaitable<bool> holds(release::Address, std::string, release::Millis) override {
        ++questions;
        co_return holds_content;
    }
    awaitable<release::Answer> query(release::Address, std::string, release::Millis asked,
                                     release::Millis limit) override {
        ++queries;
        at_most = limit;
        hold = asked;
        return say(to_query);
    }
    awaitable<release::Answer> cancel(release::Address, std::string,
                                      release::Millis limit) override {
        ++cancels;
        at_most = limit;
        return say(to_cancel);
    }

  private:
    awaitable<release::Answer> say(release::Heard heard) {
        release::Answer answer;
        answer.heard = heard;
        answer.message = message;
        answer.status = status;
        answer.progress = progress;
        answer.about = about;
        answer.capabilities = capabilities;
        co_return answer;
    }
};

class NoGates final : public Gates {
  public:
    awaitable<release::GateAnswer> ask(release::AskGate, release::Millis) override {
        co_return release::GateAnswer();
    }
};

class NoJitter final : public Random {
  public:
    double fraction() override { return 0.5; }
};

class Silent final : public Observer {
  public:
    void gate_answered(release::GateAnswer::Kind) override {}
    void note(Severity, std::string_view, const Fields&) override {}
    void dispatch_took(release::Millis) override {}
    void node_finished(release::NodeStatus, release::FailureKind, release::Millis) override {}
    void agent_error(release::Heard) override {}
    void database_error(release::Outcome) override {}
    void lease_lost() override {}
    void reconciled(std::string_view /*outcome*/) override {}
    void violation(const release::Violation&) override {}
};

/// A database without events; tests override the parts that they check.
class StoreOfOne : public Store {
  public:
    template <class T>
    using Awaitable = awaitable<release::Result<T>>;

    Awaitable<std::vector<Candidate>> claimable(int, int) override {
        co_return std::vector<Candidate>();
    }
    Awaitable<std::optional<Claim>> claim(release::ReleaseId, std::string) override {
        co_return std::optional<Claim>();
    }
    Awaitable<bool> renew(Claim& claim) override {
        claim.good_until += release::Millis{60'000};
        co_return true;
    }
    Awaitable<void> give_back(const Claim&) override { co_return release::Result<void>(); }
    Awaitable<std::optional<release::Snapshot>> read(const Claim&, std::optional<int>) override {
        co_return std::optional<release::Snapshot>();
    }
    Awaitable<Committed> commit(const Claim&, const release::Commit&) override {
        co_return Committed::done;
    }
    Awaitable<void> record(const Claim&, const release::HistoryRow&) override {
        co_return release::Result<void>();
    }
    Awaitable<std::vector<Mark>> marks() override { co_return std::vector<Mark>(); }
    Awaitable<std::optional<Payload>> payload(release::Version, release::TaskType) override {
        co_return std::optional<Payload>();
    }
};

}  // namespace edgeroll::control
