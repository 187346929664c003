#include "control/cli/create.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* created =
    R"({"releaseId":12,"version":42,"totalNodes":11,"planSha256":"ab12","batches":[
        {"batch":1,"size":1,"nodeIds":[1]},{"batch":2,"size":10,"nodeIds":[2,3,4,5,6,7,8,9,10,11]}],
        "leftOut":[{"nodeId":40,"nodeName":"edge\u001b-40","reason":"is offline"}]})";
constexpr const char* fleet =
    R"({"total":2,"items":[{"id":1,"name":"edge-1"},{"id":2,"name":"edge-2"}]})";

struct Create : ::testing::Test {
    test::World world;
    ReleaseCreate what;

    Answer<ExitStatus> run(Format format = Format::table) {
        return create_release(what, format, world.ports());
    }
    [[nodiscard]] Json body() const { return Json::parse(world.http.requests[0].body); }
};

TEST_F(Create, sends_only_what_was_typed) {
    world.http.answers_data(created);
    EXPECT_EQ(run(), ExitStatus::success);
    EXPECT_EQ(world.http.requests[0].method, "POST");
    EXPECT_EQ(world.http.requests[0].path, "/api/v1/releases");
    EXPECT_EQ(body(), Json::parse(R"({"target":"cdn"})"));
    EXPECT_TRUE(world.http.requests[0].headers.empty());
}

TEST_F(Create, sends_everything_that_was_typed) {
    what.version = 42;
    what.is_reload_only = true;
    what.type = "reload";
    what.from_release = 6;
    what.reason = "why";
    what.not_before = "2026-01-31T02:00:00Z";
    what.callback_url = "https://h/";
    what.is_superseding = true;
    what.is_forced = true;
    what.plan_sha256 = "cd";
    what.idempotency_key = "key-1";
    what.batch.retries = 1;
    world.http.answers_data(created);
    EXPECT_EQ(run(), ExitStatus::success);
    EXPECT_EQ(body(),
              Json::parse(R"({"target":"cdn","version":42,"reload_only":true,"type":"reload",
        "from_release":6,"reason":"why","not_before":"2026-01-31T02:00:00Z",
        "callback_url":"https://h/","supersede":true,"force":true,"planSha256":"cd",
        "batch_config":{"retries":1}})"));
    EXPECT_EQ(world.http.requests[0].headers.at("Idempotency-Key"), "key-1");
}

TEST_F(Create, prints_id_version_batches_and_who_is_left_out) {
    world.http.answers_data(created);
    world.http.answers_data(fleet);
    EXPECT_EQ(run(), ExitStatus::success);
    EXPECT_EQ(world.screen.written,
              "release 12 created: version 42, 11 nodes in 2 batches\n"
              "\n"
              "BATCH  SIZE  NODES\n"
              "    1     1  edge-1\n"
              "    2    10  edge-2, #3, #4, #5, #6, #7, #8, #9 and 2 more\n"
              "\n"
              "Left out:\n"
              "COUNT  WHY         NODES\n"
              "    1  is offline  edge\\x1b-40\n"
              "\n"
              "Follow it: edgeroll release watch 12\n");
}

TEST_F(Create, groups_those_left_out_by_reason) {
    Json data = {{"leftOut", Json::array()}};
    for (int id = 1; id <= 10'000; ++id) {
        data["leftOut"].push_back({{"nodeId", id},
                                   {"nodeName", "edge-" + std::to_string(id)},
                                   {"reason", id == 5'000 ? "disabled" : "offline"}});
    }
    EXPECT_EQ(render_left_out(data),
              "\nLeft out:\n"
              "COUNT  WHY       NODES\n"
              " 9999  offline   edge-1, edge-2, edge-3, edge-4, edge-5, edge-6, edge-7, edge-8 and "
              "9991 more\n"
              "    1  disabled  edge-5000\n");
}

TEST_F(Create, shows_ids_when_the_fleet_is_not_told) {
    world.http.answers_data(created);
    world.http.is_away();
    EXPECT_EQ(run(), ExitStatus::success);
    EXPECT_THAT(world.screen.written, HasSubstr("    1     1  #1\n"));
}

TEST_F(Create, follows_it_when_asked_and_ends_as_it_does) {
    what.is_watched = true;
    world.http.answers_data(created);
    world.http.answers_data(fleet);
    world.http.answers_data(R"({"releaseId":12,"version":42,"status":"failed"})");
    EXPECT_EQ(run(), ExitStatus::release_failed);
    EXPECT_EQ(world.http.requests.back().path, "/api/v1/releases/12");
    EXPECT_THAT(world.screen.written, Not(HasSubstr("Follow it")));
    EXPECT_THAT(world.screen.written, HasSubstr("release 12 failed"));
}

TEST_F(Create, prints_one_object_a_line_when_it_is_followed_in_json) {
    what.is_watched = true;
    world.http.answers_data(created);
    world.http.answers_data(R"({"releaseId":12,"version":42,"status":"success"})");
    EXPECT_EQ(run(Format::json), ExitStatus::success);
    const std::string& text = world.screen.written;
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
    EXPECT_EQ(Json::parse(text.substr(0, text.find('\n')))["releaseId"], 12);
}

TEST_F(Create, plans_without_changing_anything) {
    what.is_dry_run = true;
    what.version = 42;
    what.idempotency_key = "k";
    what.batch.batches = "1,rest";
    std::string plan = created;
    plan.replace(plan.find("12"), 2, "null");
    world.http.answers_data(plan);
    world.http.answers_data(fleet);
    EXPECT_EQ(run(), ExitStatus::success);
    EXPECT_EQ(body()["dry_run"], true);
    EXPECT_TRUE(world.http.requests[0].headers.empty()) << "a plan takes no key";
    const std::string& text = world.screen.written;
    EXPECT_THAT(text, HasSubstr("plan for version 42: 11 nodes in 2 batches; nothing was changed"));
    EXPECT_THAT(text, HasSubstr("planSha256 ab12\n"));
    EXPECT_THAT(text, HasSubstr("\n  edgeroll release create --version 42 --batch-config "
                                "'{\"batches\":[\"1\",\"rest\"]}' --idempotency-key k --plan "
                                "ab12\n"));
    EXPECT_THAT(text, HasSubstr("Left out:"));
}

TEST_F(Create, says_what_to_do_about_a_refusal) {
    what.version = 42;
    world.http.answers_with(R"({"code":3002,"message":"version 42 is taken"})", 409);
    auto done = run();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().status, ExitStatus::refused);
    EXPECT_EQ(done.error().message,
              "control refused: version 42 is taken (code 3002); choose another --version, or "
              "look: edgeroll release list -q 42");
    test::World other;
    what.plan_sha256 = "cd";
    other.http.answers_with(R"({"code":3003,"message":"the plan has changed"})", 409);
    done = create_release(what, Format::table, other.ports());
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().message, HasSubstr("edgeroll release plan with the same options"));
}

TEST_F(Create, says_that_it_may_have_been_made_when_the_answer_was_lost) {
    world.http.answers.emplace_back(release::fail("timed out", release::Outcome::unknown));
    const auto done = run();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().status, ExitStatus::unreachable);
    EXPECT_THAT(done.error().message, HasSubstr("it may have been carried out"));
    test::World other;
    other.http.is_away();
    EXPECT_THAT(create_release(what, Format::table, other.ports()).error().message,
                Not(HasSubstr("not known")))
        << "nothing was sent";
}

TEST_F(Create, sends_nothing_with_a_bad_batch_config) {
    what.batch.config = "{";
    EXPECT_FALSE(run());
    EXPECT_TRUE(world.http.requests.empty());
}

}  // namespace
}  // namespace edgeroll::cli
