// JSON Web Tokens, as far as docs/contract.md section 2 has them: HS256, one issuer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "control/api/tokens.hpp"
#include "release/result.hpp"

namespace edgeroll::control::api {

/// Longer tokens of either kind are not looked at.
inline constexpr std::size_t token_bytes_max = 8U << 10;

/// Has two dots, as every signed JWT does.
[[nodiscard]] bool looks_like_jwt(std::string_view token);

/// Whose JWTs are accepted.
struct JwtRules {
    std::string secret;        ///< JWT_SECRET; empty: no JWTs
    std::string issuer;        ///< JWT_ISSUER
    std::string audience;      ///< JWT_AUDIENCE; empty: `aud` is not looked at
    int max_age_sec = 86'400;  ///< JWT_MAX_AGE_SEC: how far ahead `exp` may be
};

/// Checks signature (constant time), `alg` (HS256 and nothing else), `iss`, `exp`, `nbf`, `aud` and
/// reads `username` and `role`. Errors: 1003 expired, 1004 a role that is none of ours, 1002
/// anything else; nothing is said about how a signature is wrong.
/// @param unix_now seconds since 1970
[[nodiscard]] release::Result<Caller> verify_jwt(std::string_view token, const JwtRules& rules,
                                                 std::int64_t unix_now);

}  // namespace edgeroll::control::api
