// Runner::parcel_of: the parcel for a node.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "control/core/runner.hpp"
#include "release/sent_content.hpp"

namespace edgeroll::control {
namespace {

void fill(Parcel& parcel, Store::Payload payload, std::optional<release::Version> content) {
    release::ContentNames names = release::names_of(
        parcel.type, {payload.sha256, payload.plain_sha256, payload.is_repeated}, content);
    parcel.payload = std::make_shared<const std::string>(std::move(payload.text));
    parcel.sha256 = std::move(names.sha256);
    parcel.plain_sha256 = std::move(names.plain_sha256);
    parcel.compared_sha256 = std::move(names.compared_sha256);
    parcel.may_be_held = names.may_be_held;
    parcel.has_secrets = payload.has_secrets;
}

}  // namespace

// A parcel without payload means that the content is gone or differs from that at the start; it is
// not cached, since the content may come back. Null: the run is over.
boost::asio::awaitable<std::shared_ptr<const Parcel>> Runner::parcel_of(
    std::optional<release::Version> content) {
    const auto known = parcels_.find(content);
    if (known != parcels_.end()) co_return known->second;
    const release::Snapshot& seen = release_.seen;
    auto parcel = std::make_shared<Parcel>();
    parcel->type = seen.type;
    parcel->version = seen.version;
    parcel->order_id = seen.order_id;
    parcel->epoch = lease_.claim().epoch;
    parcel->bans = seen.bans;
    parcel->is_forced = seen.is_forced && !seen.catches_up;
    parcel->is_repair = seen.catches_up;
    const release::WantedContent wanted = release::wanted_content(seen, content);
    if (wanted.is_nothing) {
        parcel->payload = std::make_shared<const std::string>("{}");
        parcels_.emplace(content, parcel);
        co_return parcel;
    }
    while (!lease_.is_expired()) {
        release::Result<std::optional<Store::Payload>> payload =
            co_await store_.payload(wanted.version, parcel->type);
        if (payload) {
            const bool is_same = *payload && (*payload)->sha256 == wanted.sha256;
            if (!is_same) {
                if (*payload) parcel->problem = std::move((*payload)->problem);
                co_return parcel;
            }
            fill(*parcel, std::move(**payload), content);
            parcels_.emplace(content, parcel);
            co_return parcel;
        }
        database_trouble(payload.error(), "payload");
        co_await backoff_.pause();
    }
    lose("the lease could not be renewed in time");
    co_return nullptr;
}

}  // namespace edgeroll::control
