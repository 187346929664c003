#include "control/api/tokens.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <iterator>
#include <map>
#include <sstream>
#include <utility>

#include "release/crypto/hmac.hpp"
#include "release/crypto/random.hpp"
#include "release/crypto/sha256.hpp"
#include "release/text/digits.hpp"
#include "release/text/utf8.hpp"
#include "release/wire/json_util.hpp"
#include "release/words.hpp"
#include "tls/rt/log.hpp"

namespace edgeroll::control::api {
namespace {

constexpr std::size_t file_bytes_max = 1U << 20;
constexpr std::int64_t gone_patience_sec = 5;  // an editor has replaced the file within this time
constexpr std::size_t reads_max = 100;

constexpr release::Words<Role> role_words({
    {Role::viewer, "viewer"},
    {Role::admin, "admin"},
});

using Lines = std::map<std::string, std::string>;

/// Roles, digests and expiry by name; a name may have several lines.
Lines by_name(const std::vector<TokenLine>& lines) {
    Lines sorted;
    for (const TokenLine& line : lines) {
        sorted[line.caller.name] += std::string(to_text(line.caller.role)) + ":" + line.sha256 +
                                    ":" + std::to_string(line.caller.ends_at.value_or(0)) + "\n";
    }
    return sorted;
}

std::string_view trimmed(std::string_view text) {
    const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

}  // namespace

std::optional<Role> role_from_text(std::string_view text) {
    return role_words.value(text);
}

std::string_view to_text(Role role) {
    return role_words.text(role);
}

bool is_caller_name(std::string_view name) {
    return !name.empty() && name.size() <= 100 && !release::has_control_character(name) &&
           name.find_first_of(": ") == std::string_view::npos;
}

release::Result<TokenLine> parse_token_line(std::string_view text) {
    const auto first = text.find(':');
    const auto second = first == text.npos ? text.npos : text.find(':', first + 1);
    if (second == text.npos) return release::fail("not of the form name:role:sha256hex");
    TokenLine line;
    line.caller.name = text.substr(0, first);
    if (!is_caller_name(line.caller.name)) {
        return release::fail("the name is empty, longer than 100 bytes or has a blank");
    }
    const auto role = role_from_text(text.substr(first + 1, second - first - 1));
    if (!role) return release::fail("the role must be " + release::listed<Role>(" or "));
    line.caller.role = *role;
    const auto third = text.find(':', second + 1);
    if (third != text.npos) {
        line.caller.ends_at = end_of_day(text.substr(third + 1));
        if (!line.caller.ends_at) {
            return release::fail("the fourth field must be the last day, YYYY-MM-DD");
        }
    }
    line.sha256 = text.substr(second + 1, third == text.npos ? text.npos : third - second - 1);
    if (!release::is_sha256_hex(line.sha256)) {
        return release::fail("the token's SHA-256 must be 64 hex digits");
    }
    std::transform(line.sha256.begin(), line.sha256.end(), line.sha256.begin(), [](char c) {
        return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    line.caller.token_sha256 = line.sha256;
    return line;
}

std::optional<std::int64_t> end_of_day(std::string_view text) {
    namespace chrono = std::chrono;
    const bool has_form = text.size() == 10 && text[4] == '-' && text[7] == '-';
    if (!has_form) return std::nullopt;
    const auto number = [&](std::size_t from, std::size_t length) {
        unsigned value = 0;
        const char* begin = text.data() + from;
        const auto [end, error] = std::from_chars(begin, begin + length, value);
        return error == std::errc() && end == begin + length ? value : 0;
    };
    const chrono::year_month_day day(chrono::year(static_cast<int>(number(0, 4))),
                                     chrono::month(number(5, 2)), chrono::day(number(8, 2)));
    if (!day.ok() || day.year() < chrono::year(1970)) return std::nullopt;
    const chrono::sys_seconds end = chrono::sys_days(day) + chrono::days(1);
    return end.time_since_epoch().count();
}

FreshToken make_token(const std::string& name, Role role, const std::string& last_day) {
    FreshToken fresh;
    fresh.token = release::random_hex(32);
    fresh.line = name + ":" + std::string(to_text(role)) + ":" + release::sha256_hex(fresh.token);
    if (!last_day.empty()) fresh.line += ":" + last_day;
    return fresh;
}

TokenFile::TokenFile(std::string path, rt::LooseFiles loose)
    : path_(std::move(path)), loose_(loose) {}

release::Result<void> TokenFile::open() {
    if (path_.empty()) return {};
    const auto now = stamp();
    if (!now) return release::fail("'" + path_ + "' cannot be read");
    if (const auto done = read(); !done) {
        return release::fail("'" + path_ + "' " + done.error().message);
    }
    if (lines_.empty() && !faults_.empty()) {
        const auto& [number, what] = faults_.front();
        return release::fail("'" + path_ + "' has no usable line: line " + std::to_string(number) +
                             ": " + what);
    }
    tell_faults();
    note_read({});
    seen_ = *now;
    return {};
}

void TokenFile::refresh(std::int64_t unix_now) {
    if (path_.empty()) return;
    const auto now = stamp();
    if (!now && errno == ENOENT) {
        if (!gone_since_) gone_since_ = unix_now;
        if (unix_now - *gone_since_ >= gone_patience_sec && !lines_.empty()) {
            const std::vector<TokenLine> before = std::exchange(lines_, {});
            note_read(before);
            seen_ = Stamp{};  // the same file may reappear
            rt::LogFields fields;
            fields.emplace_back("file", path_);
            fields.emplace_back("what", "is gone, and with it every token; put it back");
            rt::log(rt::LogLevel::error, "tokens_gone", fields);
        }
    } else {
        gone_since_.reset();
    }
    if (now && *now == seen_) return;
    const std::vector<TokenLine> before = lines_;
    // The stamp is taken before the read: a write in between is noticed next time.
    const release::Result<void> done = now ? read() : release::fail("cannot be read");
    if (done) {
        note_read(before);
        seen_ = *now;
        is_trouble_told_ = false;
        tell_faults();
        rt::LogFields fields;
        fields.emplace_back("tokens", std::to_string(lines_.size()));
        rt::log(rt::LogLevel::info, "tokens_reloaded", fields);
        return;
    }
    if (is_trouble_told_) return;
    is_trouble_told_ = true;
    rt::LogFields fields;
    fields.emplace_back("file", path_);
    fields.emplace_back("what", done.error().message + "; the tokens stay as they were");
    rt::log(rt::LogLevel::error, "tokens_refused", fields);
}

void TokenFile::note_read(const std::vector<TokenLine>& before) {
    TokensRead read;
    read.count = lines_.size();
    const Lines was = by_name(before), is = by_name(lines_);
    std::string all;
    for (const auto& [name, lines] : is) {
        all += name + "\n" + lines;
        const auto found = was.find(name);
        if (found == was.end()) read.added.push_back(name);
        if (found != was.end() && found->second != lines) read.changed.push_back(name);
    }
    for (const auto& [name, lines] : was) {
        if (is.find(name) == is.end()) read.removed.push_back(name);
    }
    read.sha256 = release::sha256_hex(all);
    if (reads_.size() >= reads_max) reads_.pop_back();
    reads_.push_back(std::move(read));
}

void TokenFile::give_back(std::vector<TokensRead> reads) {
    reads.insert(reads.end(), std::make_move_iterator(reads_.begin()),
                 std::make_move_iterator(reads_.end()));
    reads_ = std::move(reads);
}

std::optional<Caller> TokenFile::find(std::string_view token) const {
    const std::string digest = release::sha256_hex(token);
    const TokenLine* found = nullptr;
    for (const TokenLine& line : lines_) {
        if (release::is_equal_in_constant_time(line.sha256, digest)) found = &line;
    }
    if (found == nullptr) return std::nullopt;
    return found->caller;
}

bool TokenFile::has(const Caller& caller) const {
    return std::any_of(lines_.begin(), lines_.end(), [&](const TokenLine& line) {
        return line.sha256 == caller.token_sha256 && line.caller.name == caller.name &&
               line.caller.role == caller.role && line.caller.ends_at == caller.ends_at;
    });
}

bool TokenFile::has_name(std::string_view name) const {
    return std::any_of(lines_.begin(), lines_.end(),
                       [&](const TokenLine& line) { return line.caller.name == name; });
}

std::optional<TokenFile::Stamp> TokenFile::stamp() const {
    struct stat status {};
    errno = 0;
    if (::stat(path_.c_str(), &status) != 0) return std::nullopt;
    Stamp now;
    now.seconds = status.st_mtim.tv_sec;
    now.nanoseconds = status.st_mtim.tv_nsec;
    now.bytes = status.st_size;
    now.inode = status.st_ino;
    now.mode = status.st_mode;
    return now;
}

void TokenFile::tell_faults() const {
    for (const auto& [number, what] : faults_) {
        // Never the line itself: it may contain a token instead of its digest.
        rt::LogFields fields;
        fields.emplace_back("file", path_);
        fields.emplace_back("line", std::to_string(number));
        fields.emplace_back("what", what);
        rt::log(rt::LogLevel::error, "token_line_skipped", fields);
    }
}

release::Result<void> TokenFile::read() {
    const auto text = rt::read_secret_file(path_, {file_bytes_max, loose_});
    if (!text) return tl::unexpected(text.error());
    std::vector<TokenLine> lines;
    std::istringstream rows(*text);
    int number = 0;
    faults_.clear();
    for (std::string row; std::getline(rows, row);) {
        ++number;
        const std::string_view line = trimmed(row);
        if (line.empty() || line.front() == '#') continue;
        auto parsed = parse_token_line(line);
        if (parsed) {
            lines.push_back(std::move(*parsed));
            continue;
        }
        faults_.emplace_back(number, parsed.error().message);
    }
    lines_ = std::move(lines);
    return {};
}

}  // namespace edgeroll::control::api
