#include "control/cli/events.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;
using ::testing::HasSubstr;

std::string release_json(const std::string& status) {
    return R"({"releaseId":7,"status":")" + status +
           R"(","batches":[{"batch":1,"nodes":[{"nodeId":3,"nodeName":"edge-3"}]}]})";
}

/// A page with these ids, at a page size of two.
std::string page(const std::vector<int>& ids) {
    Json items = Json::array();
    for (const int id : ids) {
        items.push_back({{"id", id},
                         {"nodeId", 3},
                         {"at", "T"},
                         {"actor", "a"},
                         {"kind", "k"},
                         {"detail", Json::object()}});
    }
    return Json({{"items", items}, {"total", 9}, {"page", 1}, {"pageSize", 2}}).dump();
}

struct Events : ::testing::Test {
    test::World world;
    ReleaseEvents what{7, 0, false};

    ExitStatus run(Format format = Format::table) {
        return tell_events(what, format, world.ports());
    }
    [[nodiscard]] std::size_t lines() const {
        const std::string& text = world.screen.written;
        return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    }
};

TEST(EventLine, names_node_details_and_actor) {
    const auto event = Json::parse(R"({"id":5,"nodeId":3,"at":"2026-11-21T12:00:01.000Z",
        "actor":"ann","kind":"node_failed","detail":{"kind":"exec_failed","error":"nginx: bad\u001b",
        "tries":2,"none":null,"empty":""}})");
    EXPECT_EQ(event_line(event, {{3, "edge-3"}}),
              "2026-11-21T12:00:01.000Z       5  node_failed         edge-3  empty=\"\" "
              "error=\"nginx: bad\\u001b\" kind=exec_failed tries=2  by ann");
    EXPECT_THAT(event_line(event, {}), HasSubstr("  #3  "));
    EXPECT_EQ(event_line(Json::parse(R"({"id":5,"nodeId":null,"kind":"x\n","detail":7})"), {}),
              "       5  x\\n               ");
}

TEST_F(Events, reads_every_page) {
    world.http.answers_data(release_json("running"));
    world.http.answers_data(page({1, 2}));
    world.http.answers_data(page({3, 4}));
    world.http.answers_data(page({5}));
    EXPECT_EQ(run(), ExitStatus::success);
    EXPECT_EQ(lines(), 5U);
    EXPECT_EQ(world.http.requests[1].path, "/api/v1/releases/7/events?after=0&pageSize=100");
    EXPECT_EQ(world.http.requests[3].path, "/api/v1/releases/7/events?after=4&pageSize=100");
    EXPECT_THAT(world.screen.written, HasSubstr("edge-3"));
}

TEST_F(Events, begins_after_the_id_asked_for_and_prints_objects) {
    what.after = 4;
    world.http.answers_data(release_json("running"));
    world.http.answers_data(page({5}));
    EXPECT_EQ(run(Format::json), ExitStatus::success);
    EXPECT_THAT(world.http.requests[1].path, HasSubstr("after=4"));
    EXPECT_EQ(Json::parse(world.screen.written)["id"], 5);
    EXPECT_EQ(lines(), 1U);
}

TEST_F(Events, is_not_held_by_a_control_that_repeats_its_page) {
    what.after = 2;
    world.http.answers_data(release_json("running"));
    world.http.answers_data(page({1, 2}));
    EXPECT_EQ(run(), ExitStatus::success);
}

TEST_F(Events, follows_to_the_end_and_tells_what_came_last) {
    what.is_followed = true;
    world.http.answers_data(release_json("running"));
    world.http.answers_data(page({1}));
    world.http.answers_data(release_json("running"));
    world.http.answers_data(page({2}));
    world.http.answers_data(release_json("failed"));
    world.http.answers_data(page({3}));
    EXPECT_EQ(run(), ExitStatus::success);
    EXPECT_EQ(lines(), 3U);
    EXPECT_EQ(world.http.requests.size(), 6U);
}

TEST_F(Events, looks_seldom_at_a_release_without_news) {
    what.is_followed = true;
    world.http.answers_data(release_json("running"));
    for (int quiet = 0; quiet < 10; ++quiet)
        world.http.answers_data(page({}));
    world.http.answers_data(release_json("success"));
    world.http.answers_data(page({}));
    EXPECT_EQ(run(), ExitStatus::success);
    EXPECT_EQ(world.http.requests.size(), 13U);
}

TEST_F(Events, survives_a_restart_of_control) {
    what.is_followed = true;
    world.http.answers_data(release_json("running"));
    world.http.answers_data(page({1}));
    world.http.is_away();
    world.http.is_away();
    world.http.answers_data(page({2}));
    world.http.answers_data(release_json("success"));
    world.http.answers_data(page({}));
    EXPECT_EQ(run(), ExitStatus::success);
    EXPECT_EQ(lines(), 2U);
    const std::string& text = world.screen.errors;
    EXPECT_THAT(text, HasSubstr("trying again"));
    EXPECT_EQ(text.find("trying again"), text.rfind("trying again"));
}

TEST_F(Events, ends_when_it_is_refused_or_not_followed) {
    world.http.answers_with(R"({"code":3001,"message":"no release 7"})", 404);
    EXPECT_EQ(run(), ExitStatus::refused);
    test::World other;
    other.http.answers_data(release_json("running"));
    other.http.is_away();
    EXPECT_EQ(tell_events(what, Format::table, other.ports()), ExitStatus::unreachable);
    test::World third;
    what.is_followed = true;
    third.http.answers_data(release_json("running"));
    third.http.answers_data(page({1}));
    third.http.answers_with(R"({"code":1003,"message":"token expired"})", 401);
    EXPECT_EQ(tell_events(what, Format::table, third.ports()), ExitStatus::refused);
}

}  // namespace
}  // namespace edgeroll::cli
