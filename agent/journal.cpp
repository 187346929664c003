#include "agent/journal.hpp"

#include <algorithm>
#include <string>

#include "agent/layout.hpp"
#include "tls/rt/log.hpp"

namespace edgeroll::agent {
namespace {

constexpr const char* next_name = "tasks/journal.new";
constexpr std::size_t size_least = 8U << 20;

}  // namespace

Result<apply::Book> Journal::load() {
    auto text = files_.read_file(journal_name, journal_bytes_max);
    if (!text) return tl::unexpected(text.error());
    if (!*text) return apply::Book{};
    apply::Replay replay = apply::decode_journal(**text);
    size_ = (*text)->size();
    is_suspect_ = replay.is_torn;
    if (replay.is_torn || replay.bad_lines > 0) {
        rt::log(replay.bad_lines > 0 ? rt::LogLevel::warn : rt::LogLevel::info, "journal_damaged",
                {{"bad_lines", std::to_string(replay.bad_lines)},
                 {"torn", replay.is_torn ? "1" : "0"}});
    }
    return std::move(replay.book);
}

Result<void> Journal::rewrite(const apply::Book& book) {
    const std::string text = apply::encode_book(book);
    if (auto done = files_.remove(next_name); !done) return done;
    if (auto done = files_.create_file(next_name, text, {0600}); !done) return done;
    if (auto done = files_.rename(next_name, journal_name); !done) return done;
    size_ = text.size();
    size_max_ = std::max(size_least, 4 * size_);
    is_suspect_ = false;
    return {};
}

Result<void> Journal::append(std::string_view lines, const apply::Book& book) {
    if (is_suspect_ || size_ + lines.size() > size_max_) {
        if (auto done = rewrite(book)) return done;
        // A full disk may have no space for a second copy, but still the reserved space.
    }
    // Starts a new line whatever the file ends with.
    const std::string text = (is_suspect_ ? "\n" : "") + std::string(lines);
    auto done = files_.append(journal_name, text);
    if (done) size_ += text.size();
    // After a failed fsync it is unknown which pages reached the disk.
    else
        is_suspect_ = true;
    return done;
}

}  // namespace edgeroll::agent
