// Encodes and decodes the journal's records. Pure; the executor keeps the text in `tasks/journal`.
//
// Format: one record a line, `CHECKSUM JSON`, appended and fsynced. A task's record holds its whole
// state and replaces the record before it. Compared with a file per task, an update is one write
// and one fsync instead of two files, a rename and two fsyncs; compared with a log of differences,
// a lost or damaged line costs one update, never the meaning of the lines after it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/apply/ledger.hpp"
#include "agent/apply/machine.hpp"
#include "release/ids.hpp"
#include "release/model.hpp"
#include "release/states.hpp"

namespace edgeroll::agent::apply {

/// Milliseconds since 1970 (UTC), for display and to keep a task's time across a restart. 0: not
/// yet.
using WallMillis = std::int64_t;

/// Limit on the outputs of one task's steps in the journal: the line must stay readable, and it is
/// written twice per step.
inline constexpr std::size_t outputs_bytes_max = 256U << 10;

/// One step, as shown in `steps`.
struct StepRecord {
    StepName name = StepName::validate;
    release::TaskStatus status = release::TaskStatus::running;
    WallMillis started_at = 0, finished_at = 0;
    std::optional<int> exit_code;
    std::string output;
    /// StepResult::evidence of a check or verify; nothing: another step, or an older agent's
    /// record.
    std::optional<std::string> evidence{};
    friend bool operator==(const StepRecord&, const StepRecord&) = default;
};

/// The parts of a task that the executor and the reports use, but the rules do not.
struct Details {
    WallMillis created_at = 0, started_at = 0, finished_at = 0;
    std::int64_t timeout_ms = 0;  ///< from created_at; 0: no limit
    std::string node_name, node_ip;
    release::Labels labels;
    std::string payload_file;       ///< below tasks/; empty: none, or no longer needed
    std::string payload_sha256;     ///< for types other than apply_config (payload_digests)
    std::vector<std::string> jobs;  ///< run_job: names of the jobs, in order
    std::optional<release::Version> previous;  ///< what `live` pointed to before the switch
    /// With a `previous` of the task's own version: the folder that the switch exchanges for that
    /// version's (Files::identity). Tells on which side of the exchange the task stands.
    std::optional<std::int64_t> staged_folder{};
    std::vector<StepRecord> steps;
    friend bool operator==(const Details&, const Details&) = default;
};

/// The journal's whole content.
struct Book {
    Ledger ledger;
    std::map<std::string, Details> details;  ///< one for each task of the ledger
};

/// Lines to append, newline included. Replaces bad UTF-8.
[[nodiscard]] std::string encode_task(const Entry& entry, const Details& details);
[[nodiscard]] std::string encode_epoch(const FenceKey& key, release::Epoch epoch);
[[nodiscard]] std::string encode_banned(const Ledger& ledger);
[[nodiscard]] std::string encode_applied(const Ledger& ledger);

/// The whole book as a journal without history.
[[nodiscard]] std::string encode_book(const Book& book);

struct Replay {
    Book book;
    int bad_lines = 0;     ///< damaged lines, skipped
    bool is_torn = false;  ///< the last line was cut off, as by a crash: nothing is lost
};

/// Reads a journal from any bytes. Damaged, implausible and unknown records are skipped and
/// counted.
[[nodiscard]] Replay decode_journal(std::string_view text);

/// Shortens the outputs of steps, oldest first, to bytes_max in total plus a little for each.
void limit_outputs(Details& details, std::size_t bytes_max);

/// Drops finished tasks beyond the newest `keep`, except those of `live` and of the applied
/// version, and the epochs of the lowest versions beyond 4 * `keep`, except those of kept tasks.
/// Shortens the outputs of all but the newest finished tasks.
void prune(Book& book, std::size_t keep, std::optional<release::Version> live);

}  // namespace edgeroll::agent::apply
