// What a node of the release is sent: Runner::parcel_of.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "control/core/runner.hpp"

namespace edgeroll::control {
namespace {

std::string other_digest(const release::Snapshot& seen, release::Version version) {
    for (const auto& [known, content] : seen.other_contents) {
        if (known == version) return content.sha256;
    }
    return {};
}

}  // namespace

// A parcel without payload says that the content is gone or another than at the start; it is not
// kept, since it may be there next time. Null: over.
boost::asio::awaitable<std::shared_ptr<const Parcel>> Runner::parcel_of(
    std::optional<release::Version> content) {
    const auto known = parcels_.find(content);
    if (known != parcels_.end()) co_return known->second;
    const release::Snapshot& seen = release_.seen;
    auto parcel = std::make_shared<Parcel>();
    parcel->type = seen.type;
    parcel->version = seen.version;
    parcel->order_id = seen.order_id;
    parcel->epoch = claim_.epoch;
    parcel->bans = seen.bans;
    parcel->is_forced = seen.is_forced;
    if (!content && seen.content_sha256 == release::reload_only_mark) {
        parcel->payload = std::make_shared<const std::string>("{}");
        parcels_.emplace(content, parcel);
        co_return parcel;
    }
    const std::string wanted = content ? other_digest(seen, *content) : seen.content_sha256;
    const release::Version version = content.value_or(seen.version);
    const release::TaskType type = seen.type;
    while (!is_expired()) {
        release::Result<std::optional<Store::Payload>> payload =
            co_await store_.payload(version, type);
        if (payload) {
            const bool is_same = *payload && (*payload)->sha256 == wanted;
            if (!is_same) {
                if (*payload) parcel->problem = std::move((*payload)->problem);
                co_return parcel;
            }
            parcel->payload = std::make_shared<const std::string>(std::move((*payload)->text));
            if (type == release::TaskType::apply_config) {
                parcel->sha256 = (*payload)->sha256;
                parcel->plain_sha256 = (*payload)->plain_sha256;
            } else {
                parcel->compared_sha256 = (*payload)->sha256;
            }
            parcel->has_secrets = (*payload)->has_secrets;
            parcel->may_be_held = !parcel->sha256.empty() && (content || (*payload)->is_repeated);
            parcels_.emplace(content, parcel);
            co_return parcel;
        }
        database_trouble(payload.error(), "payload");
        co_await back_off();
    }
    lose("the lease could not be renewed in time");
    co_return nullptr;
}

}  // namespace edgeroll::control
