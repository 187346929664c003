// JSON Web Tokens, as specified in docs/contract.md section 2: HS256, one issuer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "control/api/tokens.hpp"
#include "release/result.hpp"

namespace edgeroll::control::api {

/// Longer tokens of either kind are refused unread.
inline constexpr std::size_t token_bytes_max = 8U << 10;

/// Has two dots, as every signed JWT does.
[[nodiscard]] bool looks_like_jwt(std::string_view token);

/// Which JWTs are accepted.
struct JwtRules {
    std::string secret;        ///< JWT_SECRET; empty: no JWTs
    std::string issuer;        ///< JWT_ISSUER
    std::string audience;      ///< JWT_AUDIENCE; empty: `aud` is not checked
    int max_age_sec = 86'400;  ///< JWT_MAX_AGE_SEC: how far ahead `exp` may be
};

/// Verifies the signature (constant time), `alg` (only HS256), `iss`, `exp`, `nbf`, `aud` and reads
/// `username` and `role`. Errors: 1003 expired, 1004 an unknown role, 1002 any other fault; the
/// error does not say how a signature is wrong.
/// @param unix_now seconds since 1970
[[nodiscard]] release::Result<Caller> verify_jwt(std::string_view token, const JwtRules& rules,
                                                 std::int64_t unix_now);

}  // namespace edgeroll::control::api
