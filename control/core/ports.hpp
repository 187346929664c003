// What the core's shell needs from the world. Production implements these in control/store,
// control/agents, control/outbound and tls/rt; the simulator has its own.
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
    /// Until when this process may act on the claim. Taken from before the claim or renewal was
    /// sent, minus a margin, so that it ends before the database lets another process in.
    release::Instant good_until{};
};

/// A release that may be claimed.
struct Candidate {
    release::ReleaseId release;
    /// It stands between batches and is due for nothing: owning it is no work, it takes no place.
    bool is_resting = false;
};

/// What somebody else may have changed about a release that this process owns.
struct Mark {
    release::ReleaseId release;
    release::Epoch epoch;
    release::ReleaseStatus status = release::ReleaseStatus::pending;
    release::Action requested = release::Action::none;
    std::int64_t steer_seq = 0;
};

enum class Committed {
    done,    ///< written; effects may run
    fenced,  ///< the claim is lost: forget the release
    stale,   ///< a row was not as expected (changed by hand): nothing written, read again
};

/// The database, as the executor sees it. Every call may fail with Outcome::not_done (nothing
/// happened), unknown (it may have) or permanent. Called on the loop thread; one call at a time per
/// release. A call is not cancelled; it ends by the store's own statement timeouts.
class Store {
  public:
    virtual ~Store() = default;

    /// Releases that this process may try to claim now: unfinished, due, without a valid lease,
    /// complete (docs/contract.md section 3), and if not yet started without a blocker (4.9). First
    /// those that were begun or are being ended, then those that are to start, each in the order of
    /// their versions, then those that rest. Half-inserted releases are seen to on the way:
    /// `last_error` says what is missing; 60 s after their rows last grew they may be claimed, as
    /// if they rested, and are given up (Snapshot::rows_unchanged_for). Waits for no row that
    /// somebody else has locked. @param limit the most of those that do not rest @param resting the
    /// most of those that do
    virtual awaitable<release::Result<std::vector<Candidate>>> claimable(int limit,
                                                                         int resting) = 0;

    /// One conditional UPDATE (plus its history row). Nothing when somebody else was faster, or has
    /// the row locked.
    /// After `unknown` the caller forgets about it: the lease runs out by itself.
    /// @param order_id what a release that was never claimed is called from now on
    virtual awaitable<release::Result<std::optional<Claim>>> claim(release::ReleaseId id,
                                                                   std::string order_id) = 0;

    /// Prolongs the claim. False: fenced.
    virtual awaitable<release::Result<bool>> renew(Claim& claim) = 0;

    /// Ends the claim at once: another process may take it, or nobody needs to.
    virtual awaitable<release::Result<void>> give_back(const Claim& claim) = 0;

    /// The releases that this process has claimed, cheaply: one query for all of them.
    virtual awaitable<release::Result<std::vector<Mark>>> marks() = 0;

    /// Everything about a release, in one consistent read under the claim. Nothing: fenced or gone.
    /// @param part only the header and the rows of this batch (Snapshot::part)
    virtual awaitable<release::Result<std::optional<release::Snapshot>>> read(
        const Claim& claim, std::optional<int> part) = 0;

    /// One transaction; its first statement updates the release under the claim's epoch.
    virtual awaitable<release::Result<Committed>> commit(const Claim& claim,
                                                         const release::Commit& commit) = 0;

    /// A row of release_events for something that changes nothing else, e.g. `late_answer`.
    /// Best effort: written under the claim's epoch, dropped when fenced.
    virtual awaitable<release::Result<void>> record(const Claim& claim,
                                                    const release::HistoryRow& row) = 0;

    /// The payload of a version with its content digest; nothing if it has no row.
    struct Payload {
        std::string text;          ///< JSON object, as stored but for its secrets
        std::string sha256;        ///< content digest, of this very text
        std::string plain_sha256;  ///< by the rule that does not see templates (wire::plain_digest)
        bool is_repeated = false;  ///< another version has the same content: nodes may hold it
        bool has_secrets = false;  ///< a file of it is secret; they are open in the text
        std::string problem;       ///< set: why it cannot be sent; there is no text then
    };
    virtual awaitable<release::Result<std::optional<Payload>>> payload(release::Version version,
                                                                       release::TaskType type) = 0;
};

/// What is the same for every node of a release that gets the same content.
struct Parcel {
    release::TaskType type = release::TaskType::apply_config;
    release::Version version;
    std::string order_id;  ///< Snapshot::order_id
    release::Epoch epoch;
    std::vector<std::string> bans;               ///< digests that agents are told to refuse
    bool is_forced = false;                      ///< take the content although it is banned
    bool may_be_held = false;                    ///< worth asking a node for before it is sent
    bool has_secrets = false;                    ///< sent only to agents that can keep them
    std::string problem;                         ///< why there is no payload, where that is known
    std::shared_ptr<const std::string> payload;  ///< JSON text; `{}` when there is no content
    std::string sha256;                          ///< content digest; empty when there is no content
    std::string plain_sha256;  ///< as Store::Payload; older agents compute this one
    /// Of types other than apply_config: what answers are compared with, and never sent.
    std::string compared_sha256;
};

/// Agents, over mutual TLS. Never throws; whatever happens is an Answer. Every request ends within
/// its own time limits, and within `at_most` however large those are.
class Agents {
  public:
    virtual ~Agents() = default;

    enum class Sending {
        whole,         ///< with the payload
        by_reference,  ///< the digest only: the node said that it holds the content
    };
    /// POST /tasks/dispatch. A parcel with secrets is sent whole only to an agent that says, asked
    /// before, that it can keep them; one that cannot has refused it. @param time_left told to the
    /// agent as timeoutSec
    virtual awaitable<release::Answer> dispatch(release::Address to, std::string task_id,
                                                std::shared_ptr<const Parcel> parcel,
                                                Sending sending, release::Millis time_left,
                                                release::Millis at_most) = 0;
    /// GET /healthz: somebody with the node's certificate answers within some seconds, whatever it
    /// says.
    virtual awaitable<bool> is_back(release::Address to) = 0;
    /// GET /contents/{sha256}. False also when nobody answers, or by an agent without that call.
    virtual awaitable<bool> holds(release::Address to, std::string sha256,
                                  release::Millis at_most) = 0;
    /// GET /tasks/{id}?wait=hold (no parameter when hold is 0).
    virtual awaitable<release::Answer> query(release::Address to, std::string task_id,
                                             release::Millis hold, release::Millis at_most) = 0;
    /// POST /tasks/{id}/cancel.
    virtual awaitable<release::Answer> cancel(release::Address to, std::string task_id,
                                              release::Millis at_most) = 0;
};

/// The questions at gates between batches (gate_url). Never throws; whatever happens is an answer.
class Gates {
  public:
    virtual ~Gates() = default;
    /// One GET on a fresh connection, at most some seconds, and within `at_most`.
    virtual awaitable<release::GateAnswer> ask(std::string url, release::Millis at_most) = 0;
};

/// Randomness, for jitter and for the names of orders; seeded in the simulator.
class Random {
  public:
    virtual ~Random() = default;
    /// In [0, 1).
    virtual double fraction() = 0;
};

using Fields = std::vector<std::pair<std::string_view, std::string>>;
enum class Severity { debug, info, warn, error };

/// Hears what happens: the log and the metrics listen here. Loop thread; must not block or throw.
class Observer {
  public:
    virtual ~Observer() = default;
    /// A stable event name (docs/runbook.md) with its fields.
    virtual void note(Severity severity, std::string_view event, const Fields& fields) = 0;
    /// A dispatch request was answered by the agent after this long.
    virtual void dispatch_took(release::Millis took) = 0;
    /// A node has its last word, this long after its conversation began.
    virtual void node_finished(release::NodeStatus status, release::FailureKind kind,
                               release::Millis took) = 0;
    virtual void agent_error(release::Heard kind) = 0;
    virtual void database_error(release::Outcome outcome) = 0;
    virtual void lease_lost() = 0;
    virtual void violation(const release::Violation& violation) = 0;
};

}  // namespace edgeroll::control
