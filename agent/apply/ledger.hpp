// The tasks an agent knows, and the rules for accepting a new task (docs/contract.md section 5):
// known task ids, fencing by epoch, banned contents, increasing versions, a bounded queue. Pure.
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
    std::string order_id;  ///< the release's; empty: the control sends none
    release::Version version;
    std::string sha256;          ///< content digest; empty: reload only, or another type
    std::string payload_sha256;  ///< for types other than apply_config; empty: an empty payload
    std::int64_t order = 0;      ///< arrival number; the lowest waiting task runs next
    bool is_repair = false;      ///< as Offer::is_repair
    Course course;
};

/// The scope of an epoch: the dispatches of one release.
struct FenceKey {
    release::Version version;
    TaskType type = TaskType::apply_config;
    std::string order_id{};  ///< empty: the control sends none
    /// Digest of the payload; nothing: an entry of an older agent, for any payload.
    std::optional<std::string> sha256{};
    friend auto operator<=>(const FenceKey&, const FenceKey&) = default;
};

/// The state that the rules use. Kept in the journal.
struct Ledger {
    std::map<std::string, Entry> tasks;
    std::map<FenceKey, release::Epoch> highest_epoch;
    std::set<std::string> banned;  ///< digests, of both kinds
    /// From 2 on digests distinguish a template from literal text (agent/digest_migration.hpp).
    std::int64_t digest_rule = 0;
    std::optional<release::Version> applied_version;
    std::string applied_sha256;
};

struct Admission {
    enum class Kind {
        run,     ///< new: write it to the journal (with its epoch) and queue it
        repeat,  ///< known: answer with `status`, run nothing
        done,    ///< same version and content as applied: journal it as success, run nothing
        refuse,  ///< answer with `code` and `message`
    };
    Kind kind = Kind::refuse;
    release::TaskStatus status = release::TaskStatus::pending;
    int code = 0;
    std::string message;
};

struct Offer {
    std::string task_id;
    std::string order_id;  ///< empty: the control sends none
    release::Version version;
    std::string sha256;        ///< computed by the agent from the payload; empty: no content
    std::string plain_sha256;  ///< digest that ignores templates, as named by older bans
    std::optional<release::Epoch> epoch;
    TaskType type = TaskType::apply_config;
    int job_count = 0;       ///< run_job: 1 to jobs_max
    bool is_forced = false;  ///< accept a banned content
    /// Write the applied content again: the agent was asked to, and found that it does not lie
    /// there as it was written.
    bool is_repair = false;
};

/// The key under which the offer's epoch is kept.
[[nodiscard]] FenceKey fence_of(const Offer& offer);

/// The highest epoch seen for the offer's release, identified by order, type, version and payload.
/// Without an order the other three decide, since an older control may have taken a release over.
[[nodiscard]] std::optional<release::Epoch> highest_seen(const Ledger& ledger, const Offer& offer);

/// Whether the offer's epoch is below highest_seen.
[[nodiscard]] bool is_fenced_off(const Ledger& ledger, const Offer& offer);

/// The rules, in order. An epoch below the highest seen for this release: 3003. A known task id:
/// repeat if order, type, version and payload are the known task's (without an order the other
/// three decide), else 3002, since it belongs to another release. A banned digest, not forced:
/// 3003. Content (apply_config, sha256 not empty): done if version and digest are the applied ones
/// (a repair: run), unless a task with content is unfinished; 3003 if the version is not above the
/// applied version and those of all unfinished tasks with content. A repair also runs where the
/// applied version is its own and nobody knows its digest. More than `queue_max` waiting (one more
/// may be running or about to): 5003.
[[nodiscard]] Admission admit(const Ledger& ledger, const Offer& offer, int queue_max);

/// The ledger after an admission of kind run, done or repeat (a repeat may raise the epoch).
[[nodiscard]] Ledger record(Ledger ledger, const Offer& offer, const Admission& admission);

/// Records a task's new course. A task with content that has succeeded becomes the applied one.
void advance(Ledger& ledger, const std::string& task_id, Course course);

/// The task to run next: the oldest waiting task; nothing while a task is running.
[[nodiscard]] std::optional<std::string> next_task(const Ledger& ledger);

/// Cancel: 3001 unknown, 3003 finished or past its switch ("too late"); otherwise the ledger
/// changes: a waiting task is cancelled at once, a running task gets is_cancel_wanted.
struct CancelAnswer {
    int code = 0;
    std::string message;
    release::TaskStatus status = release::TaskStatus::pending;
};
[[nodiscard]] CancelAnswer cancel(Ledger& ledger, const std::string& task_id);

}  // namespace edgeroll::agent::apply
