// The journal on disk: `tasks/journal`, and how it is kept short.
#pragma once

#include <cstddef>
#include <string_view>

#include "agent/apply/journal_codec.hpp"
#include "agent/ports.hpp"

namespace edgeroll::agent {

/// Below the root; what is larger is not read.
inline constexpr const char* journal_name = "tasks/journal";
inline constexpr std::size_t journal_bytes_max = 256U << 20;

class Journal {
  public:
    /// @param files must outlive the journal
    explicit Journal(Files& files) : files_(files) {}

    /// What the journal knows. Damaged lines are logged and left out; only a file that cannot be
    /// read is an error.
    Result<apply::Book> load();
    /// Puts the book in the place of all that was written before.
    Result<void> rewrite(const apply::Book& book);
    /// On the disk when it returns. Rewrites first when the file has grown or an earlier write
    /// failed in a way that may have left something of it.
    /// @param book what `lines` are already part of
    Result<void> append(std::string_view lines, const apply::Book& book);

  private:
    Files& files_;
    std::size_t size_ = 0;
    std::size_t size_max_ = 8U << 20;  ///< rewritten beyond it
    bool is_suspect_ = false;
};

}  // namespace edgeroll::agent
