// Followers of a history, with a clock that only the test moves.
#include "control/api/event_stream.hpp"

#include <gmock/gmock.h>

#include "api_fixture.hpp"
#include "tests/support/manual_clock.hpp"

namespace edgeroll::control::api {
namespace {

using release::Millis;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const std::string heartbeat = ": \n\n";

class EventStreamTest : public testing::Test {
  protected:
    /// Reads as fast as it can, or only on request.
    struct Reader {
        tls::ChunkSource source;
        std::string text;
        bool is_asking = false;
        bool is_over = false;
    };

    void add(int count, const std::string& kind = "node_started") {
        for (int i = 0; i < count; ++i) {
            EventView event;
            event.id = ++last_id_;
            event.kind = kind;
            store_.history.push_back(event);
        }
    }
    Caller another_caller() {
        Caller caller;
        caller.name = std::to_string(++callers_);
        return caller;
    }
    std::shared_ptr<Reader> follow(std::int64_t after = 0) {
        std::optional<Result<EventPage>> first;
        boost::asio::co_spawn(
            loop_, store_.events(release::ReleaseId{7}, after, 1, event_page_size_max),
            [&](const std::exception_ptr&, Result<EventPage> page) { first = std::move(page); });
        clock_.pump();
        auto reader = std::make_shared<Reader>();
        reader->source =
            streams_.follow(*streams_.take_place(another_caller()), release::ReleaseId{7}, after,
                            **first, [this] { return is_admitted_; });
        return reader;
    }
    /// Requests once; the answer is stored when it arrives.
    void ask(const std::shared_ptr<Reader>& reader, bool goes_on = false) {
        reader->is_asking = true;
        boost::asio::co_spawn(loop_, reader->source(),
                              [this, reader, goes_on](const std::exception_ptr& thrown,
                                                      std::optional<std::string> piece) {
                                  EXPECT_FALSE(thrown);
                                  reader->is_asking = false;
                                  if (!piece) {
                                      reader->is_over = true;
                                      return;
                                  }
                                  reader->text += *piece;
                                  if (goes_on && reader->source) ask(reader, true);
                              });
    }
    std::shared_ptr<Reader> reading(std::int64_t after = 0) {
        auto reader = follow(after);
        ask(reader, true);
        clock_.pump();
        return reader;
    }
    static std::string taken(Reader& reader) { return std::exchange(reader.text, std::string()); }
    static std::vector<int> ids(const std::string& text) {
        std::vector<int> found;
        for (std::size_t at = text.find("id: "); at != text.npos;
             at = text.find("\nid: ", at + 1)) {
            found.push_back(std::stoi(text.substr(text.find(' ', at))));
        }
        return found;
    }
    static std::vector<int> range(int from, int to) {
        std::vector<int> all;
        for (int i = from; i <= to; ++i)
            all.push_back(i);
        return all;
    }

    boost::asio::io_context loop_;
    FakeStore store_;
    test::ManualClock clock_{loop_};
    EventStreams streams_{FeedParts{loop_.get_executor(), store_, clock_}};
    std::int64_t last_id_ = 0;
    bool is_admitted_ = true;
    int callers_ = 0;
};

TEST_F(EventStreamTest, tells_what_was_what_comes_and_the_end) {
    add(2);
    const auto reader = reading();
    EXPECT_EQ(ids(taken(*reader)), range(1, 2));
    add(3);
    clock_.advance(Millis{1'000});
    EXPECT_EQ(ids(taken(*reader)), range(3, 5));
    add(1, "release_finished");
    store_.history_status = release::ReleaseStatus::success;
    clock_.advance(Millis{1'000});
    EXPECT_TRUE(reader->is_over);
    EXPECT_THAT(reader->text, StartsWith("id: 6\nevent: release_finished\n"));
    EXPECT_THAT(reader->text, HasSubstr("\n\nevent: end\ndata: {\"status\":\"success\"}\n\n"));
}

TEST_F(EventStreamTest, ends_soon_after_its_reader_is_admitted_no_more) {
    add(1);
    const auto busy = reading();
    const auto idle = reading();
    clock_.advance(Millis{2'000});
    EXPECT_FALSE(busy->is_over);
    is_admitted_ = false;
    add(1);
    clock_.advance(Millis{2'000});
    EXPECT_TRUE(busy->is_over);
    EXPECT_TRUE(idle->is_over);
    EXPECT_THAT(busy->text, testing::Not(HasSubstr("event: end")));
}

TEST_F(EventStreamTest, gives_one_caller_sixteen_places_and_all_of_them_sixty_four) {
    std::vector<std::unique_ptr<EventStreams::Place>> places;
    const auto take = [&](const std::string& name, bool has_jwt = false) {
        Caller caller;
        caller.name = name;
        caller.has_jwt = has_jwt;
        auto place = streams_.take_place(caller);
        if (place) places.push_back(std::move(*place));
        return place.has_value();
    };
    for (int i = 0; i < 16; ++i)
        EXPECT_TRUE(take("ann"));
    EXPECT_FALSE(take("ann"));
    EXPECT_TRUE(take("ann", true)) << "another's name in a JWT";
    places.pop_back();
    places.pop_back();
    EXPECT_TRUE(take("ann")) << "one was closed";
    for (int i = 0; i < 48; ++i)
        EXPECT_TRUE(take("b" + std::to_string(i / 16)));
    EXPECT_FALSE(take("z"));
}

TEST_F(EventStreamTest, reads_once_a_second_however_many_follow) {
    add(1);
    std::vector<std::shared_ptr<Reader>> readers;
    for (int i = 0; i < 40; ++i)
        readers.push_back(reading());
    store_.calls.clear();
    for (int i = 0; i < 10; ++i) {
        add(1);
        clock_.advance(Millis{1'000});
    }
    EXPECT_EQ(store_.calls.size(), 10U);
    for (const auto& reader : readers)
        EXPECT_EQ(ids(reader->text), range(1, 11));
}

TEST_F(EventStreamTest, reads_nothing_more_when_nobody_follows) {
    auto reader = reading();
    clock_.advance(Millis{3'000});
    reader->source = nullptr;
    clock_.advance(Millis{1'000});
    EXPECT_FALSE(reader->is_asking) << "the call that waited has ended";
    store_.calls.clear();
    clock_.advance(Millis{10'000});
    EXPECT_THAT(store_.calls, IsEmpty());
    add(1);
    const auto next = reading(0);
    EXPECT_EQ(ids(taken(*next)), range(1, 1));
    add(1);
    clock_.advance(Millis{1'000});
    EXPECT_EQ(ids(next->text), range(2, 2)) << "a feed starts again";
}

TEST_F(EventStreamTest, says_that_it_lives_every_15_seconds_without_news) {
    const auto reader = reading();
    clock_.advance(Millis{14'000});
    EXPECT_EQ(reader->text, "");
    clock_.advance(Millis{1'000});
    EXPECT_EQ(taken(*reader), heartbeat);
    clock_.advance(Millis{10'000});
    add(1);
    clock_.advance(Millis{14'000});
    EXPECT_EQ(ids(taken(*reader)), range(1, 1)) << "news put it off";
    clock_.advance(Millis{3'000});
    EXPECT_EQ(taken(*reader), heartbeat);
}

TEST_F(EventStreamTest, reads_a_long_past_page_by_page_as_its_reader_takes_it) {
    add(450);
    const auto slow = follow();
    store_.calls.clear();
    ask(slow);
    clock_.pump();
    EXPECT_EQ(ids(taken(*slow)), range(1, 100));
    clock_.advance(Millis{5'000});
    EXPECT_THAT(store_.calls, IsEmpty()) << "nobody asked";
    for (int i = 1; i <= 4; ++i) {
        ask(slow);
        clock_.pump();
        EXPECT_EQ(ids(taken(*slow)), range(100 * i + 1, std::min(100 * i + 100, 450)));
    }
    EXPECT_EQ(store_.calls.size(), 4U);
    add(1);
    ask(slow);
    clock_.advance(Millis{1'000});
    EXPECT_EQ(ids(slow->text), range(451, 451));
}

TEST_F(EventStreamTest, lets_a_newcomer_with_an_old_past_join_those_who_are_up_to_date) {
    add(300);
    const auto early = reading(300);
    clock_.advance(Millis{1'000});
    add(5);
    clock_.advance(Millis{1'000});
    EXPECT_EQ(ids(taken(*early)), range(301, 305));
    const auto late = reading(0);
    EXPECT_EQ(ids(taken(*late)), range(1, 305));
    store_.calls.clear();
    add(1);
    clock_.advance(Millis{1'000});
    EXPECT_EQ(ids(early->text), range(306, 306));
    EXPECT_EQ(ids(late->text), range(306, 306));
    EXPECT_EQ(store_.calls.size(), 1U);
}

TEST_F(EventStreamTest, loses_nothing_for_a_reader_that_falls_far_behind) {
    const auto fast = reading();
    const auto slow = follow();
    for (int i = 0; i < 25; ++i) {
        add(100);
        clock_.advance(Millis{1'000});
    }
    EXPECT_EQ(ids(fast->text), range(1, 2'500));
    store_.history_status = release::ReleaseStatus::failed;
    ask(slow, true);
    clock_.advance(Millis{2'000});
    EXPECT_EQ(ids(slow->text), range(1, 2'500));
    EXPECT_THAT(slow->text, HasSubstr("event: end\ndata: {\"status\":\"failed\"}\n\n"));
    EXPECT_TRUE(slow->is_over);
    EXPECT_TRUE(fast->is_over);
}

TEST_F(EventStreamTest, takes_a_burst_in_one_go) {
    const auto reader = reading();
    add(1'234);
    clock_.advance(Millis{1'000});
    EXPECT_EQ(ids(reader->text), range(1, 1'234));
    add(250);
    store_.history_status = release::ReleaseStatus::success;
    clock_.advance(Millis{1'000});
    EXPECT_EQ(ids(reader->text), range(1, 1'484)) << "the end comes after the last event";
    EXPECT_TRUE(reader->is_over);
}

TEST_F(EventStreamTest, goes_on_after_the_database_was_away) {
    add(1);
    const auto reader = reading();
    taken(*reader);
    store_.error = release::Error{"away", release::Outcome::not_done, release::code::database};
    add(1);
    clock_.advance(Millis{20'000});
    EXPECT_EQ(taken(*reader), heartbeat) << "the stream lives";
    store_.error.reset();
    clock_.advance(Millis{1'000});
    EXPECT_EQ(ids(reader->text), range(2, 2));
}

TEST_F(EventStreamTest, goes_on_when_the_database_was_away_in_the_middle_of_the_past) {
    add(250);
    const auto reader = follow();
    store_.error = release::Error{"away", release::Outcome::not_done, release::code::database};
    ask(reader, true);
    clock_.advance(Millis{5'000});
    EXPECT_EQ(ids(reader->text), range(1, 100));
    EXPECT_FALSE(reader->is_over);
    EXPECT_LE(store_.calls.size(), 8U) << "once a second, not as fast as it can";
    store_.error.reset();
    clock_.advance(Millis{2'000});
    EXPECT_EQ(ids(reader->text), range(1, 250));
}

TEST_F(EventStreamTest, ends_when_the_release_is_deleted) {
    const auto reader = reading();
    store_.error = release::Error{"gone", release::Outcome::permanent, release::code::not_found};
    clock_.advance(Millis{1'000});
    EXPECT_TRUE(reader->is_over);
    EXPECT_EQ(reader->text, "");
}

TEST_F(EventStreamTest, starts_afresh_for_a_release_that_was_retried) {
    add(1);
    const auto first = reading();
    store_.history_status = release::ReleaseStatus::failed;
    clock_.advance(Millis{1'000});
    EXPECT_TRUE(first->is_over);
    store_.history_status = release::ReleaseStatus::running;
    const auto second = reading(1);
    add(1);
    clock_.advance(Millis{1'000});
    EXPECT_EQ(ids(second->text), range(2, 2));
    EXPECT_FALSE(second->is_over);
}

TEST_F(EventStreamTest, is_not_led_astray_by_an_id_that_does_not_exist) {
    add(3);
    const auto wrong = reading(1'000'000);
    const auto right = reading(3);
    store_.calls.clear();
    add(2);
    clock_.advance(Millis{1'000});
    EXPECT_EQ(ids(right->text), range(4, 5));
    EXPECT_EQ(wrong->text, "");
    EXPECT_EQ(store_.calls.size(), 1U);
    store_.history_status = release::ReleaseStatus::success;
    clock_.advance(Millis{1'000});
    EXPECT_EQ(wrong->text, "event: end\ndata: {\"status\":\"success\"}\n\n");
}

TEST_F(EventStreamTest, asks_no_faster_when_old_events_were_deleted) {
    add(300);
    const auto early = reading(300);
    store_.history.clear();
    const auto late = reading(0);
    store_.calls.clear();
    clock_.advance(Millis{10'000});
    EXPECT_LE(store_.calls.size(), 21U) << "the feed and the one that it does not reach back for";
    add(1);
    clock_.advance(Millis{2'000});
    EXPECT_EQ(ids(early->text), range(301, 301));
    EXPECT_EQ(ids(late->text), range(301, 301));
}

TEST_F(EventStreamTest, ends_after_an_hour_without_an_end) {
    const auto reader = reading();
    clock_.advance(Millis{3'590'000});
    EXPECT_FALSE(reader->is_over);
    clock_.advance(Millis{11'000});
    EXPECT_TRUE(reader->is_over);
    EXPECT_EQ(reader->text.find("event: end"), std::string::npos);
}

TEST_F(EventStreamTest, may_be_left_in_the_middle_of_a_call_when_the_loop_dies) {
    auto reader = reading();
    const auto other = reading();
    clock_.advance(Millis{1'500});
    reader->source = nullptr;
    // The sanitizer checks the rest, when everything is destroyed.
}

}  // namespace
}  // namespace edgeroll::control::api
