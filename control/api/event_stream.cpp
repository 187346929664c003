#include "control/api/event_stream.hpp"

#include <algorithm>
#include <utility>

#include "control/api/event_view.hpp"

namespace edgeroll::control::api {
namespace {

using release::Instant;
using release::Millis;
using Piece = std::optional<std::string>;

constexpr Millis heartbeat_interval{15'000};
constexpr Millis lifetime{3'600'000};
constexpr Millis admission_interval{1'000};
constexpr Millis retry_interval{1'000};
constexpr std::size_t piece_bytes_max = 256U << 10;

/// Reads past events itself, page by page as its reader takes them, and then follows the feed.
class Follower {
  public:
    Follower(FeedParts parts, std::shared_ptr<EventFeed> feed, release::ReleaseId id,
             std::int64_t after, const EventPage& first, std::function<bool()> is_admitted)
        : parts_(std::move(parts)),
          is_admitted_(std::move(is_admitted)),
          feed_(std::move(feed)),
          id_(id),
          above_(after),
          // A later id than the newest must not make the feed skip events.
          cursor_(std::min(after, first.last_id)),
          heartbeat_at_(parts_.clock.now() + heartbeat_interval),
          ends_at_(parts_.clock.now() + lifetime) {
        keep(first);
        feed_->join(news_);
    }
    ~Follower() { close(); }
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;

    /// A pending call of next() returns, and all later calls return nothing.
    void close() {
        if (is_closed_) return;
        is_closed_ = true;
        feed_->leave(news_);
        news_.notify();
    }

    static awaitable<Piece> next(std::shared_ptr<Follower> self) {
        Follower& follower = *self;
        while (!follower.is_closed_ && follower.may_go_on()) {
            std::string text = follower.take();
            if (!text.empty()) co_return text;
            if (follower.has_said_end_ || follower.feed_->is_gone() ||
                follower.parts_.clock.now() >= follower.ends_at_) {
                break;
            }
            if (follower.is_behind()) {
                const auto page = co_await follower.parts_.store.events(
                    follower.id_, follower.cursor_, 1, event_page_size_max);
                if (!follower.keep(page)) break;
                continue;
            }
            co_await follower.news_.wait();
        }
        co_return std::nullopt;
    }

  private:
    /// The feed wakes all followers once a second, so a withdrawal is noticed soon.
    bool may_go_on() {
        const Instant now = parts_.clock.now();
        if (now < next_look_) return true;
        next_look_ = now + admission_interval;
        return is_admitted_();
    }

    /// Events that are ready; empty: none.
    std::string take() {
        std::string text = std::exchange(ready_, std::string());
        if (text.empty() && feed_->reaches_back_to(cursor_)) {
            text = feed_->take(cursor_, above_, piece_bytes_max);
        }
        if (text.empty() && !has_said_end_) {
            auto end = end_;
            if (!end && feed_->reaches_back_to(cursor_)) end = feed_->end();
            if (end) {
                has_said_end_ = true;
                return server_sent_end(*end);
            }
        }
        const Instant now = parts_.clock.now();
        if (text.empty() && !has_said_end_ && now >= heartbeat_at_) text = server_sent_heartbeat();
        if (!text.empty()) heartbeat_at_ = now + heartbeat_interval;
        return text;
    }

    [[nodiscard]] bool is_behind() const {
        return !feed_->reaches_back_to(cursor_) && parts_.clock.now() >= retry_at_;
    }

    void keep(const EventPage& page) {
        for (const EventView& event : page.items) {
            cursor_ = std::max(cursor_, event.id);
            if (event.id > above_) ready_ += server_sent(event);
        }
        // More events may follow.
        if (page.items.size() >= std::size_t{event_page_size_max}) return;
        cursor_ = std::max(cursor_, page.last_id);
        // Where old events were deleted (or a replica lags), the feed may be ahead of the readable
        // rows: wait before the next read.
        retry_at_ = parts_.clock.now() + retry_interval;
        if (is_final(page.status)) {
            end_ = page.status;
        } else {
            feed_->start_at(cursor_);
        }
    }
    /// False: no more events will follow.
    bool keep(const release::Result<EventPage>& page) {
        if (page) {
            keep(*page);
            return true;
        }
        retry_at_ = parts_.clock.now() + retry_interval;
        return page.error().code != release::code::not_found;
    }

    FeedParts parts_;
    std::function<bool()> is_admitted_;
    Instant next_look_{};
    std::shared_ptr<EventFeed> feed_;
    release::ReleaseId id_;
    std::int64_t above_;   ///< only events above this id are sent
    std::int64_t cursor_;  ///< everything up to here was sent or is in ready_
    Instant heartbeat_at_, ends_at_, retry_at_{};
    std::string ready_;
    std::optional<release::ReleaseStatus> end_;
    bool has_said_end_ = false;
    bool is_closed_ = false;
    rt::Signal news_;
};

/// Owned by the source: its destruction frees the place and wakes the follower, which then ends,
/// even in the middle of a call.
struct Subscription {
    Subscription(std::unique_ptr<EventStreams::Place> taken, std::shared_ptr<Follower> one)
        : place(std::move(taken)), follower(std::move(one)) {}
    ~Subscription() { follower->close(); }
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

    std::unique_ptr<EventStreams::Place> place;
    std::shared_ptr<Follower> follower;
};

}  // namespace

EventStreams::EventStreams(FeedParts parts) : parts_(std::move(parts)) {}

release::Result<std::unique_ptr<EventStreams::Place>> EventStreams::take_place(
    const Caller& caller) {
    const auto busy = [](std::string why) {
        return release::fail(std::move(why), release::Outcome::not_done, release::code::busy);
    };
    const std::string key = caller.actor();
    if (taken_->count(key) >= std::size_t{places_per_caller_max}) {
        return busy("'" + caller.name + "' has " + std::to_string(places_per_caller_max) +
                    " streams already: close one");
    }
    if (taken_->size() >= std::size_t{places_max}) {
        return busy("there are " + std::to_string(places_max) +
                    " streams already: try again later");
    }
    return std::make_unique<Place>(taken_, key);
}

std::shared_ptr<EventFeed> EventStreams::feed_of(release::ReleaseId id) {
    std::erase_if(feeds_, [](const auto& one) { return one.second.expired(); });
    auto feed = feeds_[id.value].lock();
    // A retried release continues, but its old feed has ended.
    if (!feed || feed->is_over()) {
        feed = std::make_shared<EventFeed>(parts_, id);
        feeds_[id.value] = feed;
    }
    return feed;
}

tls::ChunkSource EventStreams::follow(std::unique_ptr<Place> place, release::ReleaseId id,
                                      std::int64_t after, const EventPage& first,
                                      std::function<bool()> is_admitted) {
    auto follower =
        std::make_shared<Follower>(parts_, feed_of(id), id, after, first, std::move(is_admitted));
    auto held = std::make_shared<Subscription>(std::move(place), std::move(follower));
    return [held = std::move(held)] { return Follower::next(held->follower); };
}

}  // namespace edgeroll::control::api
