// Which tasks an agent knows, and the rules by which it takes a new one (SPEC.md section 5): known
// task ids, fencing by epoch, versions that only grow, a bounded queue. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "agent/apply/machine.hpp"
#include "release/ids.hpp"
#include "release/states.hpp"

namespace edgeroll::agent::apply {

struct Entry {
    std::string task_id;
    release::Version version;
    std::string sha256;      ///< content digest; empty: reload only
    std::int64_t order = 0;  ///< arrival; the lowest waiting one runs next
    Course course;
};

/// Everything the rules look at. Kept in the journal.
struct Ledger {
    std::map<std::string, Entry> tasks;
    std::map<release::Version, release::Epoch> highest_epoch;
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
    release::Version version;
    std::string sha256;  ///< computed by the agent from the payload; empty: reload only
    std::optional<release::Epoch> epoch;
};

/// Order of the rules: an epoch below the highest seen for the version: 3003. A known task id:
/// repeat. Content (sha256 not empty): the applied version with the applied digest: done, unless a
/// task with content is unfinished; not above the applied version and that of every unfinished task
/// with content: 3003. More than `queue_max` waiting (one more may be running or about to): 5003.
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
