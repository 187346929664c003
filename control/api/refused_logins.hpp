// Refused logins on their way into the audit log: counted, so that a flood of them costs some rows
// a minute and no more memory.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "release/result.hpp"
#include "release/time.hpp"

namespace edgeroll::control::api {

/// One kind of refusal, of one address, as often as it happened.
struct RefusedLogin {
    std::string remote;  ///< empty: of the addresses for which there was no place
    std::string reason;  ///< `no_token`, `bad_token`, `expired_token` or `forbidden`
    std::string actor;   ///< `token:NAME` or `jwt:NAME` of who may not do it; else empty
    std::int64_t count = 0;
    release::Instant first{}, last{};
};

/// Loop thread.
class RefusedLogins {
  public:
    /// Kinds that are told apart at once; further ones are counted together.
    static constexpr std::size_t kinds_max = 32;
    static constexpr release::Millis interval{60'000};

    void note(release::Instant now, const std::string& remote, int error_code,
              const std::string& actor);
    /// The first one after quiet times at once, the others a minute after what was taken last.
    [[nodiscard]] bool is_due(release::Instant now) const;
    /// All that there are. @param now when the next minute begins
    [[nodiscard]] std::vector<RefusedLogin> take(release::Instant now);
    /// What could not be written down.
    void give_back(const std::vector<RefusedLogin>& logins);

  private:
    using Kind = std::tuple<std::string, std::string, std::string>;
    void add(const RefusedLogin& login);

    std::map<Kind, RefusedLogin> kinds_;
    release::Instant next_{};
};

}  // namespace edgeroll::control::api
