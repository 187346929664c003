// One who follows the history of a release, from an event of the past to the release's end.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "control/api/event_feed.hpp"
#include "tls/http_types.hpp"

namespace edgeroll::control::api {

/// Loop thread. May be gone before the sources that it made.
class EventStreams {
  public:
    explicit EventStreams(FeedParts parts);

    /// One of the few streams that run at once; free again when this is gone.
    class Place {
      public:
        explicit Place(std::shared_ptr<int> taken) : taken_(std::move(taken)) { ++*taken_; }
        ~Place() { --*taken_; }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

      private:
        std::shared_ptr<int> taken_;
    };
    /// Null: all are taken.
    [[nodiscard]] std::unique_ptr<Place> take_place();
    static constexpr int places_max = 64;

    /// Events with an id above `after` until the release is finished and all were given, then the
    /// event `end`. Ends without it after an hour (so that nobody follows for longer than a token
    /// is looked at) and when the release was deleted.
    /// @param first what the store answered to events(id, after, 1, event_page_size_max)
    [[nodiscard]] tls::ChunkSource follow(std::unique_ptr<Place> place, release::ReleaseId id,
                                          std::int64_t after, const EventPage& first);

  private:
    std::shared_ptr<EventFeed> feed_of(release::ReleaseId id);

    FeedParts parts_;
    std::shared_ptr<int> taken_ = std::make_shared<int>(0);
    std::map<std::int64_t, std::weak_ptr<EventFeed>> feeds_;
};

}  // namespace edgeroll::control::api
