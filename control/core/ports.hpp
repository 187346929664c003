// The ports of the core's shell. Production implements them in control/store, control/agents,
// control/outbound and tls/rt; the simulator has its own.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "release/commit.hpp"
#include "release/conversation.hpp"
#include "release/fleet/heartbeats.hpp"
#include "release/model.hpp"
#include "release/result.hpp"
#include "release/step.hpp"
#include "tls/rt/clock.hpp"

namespace edgeroll::control {

template <class T>
using awaitable = boost::asio::awaitable<T>;
using rt::Clock;

/// A claim on a release: every write names its epoch.
struct Claim {
    release::ReleaseId release;
    release::Epoch epoch;
    std::string owner;
    /// Until when this process may act on the claim. Measured from before the claim or renewal was
    /// sent, minus a margin, so that it ends before the database admits another process.
    release::Instant good_until{};
};

/// A release that may be claimed.
struct Candidate {
    release::ReleaseId release;
    /// Between batches with nothing due: owning it is no work, so it takes no place.
    bool is_resting = false;
    /// A rollback, or a release that one undoes: claimed even where no place is free, since nobody
    /// waits for the way back.
    bool is_urgent = false;
};

/// The fields of an owned release that others may have changed.
struct Mark {
    release::ReleaseId release;
    release::Epoch epoch;
    release::ReleaseStatus status = release::ReleaseStatus::pending;
    release::Action requested = release::Action::none;
    std::int64_t steer_seq = 0;
};

enum class Committed {
    done,    ///< written; effects may run
    fenced,  ///< the claim is lost: drop the release
    stale,   ///< a row was not as expected (changed by an operator): nothing was written, read
             ///< again
};

/// The database, as the executor uses it. Every call may fail with Outcome::not_done (nothing
/// happened), unknown (it may have) or permanent. Called on the loop thread; one call at a time per
/// release. Calls are not cancelled; they end by the store's own statement timeouts.
class Store {
  public:
    virtual ~Store() = default;

    /// Releases that this process may try to claim now: unfinished, due, without a valid lease,
    /// complete (docs/contract.md section 3), and without a blocker if not yet started (4.9). First
    /// started or ending releases, then those to start, each in the order of their versions, then
    /// resting ones. Sets `last_error` of half-inserted releases to what is missing; 60 s after
    /// their rows last grew they may be claimed as resting ones and are given up
    /// (Snapshot::rows_unchanged_for). Skips rows locked by others.
    /// @param limit maximum of releases that do not rest; rollbacks come first, whatever it is
    /// @param resting maximum of resting ones
    virtual awaitable<release::Result<std::vector<Candidate>>> claimable(int limit,
                                                                         int resting) = 0;

    /// One conditional UPDATE (plus its history row). Nothing when another process was faster or
    /// has the row locked. After `unknown` the caller drops the claim: the lease expires.
    /// @param order_id the order id for a release that was never claimed
    virtual awaitable<release::Result<std::optional<Claim>>> claim(release::ReleaseId id,
                                                                   std::string order_id) = 0;

    /// Renews the claim. False: fenced.
    virtual awaitable<release::Result<bool>> renew(Claim& claim) = 0;

    /// Ends the claim at once, so that another process can take it.
    virtual awaitable<release::Result<void>> give_back(const Claim& claim) = 0;

    /// The marks of this process's claimed releases, in one cheap query.
    virtual awaitable<release::Result<std::vector<Mark>>> marks() = 0;

    /// Everything about a release, in one consistent read under the claim. Nothing: fenced or
    /// deleted.
    /// @param part only the header and the rows of this batch (Snapshot::part)
    virtual awaitable<release::Result<std::optional<release::Snapshot>>> read(
        const Claim& claim, std::optional<int> part) = 0;

    /// One transaction; its first statement updates the release under the claim's epoch.
    virtual awaitable<release::Result<Committed>> commit(const Claim& claim,
                                                         const release::Commit& commit) = 0;

    /// Adds a row to release_events without any other change, e.g. `late_answer`. Best effort:
    /// written under the claim's epoch, dropped when fenced.
    virtual awaitable<release::Result<void>> record(const Claim& claim,
                                                    const release::HistoryRow& row) = 0;

    /// The payload of a version with its content digest; nothing if it has no row.
    struct Payload {
        std::string text;          ///< JSON object, as stored but with its secrets opened
        std::string sha256;        ///< content digest of `text`
        std::string plain_sha256;  ///< digest that ignores templates (wire::plain_digest)
        bool is_repeated = false;  ///< another version has the same content: nodes may hold it
        bool has_secrets = false;  ///< a file is secret; the text contains it in the clear
        std::string problem;       ///< set: why it cannot be sent; there is then no text
    };
    virtual awaitable<release::Result<std::optional<Payload>>> payload(release::Version version,
                                                                       release::TaskType type) = 0;
};

/// Data common to all nodes of a release that get the same content.
struct Parcel {
    release::TaskType type = release::TaskType::apply_config;
    release::Version version;
    std::string order_id;  ///< Snapshot::order_id
    release::Epoch epoch;
    std::vector<std::string> bans;               ///< digests that agents must refuse
    bool is_forced = false;                      ///< accept the content even if banned
    bool is_repair = false;                      ///< look before saying that it is there already
    bool may_be_held = false;                    ///< ask a node for it before sending it
    bool has_secrets = false;                    ///< sent only to agents that can keep them
    std::string problem;                         ///< why there is no payload, if known
    std::shared_ptr<const std::string> payload;  ///< JSON text; `{}` when there is no content
    std::string sha256;                          ///< content digest; empty when there is no content
    std::string plain_sha256;                    ///< as Store::Payload; computed by older agents
    /// For types other than apply_config: compared with answers, never sent.
    std::string compared_sha256;
};

/// Agents, over mutual TLS. Never throws; every outcome is an Answer. Every request ends within its
/// own time limits, and within `at_most`.
class Agents {
  public:
    virtual ~Agents() = default;

    enum class Sending {
        whole,         ///< with the payload
        by_reference,  ///< only the digest: the node said that it holds the content
    };
    /// POST /tasks/dispatch. A parcel with secrets is sent whole only to an agent that says, when
    /// asked first, that it can keep them; other agents count as having refused it.
    /// @param time_left sent to the agent as timeoutSec
    virtual awaitable<release::Answer> dispatch(release::Address to, std::string task_id,
                                                std::shared_ptr<const Parcel> parcel,
                                                Sending sending, release::Millis time_left,
                                                release::Millis at_most) = 0;
    /// GET /healthz: true if an agent with the node's certificate answers within some seconds,
    /// whatever the answer.
    virtual awaitable<bool> is_back(release::Address to) = 0;
    /// GET /state. Answered: by an agent with the node's certificate, whatever the answer.
    virtual awaitable<release::Pulse> state(release::Address to, release::Millis at_most) = 0;
    /// GET /contents/{sha256}. False also without an answer, or from an agent without that call.
    virtual awaitable<bool> holds(release::Address to, std::string sha256,
                                  release::Millis at_most) = 0;
    /// GET /tasks/{id}?wait=hold (no parameter when hold is 0).
    virtual awaitable<release::Answer> query(release::Address to, std::string task_id,
                                             release::Millis hold, release::Millis at_most) = 0;
    /// POST /tasks/{id}/cancel.
    virtual awaitable<release::Answer> cancel(release::Address to, std::string task_id,
                                              release::Millis at_most) = 0;
};

/// Requests to the gates of a release (gate_url, gates). Never throws; every outcome is an answer.
class Gates {
  public:
    virtual ~Gates() = default;
    /// One request on a new connection, limited to some seconds and to `at_most`.
    virtual awaitable<release::GateAnswer> ask(release::AskGate what, release::Millis at_most) = 0;
};

/// Randomness, for jitter and order ids; seeded in the simulator.
class Random {
  public:
    virtual ~Random() = default;
    /// In [0, 1).
    virtual double fraction() = 0;
};

using Fields = std::vector<std::pair<std::string_view, std::string>>;
enum class Severity { debug, info, warn, error };

/// Receives events for the log and the metrics. Loop thread; must not block or throw.
class Observer {
  public:
    virtual ~Observer() = default;
    /// An event by its stable name (docs/runbook.md), with its fields.
    virtual void note(Severity severity, std::string_view event, const Fields& fields) = 0;
    /// A gate of a release was asked.
    virtual void gate_answered(release::GateAnswer::Kind kind) = 0;
    /// The time until an agent answered a dispatch request.
    virtual void dispatch_took(release::Millis took) = 0;
    /// A node has ended, this long after its conversation began.
    virtual void node_finished(release::NodeStatus status, release::FailureKind kind,
                               release::Millis took) = 0;
    virtual void agent_error(release::Heard kind) = 0;
    virtual void database_error(release::Outcome outcome) = 0;
    virtual void lease_lost() = 0;
    /// A node was given what it was owed, or not. @param outcome as in reconcile_nodes
    virtual void reconciled(std::string_view outcome) = 0;
    virtual void violation(const release::Violation& violation) = 0;
};

}  // namespace edgeroll::control
