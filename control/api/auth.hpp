// Authentication and authorization of API callers.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "control/api/jwt.hpp"
#include "control/api/tokens.hpp"
#include "release/result.hpp"
#include "tls/http_types.hpp"

namespace edgeroll::control::api {

struct AuthOptions {
    std::string tokens_file;  ///< API_TOKENS_FILE; empty: none
    JwtRules jwt;
    rt::LooseFiles loose = rt::LooseFiles::refused;  ///< ALLOW_LOOSE_FILES
};

/// Called for each refused request.
/// @param actor name of the caller in the audit log; empty: unknown
using RefusalObserver =
    std::function<void(const tls::Request&, int code, const std::string& actor)>;

/// Loop thread.
class Authenticator {
  public:
    /// @param unix_now seconds since 1970, for the expiry of tokens and JWTs
    Authenticator(AuthOptions options, std::function<std::int64_t()> unix_now);

    /// Reads the tokens file for the first time; call it before the first request.
    [[nodiscard]] release::Result<void> open();
    /// Neither tokens nor JWTs are configured: every caller is refused.
    [[nodiscard]] bool is_closed() const;
    void set_observer(RefusalObserver observer) { observer_ = std::move(observer); }
    /// Reads of the tokens file since the last call, including the first read.
    [[nodiscard]] std::vector<TokensRead> take_tokens_read() { return tokens_.take_reads(); }
    void give_back(std::vector<TokensRead> reads) { tokens_.give_back(std::move(reads)); }
    /// The caller of `Authorization: Bearer …`. Errors: 1001-1004 of docs/contract.md section 7.
    [[nodiscard]] release::Result<Caller> admit(const tls::Request& request, Role needed);
    /// Whether an admitted caller would be admitted now: streams check repeatedly.
    [[nodiscard]] bool still_admits(const Caller& caller);
    /// Checks the tokens file for changes; call it about once a second.
    void refresh() { tokens_.refresh(unix_now_()); }

  private:
    [[nodiscard]] release::Result<Caller> identify(const tls::Request& request);
    [[nodiscard]] bool has_ended(const Caller& caller) const;
    void tell_refused(const tls::Request& request, int code, const std::string& actor) const;

    AuthOptions options_;
    TokenFile tokens_;
    std::function<std::int64_t()> unix_now_;
    RefusalObserver observer_;
};

}  // namespace edgeroll::control::api
