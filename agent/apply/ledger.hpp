// Which tasks an agent knows, and the rules by which it takes a new one (docs/contract.md section
// 5): known task ids, fencing by epoch, banned contents, versions that only grow, a bounded queue.
// Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "agent/apply/machine.hpp"
#include "release/ids.hpp"
#include "release/states.hpp"

namespace edgeroll::agent::apply {

struct Entry {
    std::string task_id;
    std::string order_id;  ///< the release's; empty: from a control that gives none
    release::Version version;
    std::string sha256;          ///< content digest; empty: reload only, or another type
    std::string payload_sha256;  ///< of types other than apply_config; empty: an empty payload
    std::int64_t order = 0;      ///< arrival; the lowest waiting one runs next
    Course course;
};

/// What an epoch fences: the dispatches of one release.
struct FenceKey {
    release::Version version;
    TaskType type = TaskType::apply_config;
    std::string order_id{};  ///< empty: from a control that gives none
    /// Digest of the payload; nothing: noted by an older agent, of whatever payload.
    std::optional<std::string> sha256{};
    friend auto operator<=>(const FenceKey&, const FenceKey&) = default;
};

/// Everything the rules look at. Kept in the journal.
struct Ledger {
    std::map<std::string, Entry> tasks;
    std::map<FenceKey, release::Epoch> highest_epoch;
    std::set<std::string> banned;  ///< digests, by either rule
    /// Since 2 the digests here tell a template from literal text (agent/digest_migration.hpp).
    std::int64_t digest_rule = 0;
    std::optional<release::Version> applied_version;
    std::string applied_sha256;
};

struct Admission {
    enum class Kind {
        run,     ///< new: journal it (with its epoch), queue it
        repeat,  ///< known: answer `status`, run nothing
        done,    ///< same version, same content as applied: journal it as success, run nothing
        refuse,  ///< answer `code` and `message`
    };
    Kind kind = Kind::refuse;
    release::TaskStatus status = release::TaskStatus::pending;
    int code = 0;
    std::string message;
};

struct Offer {
    std::string task_id;
    std::string order_id;  ///< empty: from a control that gives none
    release::Version version;
    std::string sha256;        ///< computed by the agent from the payload; empty: nothing in it
    std::string plain_sha256;  ///< by the rule that sees no templates: older bans name that one
    std::optional<release::Epoch> epoch;
    TaskType type = TaskType::apply_config;
    int job_count = 0;       ///< run_job: 1 to jobs_max
    bool is_forced = false;  ///< a banned content is taken all the same
};

/// Under what the offer's epoch is remembered.
[[nodiscard]] FenceKey fence_of(const Offer& offer);

/// The highest epoch seen of the offer's release: of its order, type, version and payload. Without
/// an order the other three decide, since an older control may have taken a release over.
[[nodiscard]] std::optional<release::Epoch> highest_seen(const Ledger& ledger, const Offer& offer);

/// Whether the offer's epoch is below that.
[[nodiscard]] bool is_fenced_off(const Ledger& ledger, const Offer& offer);

/// Order of the rules: an epoch below the highest seen of this release: 3003. A known task id:
/// repeat where order, type, version and payload are those that it was used for (without an order
/// the other three decide), else 3002: its memory is of another release. A banned digest, not
/// forced: 3003. Content (apply_config, sha256 not empty): the applied version with the applied
/// digest: done, unless a task with content is unfinished; not above the applied version and that
/// of every unfinished task with content: 3003. More than `queue_max` waiting (one more may be
/// running or about to): 5003.
[[nodiscard]] Admission admit(const Ledger& ledger, const Offer& offer, int queue_max);

/// The ledger after an admission of kind run, done or repeat (a repeat may raise the epoch).
[[nodiscard]] Ledger record(Ledger ledger, const Offer& offer, const Admission& admission);

/// A task's new course. One with content that has become a success is what is applied from now on.
void advance(Ledger& ledger, const std::string& task_id, Course course);

/// The task to run next: the waiting one that arrived first; nothing while one is running.
[[nodiscard]] std::optional<std::string> next_task(const Ledger& ledger);

/// Cancel: 3001 unknown, 3003 finished or past its switch ("too late"), else the ledger changes: a
/// waiting task is cancelled at once, a running one gets is_cancel_wanted.
struct CancelAnswer {
    int code = 0;
    std::string message;
    release::TaskStatus status = release::TaskStatus::pending;
};
[[nodiscard]] CancelAnswer cancel(Ledger& ledger, const std::string& task_id);

}  // namespace edgeroll::agent::apply
