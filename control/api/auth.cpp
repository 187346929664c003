#include "control/api/auth.hpp"

#include <utility>

#include "control/api/jwt.hpp"

namespace edgeroll::control::api {
namespace {

namespace code = release::code;

tl::unexpected<release::Error> no_entry(int error_code, std::string why) {
    return release::fail(std::move(why), release::Outcome::permanent, error_code);
}

/// The scheme's name is case-insensitive (RFC 9110, section 11.1).
bool is_bearer(std::string_view scheme) {
    constexpr std::string_view wanted = "bearer";
    if (scheme.size() != wanted.size()) return false;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if ((scheme[i] | 0x20) != wanted[i]) return false;
    }
    return true;
}

}  // namespace

Authenticator::Authenticator(AuthOptions options, std::function<std::int64_t()> unix_now)
    : options_(std::move(options)),
      tokens_(options_.tokens_file, options_.loose),
      unix_now_(std::move(unix_now)) {}

release::Result<void> Authenticator::open() {
    return tokens_.open();
}

bool Authenticator::is_closed() const {
    return !tokens_.is_configured() && options_.jwt.secret.empty();
}

release::Result<Caller> Authenticator::identify(const tls::Request& request) {
    const auto header = request.headers.find("authorization");
    if (header == request.headers.end() || header->second.empty()) {
        return no_entry(code::no_token, "a token is needed: Authorization: Bearer <token>");
    }
    const std::string_view value = header->second;
    const auto blank = value.find(' ');
    if (!is_bearer(value.substr(0, blank)) || blank == value.npos) {
        return no_entry(code::bad_token, "the Authorization header must be: Bearer <token>");
    }
    std::string_view token = value.substr(blank + 1);
    while (!token.empty() && token.front() == ' ')
        token.remove_prefix(1);
    while (!token.empty() && token.back() == ' ')
        token.remove_suffix(1);
    if (token.empty()) {
        return no_entry(code::no_token, "a token is needed: Authorization: Bearer <token>");
    }
    if (token.size() > token_bytes_max) return no_entry(code::bad_token, "the token is not known");
    refresh();
    if (auto caller = tokens_.find(token)) {
        if (!has_ended(*caller)) return std::move(*caller);
        return no_entry(code::expired_token, "the token has expired");
    }
    if (!options_.jwt.secret.empty() && looks_like_jwt(token)) {
        auto caller = verify_jwt(token, options_.jwt, unix_now_());
        // The audit log would attribute its actions to the owner of the token.
        if (caller && tokens_.has_name(caller->name)) {
            return no_entry(code::bad_token,
                            "the JWT's username is the name of a token; give it "
                            "another");
        }
        return caller;
    }
    return no_entry(code::bad_token, "the token is not known");
}

bool Authenticator::has_ended(const Caller& caller) const {
    return caller.ends_at && unix_now_() >= *caller.ends_at;
}

bool Authenticator::still_admits(const Caller& caller) {
    refresh();
    if (has_ended(caller)) return false;
    return caller.has_jwt ? !tokens_.has_name(caller.name) : tokens_.has(caller);
}

void Authenticator::tell_refused(const tls::Request& request, int code,
                                 const std::string& actor) const {
    if (observer_) observer_(request, code, actor);
}

release::Result<Caller> Authenticator::admit(const tls::Request& request, Role needed) {
    auto caller = identify(request);
    if (!caller) {
        tell_refused(request, caller.error().code, {});
        return caller;
    }
    if (needed == Role::admin && caller->role != Role::admin) {
        tell_refused(request, code::forbidden, caller->actor());
        return no_entry(code::forbidden,
                        "this needs the role admin; '" + caller->name + "' has the role viewer");
    }
    return caller;
}

}  // namespace edgeroll::control::api
