#include "control/api/event_feed.hpp"

#include <algorithm>
#include <utility>

#include "control/api/event_view.hpp"
#include "tls/rt/spawn.hpp"

namespace edgeroll::control::api {
namespace {

using release::Millis;

constexpr Millis poll_interval{1'000};
// Followers that are at most this far behind need no read of their own.
constexpr std::size_t window_rows_max = 2'000;
constexpr std::size_t window_bytes_max = 4U << 20;

}  // namespace

EventFeed::EventFeed(FeedParts parts, release::ReleaseId id) : parts_(std::move(parts)), id_(id) {}

void EventFeed::join(rt::Signal& news) {
    followers_.push_back(&news);
    if (is_ticking_) return;
    is_ticking_ = true;
    rt::spawn(parts_.executor, "event feed", tick(shared_from_this()));
}

void EventFeed::leave(rt::Signal& news) {
    std::erase(followers_, &news);
}

void EventFeed::start_at(std::int64_t id) {
    if (head_) return;
    head_ = id;
    window_from_ = id;
}

bool EventFeed::reaches_back_to(std::int64_t id) const {
    return head_ && id >= window_from_;
}

std::string EventFeed::take(std::int64_t& id, std::int64_t above, std::size_t bytes_max) const {
    std::string text;
    auto entry = std::upper_bound(
        window_.begin(), window_.end(), id,
        [](std::int64_t wanted, const Entry& candidate) { return wanted < candidate.id; });
    for (; entry != window_.end() && text.size() < bytes_max; ++entry) {
        id = entry->id;
        if (entry->id > above) text += entry->text;
    }
    return text;
}

void EventFeed::notify_all() {
    for (rt::Signal* news : followers_)
        news->notify();
}

awaitable<void> EventFeed::tick(std::shared_ptr<EventFeed> self) {
    while (self->has_followers()) {
        co_await self->parts_.clock.sleep_until(self->parts_.clock.now() + poll_interval);
        self->notify_all();
        const bool is_reading = self->head_ && self->has_followers() && !self->is_over();
        if (!is_reading || self->is_looking_) continue;
        self->is_looking_ = true;
        rt::spawn(self->parts_.executor, "event look", look(self));
    }
    self->is_ticking_ = false;
}

// A failed read is repeated with the next tick: an unreachable database delays a stream.
awaitable<void> EventFeed::look(std::shared_ptr<EventFeed> self) {
    bool is_full = true;
    while (is_full && self->has_followers()) {
        const auto page =
            co_await self->parts_.store.events(self->id_, self->head(), 1, event_page_size_max);
        if (!page) {
            self->is_gone_ = page.error().code == release::code::not_found;
            break;
        }
        self->keep(*page);
        is_full = page->items.size() >= std::size_t{event_page_size_max};
        if (!is_full && is_final(page->status)) self->end_ = page->status;
    }
    self->is_looking_ = false;
    self->notify_all();
}

void EventFeed::keep(const EventPage& page) {
    for (const EventView& event : page.items) {
        Entry entry;
        entry.id = event.id;
        entry.text = server_sent(event);
        window_bytes_ += entry.text.size();
        head_ = event.id;
        window_.push_back(std::move(entry));
    }
    while (window_.size() > window_rows_max || window_bytes_ > window_bytes_max) {
        window_bytes_ -= window_.front().text.size();
        window_from_ = window_.front().id;
        window_.pop_front();
    }
    if (!page.items.empty()) notify_all();
}

}  // namespace edgeroll::control::api
