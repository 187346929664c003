// The journal's records as text, and back. Pure; the executor keeps the text in `tasks/journal`.
//
// Format: one record a line, `CHECKSUM JSON`, appended and fsynced. A task's record holds its whole
// state and replaces the one before it. Chosen over a file per task because an update is then one
// write and one fsync instead of two files, a rename and two fsyncs, and over a log of differences
// because a line that is lost or damaged costs one update, never the meaning of the lines after it.
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

/// Milliseconds since 1970 (UTC), for display and to carry a task's time over a restart. 0: not
/// yet.
using WallMillis = std::int64_t;

/// What the steps of one task may have said together, in the journal: its line must stay readable,
/// and it is written twice a step.
inline constexpr std::size_t outputs_bytes_max = 256U << 10;

/// One step as `steps` shows it.
struct StepRecord {
    StepName name = StepName::validate;
    release::TaskStatus status = release::TaskStatus::running;
    WallMillis started_at = 0, finished_at = 0;
    std::optional<int> exit_code;
    std::string output;
    friend bool operator==(const StepRecord&, const StepRecord&) = default;
};

/// What the rules do not look at, but the executor and the reports do.
struct Details {
    WallMillis created_at = 0, started_at = 0, finished_at = 0;
    std::int64_t timeout_ms = 0;  ///< from created_at; 0: no limit
    std::string node_name, node_ip;
    release::Labels labels;
    std::string payload_file;       ///< below tasks/; empty: none, or not needed any more
    std::string payload_sha256;     ///< of types other than apply_config (payload_digests)
    std::vector<std::string> jobs;  ///< run_job: their names, in order
    std::optional<release::Version> previous;  ///< what `live` pointed to before the switch
    std::vector<StepRecord> steps;
    friend bool operator==(const Details&, const Details&) = default;
};

/// Everything the journal knows.
struct Book {
    Ledger ledger;
    std::map<std::string, Details> details;  ///< one for each task of the ledger
};

/// Lines to append, newline included. Bad UTF-8 is replaced.
[[nodiscard]] std::string encode_task(const Entry& entry, const Details& details);
[[nodiscard]] std::string encode_epoch(const FenceKey& key, release::Epoch epoch);
[[nodiscard]] std::string encode_banned(const Ledger& ledger);
[[nodiscard]] std::string encode_applied(const Ledger& ledger);

/// The whole book: a journal without history.
[[nodiscard]] std::string encode_book(const Book& book);

struct Replay {
    Book book;
    int bad_lines = 0;     ///< damaged ones that were left out
    bool is_torn = false;  ///< the last line was cut off, as a crash does: nothing is lost
};

/// Reads a journal. Any bytes are legal input: what is damaged, implausible or of an unknown kind
/// is left out and counted.
[[nodiscard]] Replay decode_journal(std::string_view text);

/// Shortens what steps said, the oldest first, to bytes_max together and a little for each.
void limit_outputs(Details& details, std::size_t bytes_max);

/// Leaves out finished tasks beyond the newest `keep`, but never those of `live` or the applied
/// version; and the epochs of the lowest versions beyond 4 * `keep`, but never those of kept tasks.
/// Of all but the newest finished tasks the outputs are kept in short only.
void prune(Book& book, std::size_t keep, std::optional<release::Version> live);

}  // namespace edgeroll::agent::apply
