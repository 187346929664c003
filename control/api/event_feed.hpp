// New events of one release: a single reader of the database for all followers.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/api/ports/api_store.hpp"
#include "control/core/ports.hpp"
#include "tls/rt/signal.hpp"

namespace edgeroll::control::api {

struct FeedParts {
    boost::asio::any_io_executor executor;
    ApiStore& store;
    Clock& clock;
};

/// Loop thread. Shared by its followers and its own reader, which ends without followers. Every
/// writer of an event has changed or locked the release's row before in the same transaction, so
/// the ids of a release become visible in ascending order, and later events are above the newest
/// id.
class EventFeed : public std::enable_shared_from_this<EventFeed> {
  public:
    EventFeed(FeedParts parts, release::ReleaseId id);

    /// `news` is notified about once a second, and when events arrive. It must be removed by
    /// leave() before it is destroyed.
    void join(rt::Signal& news);
    void leave(rt::Signal& news);

    /// Reports that a follower has read the history up to this id and the release was not finished:
    /// the feed reads from here on. Only the first call has an effect.
    void start_at(std::int64_t id);

    /// Whether the feed still has all events after this id. If not, the caller reads them itself.
    [[nodiscard]] bool reaches_back_to(std::int64_t id) const;
    /// Server-sent events after this id, which is advanced. At most about `bytes_max`; empty: no
    /// events.
    [[nodiscard]] std::string take(std::int64_t& id, std::int64_t above,
                                   std::size_t bytes_max) const;
    /// The final status, once all events up to it have been read.
    [[nodiscard]] std::optional<release::ReleaseStatus> end() const { return end_; }
    [[nodiscard]] std::int64_t head() const { return head_.value_or(0); }
    /// The release was deleted.
    [[nodiscard]] bool is_gone() const { return is_gone_; }
    /// The feed reads no more: a new follower needs a new feed.
    [[nodiscard]] bool is_over() const { return end_.has_value() || is_gone_; }
    [[nodiscard]] bool has_followers() const { return !followers_.empty(); }

  private:
    struct Entry {
        std::int64_t id = 0;
        std::string text;
    };

    static awaitable<void> tick(std::shared_ptr<EventFeed> self);
    static awaitable<void> look(std::shared_ptr<EventFeed> self);
    void keep(const EventPage& page);
    void notify_all();

    FeedParts parts_;
    release::ReleaseId id_;
    std::vector<rt::Signal*> followers_;
    std::deque<Entry> window_;  ///< every event in (window_from_, head_]
    std::size_t window_bytes_ = 0;
    std::int64_t window_from_ = 0;
    std::optional<std::int64_t> head_;  ///< all events up to this id were read
    std::optional<release::ReleaseStatus> end_;
    bool is_gone_ = false;
    bool is_ticking_ = false;
    bool is_looking_ = false;
};

}  // namespace edgeroll::control::api
