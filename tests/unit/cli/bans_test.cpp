// `ban add|list|remove`: what is asked, what is said, and what control's refusals become.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/cli/run.hpp"
#include "fakes.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;
using ::testing::HasSubstr;

const std::string digest(64, 'a');

struct Bans : ::testing::Test {
    test::World world;

    ExitStatus run_as(const Command& command, Format format = Format::table) {
        return run(command, format, world.ports());
    }
    static std::string row(const std::string& more = "") {
        return R"({"sha256":")" + digest +
               R"(","reason":"it broke\u001b eu","createdBy":"ann",)"
               R"("createdAt":"2026-01-31T08:00:00.000Z")" +
               more + "}";
    }
};

TEST_F(Bans, bans_the_content_of_a_version) {
    world.http.answers_data(row(R"(,"outcome":"banned")"));
    EXPECT_EQ(run_as(BanAdd{42, "", "it broke eu"}), ExitStatus::success);
    EXPECT_EQ(world.http.requests[0].method, "POST");
    EXPECT_EQ(world.http.requests[0].path, "/api/v1/bans");
    EXPECT_EQ(Json::parse(world.http.requests[0].body),
              Json::parse(R"({"version":42,"reason":"it broke eu"})"));
    EXPECT_EQ(world.screen.written,
              "banned: " + digest +
                  "\nNo release uses this content unless it is forced, and agents refuse it.\n"
                  "Lift it: edgeroll ban remove " +
                  digest + "\n");
}

TEST_F(Bans, bans_a_digest_and_says_so_when_it_is_banned_already) {
    world.http.answers_data(row(R"(,"outcome":"unchanged")"));
    EXPECT_EQ(run_as(BanAdd{0, digest, "again"}), ExitStatus::success);
    EXPECT_EQ(Json::parse(world.http.requests[0].body),
              (Json{{"sha256", digest}, {"reason", "again"}}));
    EXPECT_THAT(world.screen.written,
                HasSubstr("banned already by ann at 2026-01-31T08:00:00.000Z: it broke\\x1b eu; "
                          "nothing was changed: " +
                          digest));
}

TEST_F(Bans, lists_them_in_pages) {
    world.http.answers_data(R"({"items":[)" + row() + R"(],"total":41,"page":2,"pageSize":20})");
    EXPECT_EQ(run_as(BanList{2, 20}), ExitStatus::success);
    EXPECT_EQ(world.http.requests[0].path, "/api/v1/bans?page=2&pageSize=20");
    EXPECT_EQ(world.screen.written, "SHA256" + std::string(60, ' ') +
                                        "AT                        BY   REASON\n" + digest +
                                        "  2026-01-31T08:00:00.000Z  ann  it broke\\x1b eu\n"
                                        "1 of 41\n");
}

TEST_F(Bans, says_when_there_are_none) {
    world.http.answers_data(R"({"items":[],"total":0,"page":1,"pageSize":20})");
    EXPECT_EQ(run_as(BanList{}), ExitStatus::success);
    EXPECT_EQ(world.screen.written, "no bans\n");
    world.screen.written.clear();
    EXPECT_EQ(run_as(BanList{}, Format::json), ExitStatus::success);
    EXPECT_EQ(Json::parse(world.screen.written)["total"], 0);
}

TEST_F(Bans, lifts_one) {
    world.http.answers_data(row());
    EXPECT_EQ(run_as(BanRemove{"a/b"}), ExitStatus::success);
    EXPECT_EQ(world.http.requests[0].method, "DELETE");
    EXPECT_EQ(world.http.requests[0].path, "/api/v1/bans/a%2Fb");
    EXPECT_EQ(world.http.requests[0].body, "");
    EXPECT_EQ(
        world.screen.written,
        "lifted: " + digest + ", banned by ann at 2026-01-31T08:00:00.000Z: it broke\\x1b eu\n");
}

TEST_F(Bans, says_where_to_look_when_there_is_no_such_ban) {
    world.http.answers_with(R"({"code":3001,"message":"there is no ban of abc"})", 404);
    EXPECT_EQ(run_as(BanRemove{"abc"}), ExitStatus::refused);
    EXPECT_EQ(world.screen.errors,
              "edgeroll: control refused: there is no ban of abc (code 3001); edgeroll ban list "
              "shows those there are\n");
    EXPECT_EQ(world.screen.written, "");
}

TEST_F(Bans, lost_answers_are_told) {
    world.http.answers.emplace_back(
        release::fail("127.0.0.1:8080: no answer", release::Outcome::unknown));
    EXPECT_EQ(run_as(BanAdd{42, "", "x"}), ExitStatus::unreachable);
    EXPECT_THAT(world.screen.errors, HasSubstr("it may have been carried out"));
}

}  // namespace
}  // namespace edgeroll::cli
