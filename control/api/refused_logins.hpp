// Refused logins for the audit log: counted, so that a flood costs only some rows a minute and no
// additional memory.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "release/result.hpp"
#include "release/time.hpp"

namespace edgeroll::control::api {

/// Refusals of one kind from one address, with their number.
struct RefusedLogin {
    std::string remote;  ///< empty: addresses beyond the limit
    std::string reason;  ///< `no_token`, `bad_token`, `expired_token` or `forbidden`
    std::string actor;   ///< `token:NAME` or `jwt:NAME` of a caller without the role; else empty
    std::int64_t count = 0;
    release::Instant first{}, last{};
};

/// Loop thread.
class RefusedLogins {
  public:
    /// Kinds that are counted separately; further kinds are counted together.
    static constexpr std::size_t kinds_max = 32;
    static constexpr release::Millis interval{60'000};

    void note(release::Instant now, const std::string& remote, int error_code,
              const std::string& actor);
    /// The first refusal after a quiet period is due at once, the others a minute after the last
    /// take().
    [[nodiscard]] bool is_due(release::Instant now) const;
    /// Takes all refusals.
    /// @param now the next minute begins here
    [[nodiscard]] std::vector<RefusedLogin> take(release::Instant now);
    /// Returns refusals that could not be written.
    void give_back(const std::vector<RefusedLogin>& logins);

  private:
    using Kind = std::tuple<std::string, std::string, std::string>;
    void add(const RefusedLogin& login);

    std::map<Kind, RefusedLogin> kinds_;
    release::Instant next_{};
};

}  // namespace edgeroll::control::api
