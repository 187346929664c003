// The history of a release as the API reads it.
#include "tests/store/store_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ApiEventTest : public StoreTest {
  protected:
    void add_event(ReleaseId id, const Value& detail = "{}", const std::string& kind = "x",
                   const Value& node = {}) {
        sql("INSERT INTO release_events (release_task_id, node_id, actor, kind, detail, at) "
            "VALUES (?, ?, 'ann', ?, ?, '2026-01-02 03:04:05.678')",
            {id.value, node, kind, detail});
    }
    EventPage events(ReleaseId id, std::int64_t after = 0, int page = 1, int size = 20) {
        return control().get(control().api().events(id, after, page, size));
    }
    int refusal(ReleaseId id, std::int64_t after = 0, int page = 1, int size = 20) {
        const auto answer = control().await(control().api().events(id, after, page, size));
        return answer ? 0 : answer.error().code;
    }
    static std::vector<std::string> kinds(const EventPage& page) {
        std::vector<std::string> all;
        for (const EventView& event : page.items)
            all.push_back(event.kind);
        return all;
    }
};

TEST_P(ApiEventTest, shows_the_rows_as_they_are) {
    const ReleaseId id = add_release(5, 1);
    const ReleaseId other = add_release(6, 1);
    add_event(id, R"({"reason":"zwölf ☃"})", "node_failed", std::int64_t{3});
    add_event(other, "{}", "not_ours");
    add_event(id, Value{}, "by_hand");
    const EventPage page = events(id);
    ASSERT_THAT(page.items, SizeIs(2));
    EXPECT_EQ(page.total, 2);
    EXPECT_EQ(page.status, ReleaseStatus::pending);
    const EventView& first = page.items[0];
    EXPECT_EQ(first.node, NodeId{3});
    EXPECT_EQ(first.at, "2026-01-02T03:04:05.678Z");
    EXPECT_EQ(first.actor, "ann");
    EXPECT_EQ(first.kind, "node_failed");
    EXPECT_EQ(first.detail, R"({"reason":"zwölf ☃"})");
    EXPECT_EQ(page.items[1].node, std::nullopt);
    EXPECT_EQ(page.items[1].detail, "");
    EXPECT_LT(first.id, page.items[1].id);
    EXPECT_EQ(page.last_id, page.items[1].id);
}

TEST_P(ApiEventTest, pages_and_starts_after_an_id) {
    const ReleaseId id = add_release(5, 1);
    for (int i = 0; i < 7; ++i)
        add_event(id, "{}", "e" + std::to_string(i));
    EXPECT_THAT(kinds(events(id, 0, 1, 3)), ElementsAre("e0", "e1", "e2"));
    EXPECT_THAT(kinds(events(id, 0, 3, 3)), ElementsAre("e6"));
    EXPECT_THAT(kinds(events(id, 0, 4, 3)), IsEmpty());
    EXPECT_EQ(events(id, 0, 4, 3).total, 7);
    const EventPage all = events(id);
    const EventPage rest = events(id, all.items[4].id);
    EXPECT_THAT(kinds(rest), ElementsAre("e5", "e6"));
    EXPECT_EQ(rest.total, 2);
    const EventPage none = events(id, all.last_id + 1'000);
    EXPECT_THAT(none.items, IsEmpty());
    EXPECT_EQ(none.total, 0);
    EXPECT_EQ(none.last_id, all.last_id);
}

TEST_P(ApiEventTest, tells_the_status_that_goes_with_the_events) {
    const ReleaseId id = add_release(5, 1);
    EXPECT_EQ(events(id).last_id, 0);
    sql("UPDATE release_tasks SET status = 'cancelled'");
    EXPECT_EQ(events(id).status, ReleaseStatus::cancelled);
    sql("UPDATE release_tasks SET status = 'odd'");
    EXPECT_EQ(events(id).status, ReleaseStatus::running) << "an unknown word is no end";
}

TEST_P(ApiEventTest, shows_what_edgeroll_itself_wrote) {
    const ReleaseId id = add_whole_release(1, {1});
    (void)control().claim(id);
    const EventPage page = events(id);
    EXPECT_EQ(kinds(page), history(id));
    ASSERT_FALSE(page.items.empty());
    EXPECT_EQ(page.items[0].actor, "control-1");
    EXPECT_EQ(page.items[0].detail.front(), '{');
}

TEST_P(ApiEventTest, refuses_what_is_not_there) {
    const ReleaseId id = add_release(5, 1);
    EXPECT_EQ(refusal(ReleaseId{999}), release::code::not_found);
    EXPECT_EQ(refusal(id, -1), release::code::invalid);
    EXPECT_EQ(refusal(id, 0, 0), release::code::invalid);
    EXPECT_EQ(refusal(id, 0, 1, 0), release::code::invalid);
    EXPECT_EQ(refusal(id, 0, 1, event_page_size_max + 1), release::code::invalid);
    EXPECT_EQ(refusal(id, 0, 1, event_page_size_max), 0);
}

EDGEROLL_ON_BOTH_DATABASES(ApiEventTest);

}  // namespace
}  // namespace edgeroll::control::testing
