#include "control/api/refused_logins.hpp"

#include <algorithm>
#include <utility>

namespace edgeroll::control::api {
namespace {

const char* reason_of(int error_code) {
    switch (error_code) {
        case release::code::no_token:
            return "no_token";
        case release::code::expired_token:
            return "expired_token";
        case release::code::forbidden:
            return "forbidden";
        default:
            return "bad_token";
    }
}

}  // namespace

void RefusedLogins::note(release::Instant now, const std::string& remote, int error_code,
                         const std::string& actor) {
    RefusedLogin login;
    login.remote = remote;
    login.reason = reason_of(error_code);
    login.actor = actor;
    login.count = 1;
    login.first = login.last = now;
    add(login);
}

void RefusedLogins::add(const RefusedLogin& login) {
    Kind kind{login.remote, login.reason, login.actor};
    if (kinds_.size() >= kinds_max && kinds_.find(kind) == kinds_.end()) {
        kind = Kind{std::string(), login.reason, std::string()};
    }
    const auto [found, is_new] = kinds_.try_emplace(std::move(kind));
    RefusedLogin& sum = found->second;
    if (is_new) {
        std::tie(sum.remote, sum.reason, sum.actor) = found->first;
        sum.first = login.first;
    }
    sum.count += login.count;
    sum.first = std::min(sum.first, login.first);
    sum.last = std::max(sum.last, login.last);
}

bool RefusedLogins::is_due(release::Instant now) const {
    return !kinds_.empty() && now >= next_;
}

std::vector<RefusedLogin> RefusedLogins::take(release::Instant now) {
    std::vector<RefusedLogin> taken;
    for (auto& [kind, login] : kinds_)
        taken.push_back(std::move(login));
    kinds_.clear();
    next_ = now + interval;
    return taken;
}

void RefusedLogins::give_back(const std::vector<RefusedLogin>& logins) {
    for (const RefusedLogin& login : logins)
        add(login);
    next_ = {};
}

}  // namespace edgeroll::control::api
