#include "control/api/jwt.hpp"

#include <algorithm>
#include <optional>

#include "release/crypto/hmac.hpp"
#include "release/text/base64.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::control::api {
namespace {

using release::wire::Json;
namespace code = release::code;

tl::unexpected<release::Error> bad(const char* why) {
    return release::fail(std::string("the JWT ") + why, release::Outcome::permanent,
                         code::bad_token);
}

std::optional<Json> decoded_object(std::string_view part) {
    const auto text = release::decode_base64url(part);
    if (!text) return std::nullopt;
    auto json = release::wire::parse_json(*text, token_bytes_max);
    if (!json || !json->is_object()) return std::nullopt;
    return std::move(*json);
}

/// A NumericDate of RFC 7519: a number, fractions allowed.
std::optional<double> moment_of(const Json& claims, const char* name) {
    const auto found = claims.find(name);
    if (found == claims.end() || !found->is_number()) return std::nullopt;
    return found->get<double>();
}

/// `aud` is a text or a list of texts (RFC 7519, section 4.1.3).
bool is_for(const Json& claims, const std::string& audience) {
    const auto found = claims.find("aud");
    if (found == claims.end()) return false;
    if (found->is_string()) return found->get<std::string>() == audience;
    return found->is_array() && std::any_of(found->begin(), found->end(), [&](const Json& one) {
               return one.is_string() && one.get<std::string>() == audience;
           });
}

release::Result<Caller> caller_of(const Json& claims) {
    const auto name = release::wire::required_text(claims, "username");
    if (!name || !is_caller_name(*name)) return bad("has no usable username");
    const auto word = release::wire::required_text(claims, "role");
    if (!word) return bad("has no role");
    const auto role = role_from_text(*word);
    if (!role) {
        return release::fail("the JWT's role is neither viewer nor admin",
                             release::Outcome::permanent, code::forbidden);
    }
    Caller caller;
    caller.name = *name;
    caller.role = *role;
    return caller;
}

}  // namespace

bool looks_like_jwt(std::string_view token) {
    const auto first = token.find('.');
    if (first == token.npos) return false;
    const auto second = token.find('.', first + 1);
    return second != token.npos && token.find('.', second + 1) == token.npos;
}

release::Result<Caller> verify_jwt(std::string_view token, const JwtRules& rules,
                                   std::int64_t unix_now) {
    if (token.size() > token_bytes_max || !looks_like_jwt(token)) return bad("is malformed");
    const auto first = token.find('.');
    const auto second = token.find('.', first + 1);
    const auto signature = release::decode_base64url(token.substr(second + 1));
    if (!signature) return bad("is malformed");
    // The server chooses the algorithm, never the token (RFC 8725, section 3.1), so the signature
    // is verified before any part of the token is parsed.
    const std::string expected = release::hmac_sha256(rules.secret, token.substr(0, second));
    if (!release::is_equal_in_constant_time(*signature, expected)) {
        return bad("is not signed with HS256 and our secret");
    }
    const auto header = decoded_object(token.substr(0, first));
    if (!header) return bad("is malformed");
    const auto algorithm = release::wire::required_text(*header, "alg");
    if (!algorithm || *algorithm != "HS256") return bad("is not signed with HS256");
    if (header->contains("crit")) return bad("asks for extensions that are not known");

    const auto claims = decoded_object(token.substr(first + 1, second - first - 1));
    if (!claims) return bad("is malformed");
    const auto from = release::wire::required_text(*claims, "iss");
    if (!from || *from != rules.issuer) return bad("is of another issuer");
    const auto expires = moment_of(*claims, "exp");
    if (!expires) return bad("has no expiry (exp)");
    const auto now = static_cast<double>(unix_now);
    if (*expires <= now) {
        return release::fail("the JWT has expired", release::Outcome::permanent,
                             code::expired_token);
    }
    // A token valid for years could only be withdrawn with a new secret for all callers.
    if (*expires > now + rules.max_age_sec) {
        return release::fail("the JWT's exp is more than " + std::to_string(rules.max_age_sec) +
                                 " s ahead (JWT_MAX_AGE_SEC)",
                             release::Outcome::permanent, code::bad_token);
    }
    if (!rules.audience.empty() && !is_for(*claims, rules.audience)) {
        return bad("is for another audience");
    }
    const auto starts = moment_of(*claims, "nbf");
    if (claims->contains("nbf") && (!starts || *starts > now)) return bad("is not valid yet");
    auto caller = caller_of(*claims);
    if (caller) {
        caller->has_jwt = true;
        caller->ends_at = static_cast<std::int64_t>(*expires);
    }
    return caller;
}

}  // namespace edgeroll::control::api
