// Follows the history of a release, from a past event to the release's end.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "control/api/event_feed.hpp"
#include "control/api/tokens.hpp"
#include "tls/http_types.hpp"

namespace edgeroll::control::api {

/// Loop thread. Its sources may outlive it.
class EventStreams {
  public:
    explicit EventStreams(FeedParts parts);

    using Taken = std::multiset<std::string>;  ///< by caller

    /// One of the few concurrent streams; freed on destruction.
    class Place {
      public:
        Place(std::shared_ptr<Taken> taken, const std::string& caller)
            : taken_(std::move(taken)), mine_(taken_->insert(caller)) {}
        ~Place() { taken_->erase(mine_); }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

      private:
        std::shared_ptr<Taken> taken_;
        Taken::iterator mine_;
    };
    /// Error 5003: all places are taken, or all places of this caller.
    [[nodiscard]] release::Result<std::unique_ptr<Place>> take_place(const Caller& caller);
    static constexpr int places_max = 64;
    static constexpr int places_per_caller_max = 16;

    /// Events with an id above `after` until the release is finished and all events were sent, then
    /// the event `end`. Ends without it after an hour, when the release was deleted, and within
    /// some seconds after the caller lost its admission.
    /// @param first the store's answer to events(id, after, 1, event_page_size_max)
    /// @param is_admitted called about once a second
    [[nodiscard]] tls::ChunkSource follow(std::unique_ptr<Place> place, release::ReleaseId id,
                                          std::int64_t after, const EventPage& first,
                                          std::function<bool()> is_admitted);

  private:
    std::shared_ptr<EventFeed> feed_of(release::ReleaseId id);

    FeedParts parts_;
    std::shared_ptr<Taken> taken_ = std::make_shared<Taken>();
    std::map<std::int64_t, std::weak_ptr<EventFeed>> feeds_;
};

}  // namespace edgeroll::control::api
