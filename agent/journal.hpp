// The journal on disk, `tasks/journal`, and its compaction.
#pragma once

#include <cstddef>
#include <string_view>

#include "agent/apply/journal_codec.hpp"
#include "agent/ports.hpp"

namespace edgeroll::agent {

/// Below the root; a file larger than the limit is not read.
inline constexpr const char* journal_name = "tasks/journal";
inline constexpr std::size_t journal_bytes_max = 256U << 20;

class Journal {
  public:
    /// @param files must outlive the journal
    explicit Journal(Files& files) : files_(files) {}

    /// Reads the journal. Damaged lines are logged and skipped; only an unreadable file is an
    /// error.
    Result<apply::Book> load();
    /// Replaces the journal's content by the book.
    Result<void> rewrite(const apply::Book& book);
    /// Appends lines; they are on disk when it returns. Rewrites the journal first when the file
    /// has grown or an earlier write failed and may have left something.
    /// @param book the state that includes `lines`
    Result<void> append(std::string_view lines, const apply::Book& book);

  private:
    Files& files_;
    std::size_t size_ = 0;
    std::size_t size_max_ = 8U << 20;  ///< rewritten above this size
    bool is_suspect_ = false;
};

}  // namespace edgeroll::agent
