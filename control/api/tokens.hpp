// API tokens: the file that lists their digests, and creation of new tokens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "release/result.hpp"
#include "tls/rt/secret_file.hpp"

namespace edgeroll::control::api {

enum class Role { viewer, admin };
[[nodiscard]] std::optional<Role> role_from_text(std::string_view text);
[[nodiscard]] std::string_view to_text(Role role);

/// The authenticated caller of a request.
struct Caller {
    std::string name;
    Role role = Role::viewer;
    bool has_jwt = false;                   ///< authenticated by a JWT instead of a token
    std::string token_sha256{};             ///< digest of a token of the file, lower-case hex
    std::optional<std::int64_t> ends_at{};  ///< seconds since 1970: admitted only before

    /// `token:NAME` or `jwt:NAME`: names of the two kinds have different issuers.
    [[nodiscard]] std::string actor() const { return (has_jwt ? "jwt:" : "token:") + name; }
};

/// Not empty, at most 100 bytes, without colon, blank and control characters.
[[nodiscard]] bool is_caller_name(std::string_view name);

struct TokenLine {
    Caller caller;
    std::string sha256;  ///< digest of the token, lower-case hex
};

/// Parses `name:role:sha256hex` or `name:role:sha256hex:YYYY-MM-DD`, the last day (UTC) of
/// validity. Error: the fault, without the digest.
[[nodiscard]] release::Result<TokenLine> parse_token_line(std::string_view line);

struct FreshToken {
    std::string token;  ///< 256 random bits, hex
    std::string line;   ///< for the tokens file
};
/// @param name see is_caller_name
/// @param last_day "YYYY-MM-DD"; empty: no end
[[nodiscard]] FreshToken make_token(const std::string& name, Role role,
                                    const std::string& last_day = "");
/// The end of that day in UTC, seconds since 1970; nothing: an illegal date.
[[nodiscard]] std::optional<std::int64_t> end_of_day(std::string_view text);

/// A read of the tokens file, compared with the read before.
struct TokensRead {
    std::size_t count = 0;
    std::string sha256;                                ///< digest over all names, roles and digests
    std::vector<std::string> added, removed, changed;  ///< names; changed: role or digest
};

/// API_TOKENS_FILE, read again when it changes. A broken line is logged and skipped, the others
/// stay valid. An unreadable file leaves the tokens unchanged, so that an editing mistake locks no
/// caller out; a file that others may read counts as unreadable. A file missing for five seconds
/// leaves no tokens: it was deleted. Loop thread.
class TokenFile {
  public:
    /// @param path empty: no tokens
    explicit TokenFile(std::string path, rt::LooseFiles loose = rt::LooseFiles::refused);

    /// Reads the file for the first time. Error: it cannot be read, or none of its lines is valid.
    [[nodiscard]] release::Result<void> open();
    /// Checks whether the file has changed (a stat) and then reads it again. Call it about once a
    /// second as well.
    /// @param unix_now seconds since 1970
    void refresh(std::int64_t unix_now);
    /// Compares with every line in constant time.
    [[nodiscard]] std::optional<Caller> find(std::string_view token) const;
    /// Whether the line that admitted the caller still exists.
    [[nodiscard]] bool has(const Caller& caller) const;
    [[nodiscard]] bool has_name(std::string_view name) const;
    [[nodiscard]] std::size_t size() const { return lines_.size(); }
    [[nodiscard]] bool is_configured() const { return !path_.empty(); }
    /// Reads since the last call, for the audit log; when there are too many, the last reads are
    /// merged.
    [[nodiscard]] std::vector<TokensRead> take_reads() { return std::exchange(reads_, {}); }
    /// Returns reads that could not be written.
    void give_back(std::vector<TokensRead> reads);

  private:
    struct Stamp {
        std::int64_t seconds = 0, nanoseconds = 0, bytes = -1;
        std::uint64_t inode = 0;
        std::uint32_t mode = 0;
        friend bool operator==(const Stamp&, const Stamp&) = default;
    };
    [[nodiscard]] std::optional<Stamp> stamp() const;
    [[nodiscard]] release::Result<void> read();
    void tell_faults() const;
    void note_read(const std::vector<TokenLine>& before);

    std::string path_;
    rt::LooseFiles loose_;
    Stamp seen_;
    bool is_trouble_told_ = false;
    std::optional<std::int64_t> gone_since_;
    std::vector<TokenLine> lines_;
    std::vector<TokensRead> reads_;
    std::vector<std::pair<int, std::string>> faults_;  ///< broken lines of the last read
};

}  // namespace edgeroll::control::api
