#include "control/core/lease_keeper.hpp"

#include <utility>

namespace edgeroll::control {

LeaseKeeper::LeaseKeeper(Store& store, Clock& clock, Claim claim, release::Millis lease)
    : store_(store),
      clock_(clock),
      claim_(std::move(claim)),
      lease_(lease),
      renew_at_(clock.now() + lease / 3) {}

boost::asio::awaitable<release::Result<LeaseKeeper::Renewed>> LeaseKeeper::renew() {
    const release::Instant held_until = claim_.good_until;
    const release::Result<bool> renewed = co_await store_.renew(claim_);
    if (!renewed) co_return tl::make_unexpected(renewed.error());
    if (!*renewed) co_return Renewed::fenced;
    renew_at_ = clock_.now() + lease_ / 3;
    co_return clock_.now() >= held_until ? Renewed::late : Renewed::in_time;
}

}  // namespace edgeroll::control
