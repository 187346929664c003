// Keeps the lease of one claim: how long it is valid, and when to renew it.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "control/core/ports.hpp"

namespace edgeroll::control {

/// A claim is renewed after a third of its lease. Loop thread.
class LeaseKeeper {
  public:
    /// @param lease duration of a claim or renewal
    LeaseKeeper(Store& store, Clock& clock, Claim claim, release::Millis lease);

    [[nodiscard]] const Claim& claim() const { return claim_; }
    /// Nothing may be sent or written under the claim.
    [[nodiscard]] bool is_expired() const { return clock_.now() >= claim_.good_until; }
    [[nodiscard]] bool is_renewal_due() const { return clock_.now() >= renew_at_; }
    [[nodiscard]] release::Instant renew_at() const { return renew_at_; }
    void renew_soon() { renew_at_ = clock_.now(); }

    enum class Renewed {
        in_time,
        late,    ///< the claim had expired, and is held again
        fenced,  ///< another process holds the claim, or the release is deleted
    };
    /// Renews the claim. After an error it stays due.
    boost::asio::awaitable<release::Result<Renewed>> renew();

  private:
    Store& store_;
    Clock& clock_;
    Claim claim_;
    release::Millis lease_;
    release::Instant renew_at_;
};

}  // namespace edgeroll::control
