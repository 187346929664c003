// `reconciliation show|continue`: what is asked, what is said, and what control's refusals become.
#include "control/cli/reconciliation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "control/cli/run.hpp"
#include "fakes.hpp"
#include "noon.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Json idle() {
    return Json::parse(R"({"status":"idle","mode":"new","max":8,"perMinute":60,"failuresInARow":0,
        "takenLastMinute":0,"owed":0,"open":[],"next":[],"waiting":[],"recent":[]})");
}

Json with_status(const char* status, const char* mode = "new") {
    Json data = idle();
    data["status"] = status;
    data["mode"] = mode;
    return data;
}

Json ended(int node, const char* outcome, bool is_continued = false) {
    return {{"releaseId", 7},
            {"nodeId", node},
            {"nodeName", "edge-" + std::to_string(node)},
            {"cause", "new"},
            {"startedAt", "2026-11-21T11:58:00.000Z"},
            {"finishedAt", "2026-11-21T11:58:12.000Z"},
            {"outcome", outcome},
            {"errorMsg", std::string(outcome) == "failed" ? Json("nginx: bad") : Json()},
            {"isContinued", is_continued}};
}

/// `count` nodes of which the first `named` are named.
Json group(int count, int named) {
    Json nodes = Json::array();
    for (int at = 1; at <= named; ++at) {
        nodes.push_back({{"nodeId", at},
                         {"nodeName", "edge-" + std::to_string(at)},
                         {"cause", at == 1 ? "deferred" : "new"}});
    }
    return {{"releaseId", 7}, {"version", 42}, {"count", count}, {"nodes", nodes}};
}

std::string sentence(const Json& data) {
    const std::string text = render_reconciliation(data, noon);
    return text.substr(0, text.find('\n'));
}

TEST(RenderReconciliation, says_that_nothing_is_to_do) {
    EXPECT_EQ(render_reconciliation(idle(), noon),
              "Reconciliation is idle: no node that RECONCILE=new serves lacks the content that it "
              "is owed.\n\n"
              "mode        new: nodes that never got the content, or have nothing\n"
              "at once     at most 8 (RECONCILE_MAX)\n"
              "per minute  at most 60 (RECONCILE_PER_MINUTE)\n");
}

TEST(RenderReconciliation, shows_what_is_served_comes_next_waits_and_has_ended) {
    Json data = with_status("working", "all");
    data["owed"] = 14;
    data["takenLastMinute"] = 3;
    data["failuresInARow"] = 1;
    data["open"] = {{{"releaseId", 7},
                     {"nodeId", 9},
                     {"nodeName", "edge-9"},
                     {"cause", "empty"},
                     {"startedAt", "2026-11-21T11:59:48.000Z"},
                     {"finishedAt", nullptr},
                     {"outcome", nullptr},
                     {"errorMsg", nullptr},
                     {"isContinued", false}}};
    data["next"] = {group(2, 2)};
    data["waiting"] = {group(12, 10)};
    data["waiting"][0]["waitsFor"] = "pause";
    data["waiting"][0]["text"] = "it was served a while ago (in 9 min)";
    data["waiting"][0]["waitSec"] = 540;
    data["recent"] = {ended(3, "failed"), ended(4, "success")};
    EXPECT_EQ(render_reconciliation(data, noon),
              "Reconciliation is working: 1 node is being served now, 14 more are owed their "
              "content.\n"
              "\n"
              "mode        all: also nodes whose content was changed, or is another one\n"
              "at once     at most 8 (RECONCILE_MAX)\n"
              "per minute  at most 60 (RECONCILE_PER_MINUTE), 3 in the last minute\n"
              "failures    1 in a row\n"
              "\n"
              "Being served now\n"
              "RELEASE  NODE    CAUSE   STARTED\n"
              "      7  edge-9  empty  12 s ago\n"
              "\n"
              "Next\n"
              "RELEASE  VERSION  COUNT  NODES\n"
              "      7       42      2  edge-1 (deferred), edge-2 (new)\n"
              "\n"
              "Waiting\n"
              "RELEASE  VERSION  COUNT  NODES                                                     "
              "WHY                                    WAIT\n"
              "      7       42     12  edge-1 (deferred), edge-2 (new), edge-3 (new) and 9 more  "
              "it was served a while ago (in 9 min)  9 min\n"
              "\n"
              "Ended last\n"
              "RELEASE  NODE    CAUSE      ENDED  TOOK  OUTCOME  ERROR\n"
              "      7  edge-3  new    1 min ago  12 s  failed   nginx: bad\n"
              "      7  edge-4  new    1 min ago  12 s  success\n");
}

TEST(RenderReconciliation, says_what_each_status_means) {
    EXPECT_EQ(sentence(with_status("off", "off")),
              "Reconciliation is off: no node gets by itself what it lacks; RECONCILE=new or "
              "RECONCILE=all in the settings of edgeroll-control switches it on.");
    Json due = with_status("due");
    due["next"] = {group(1, 1)};
    due["owed"] = 1;
    EXPECT_EQ(sentence(due), "Reconciliation is due: 1 node is taken up at the next look.");
    due["owed"] = 13;
    EXPECT_EQ(sentence(due),
              "Reconciliation is due: 1 node is taken up at the next look, 12 more "
              "must wait.");
    Json waiting = with_status("waiting");
    waiting["owed"] = 12;
    EXPECT_EQ(sentence(waiting),
              "Reconciliation waits: 12 nodes are owed their content, and none can be taken up "
              "now; below it says what each waits for.");
    EXPECT_EQ(sentence(with_status("danc\x1bing")), "Reconciliation is danc\\x1bing.");
}

TEST(RenderReconciliation, names_the_nodes_that_stopped_it_and_the_way_on) {
    Json data = with_status("stopped");
    data["failuresInARow"] = 3;
    data["recent"] = {ended(3, "failed"),   ended(8, "deferred"), ended(4, "failed"),
                      ended(9, "given_up"), ended(3, "failed"),   ended(5, "failed", true)};
    const std::string all = "Reconciliation has stopped: the last 3 nodes that it served failed";
    const std::string way =
        "; mend the cause, then: edgeroll reconciliation continue --reason TEXT";
    EXPECT_EQ(sentence(data), all + " (edge-3, edge-4)" + way);
    EXPECT_THAT(render_reconciliation(data, noon), HasSubstr("failed (forgiven)"));
    data["recent"] = {ended(3, "failed"), ended(4, "success"), ended(5, "failed")};
    EXPECT_EQ(sentence(data), all + " (edge-3)" + way) << "a success ends the row of failures";
    data["recent"] = {ended(5, "failed", true)};
    EXPECT_EQ(sentence(data), all + way);
}

TEST(RenderReconciliation, shows_why_by_its_word_when_there_is_no_text) {
    Json data = with_status("waiting");
    data["waiting"] = {group(1, 1)};
    data["waiting"][0]["waitsFor"] = "banned";
    data["waiting"][0]["waitSec"] = nullptr;
    EXPECT_THAT(render_reconciliation(data, noon),
                EndsWith("RELEASE  VERSION  COUNT  NODES              WHY\n"
                         "      7       42      1  edge-1 (deferred)  banned\n"));
}

TEST(RenderReconciliation, is_not_broken_by_hostile_text) {
    Json data = with_status("stopped", "ne\x1bw");
    data["failuresInARow"] = 1;
    data["recent"] = {ended(3, "failed")};
    data["recent"][0]["nodeName"] = "edge\x1b[2J";
    data["recent"][0]["errorMsg"] = "line\n\u202egnp.exe\r";
    data["recent"][0]["cause"] = "a\tb";
    data["waiting"] = {group(1, 1)};
    data["waiting"][0]["text"] = "soon\nor \u2066never";
    data["waiting"][0]["nodes"][0]["nodeName"] = "e\u202e1";
    data["waiting"][0]["waitSec"] = std::numeric_limits<std::int64_t>::max();
    data["open"] = {{{"nodeId", 9}, {"cause", "\x07"}, {"startedAt", "now\x1b"}}};
    const std::string text = render_reconciliation(data, noon);
    for (const char* bad : {"\x1b", "\r", "\t", "\x07", "\u202e", "\u2066"})
        EXPECT_THAT(text, Not(HasSubstr(bad)));
    EXPECT_THAT(text, HasSubstr("edge\\x1b[2J"));
    EXPECT_THAT(text, HasSubstr("line\\n\\u202egnp.exe\\r\n"));
    EXPECT_THAT(text, HasSubstr("soon\\nor \\u2066never"));
    EXPECT_THAT(text, HasSubstr("e\\u202e1 (deferred)"));
    EXPECT_THAT(text, HasSubstr("#9"));
}

TEST(RenderReconciliation, takes_whatever_the_lists_hold) {
    for (const char* odd : {R"([7,null,"x",[],{}])", "7", "null", R"({"a":1})"}) {
        Json data = with_status("stopped");
        data["failuresInARow"] = std::numeric_limits<std::int64_t>::min();
        for (const char* list : {"open", "next", "waiting", "recent"})
            data[list] = Json::parse(odd);
        EXPECT_THAT(render_reconciliation(data, noon), StartsWith("Reconciliation has stopped"));
        data["next"] = {{{"count", std::numeric_limits<std::int64_t>::max()}, {"nodes", 7}}};
        data["next"].push_back(data["next"][0]);
        data["owed"] = std::numeric_limits<std::int64_t>::min();
        data["status"] = "due";
        EXPECT_THAT(render_reconciliation(data, noon), StartsWith("Reconciliation is due"));
    }
}

struct Reconciliation : ::testing::Test {
    test::World world;

    ExitStatus run_as(const Command& command, Format format = Format::table) {
        return run(command, format, world.ports());
    }
};

TEST_F(Reconciliation, is_shown) {
    world.http.answers_data(release::wire::dump_json(idle()));
    EXPECT_EQ(run_as(ReconciliationShow{}), ExitStatus::success);
    EXPECT_EQ(world.http.requests[0].method, "GET");
    EXPECT_EQ(world.http.requests[0].path, "/api/v1/reconciliation");
    EXPECT_EQ(world.screen.written, render_reconciliation(idle(), noon));
    world.screen.written.clear();
    EXPECT_EQ(run_as(ReconciliationShow{}, Format::json), ExitStatus::success);
    EXPECT_EQ(Json::parse(world.screen.written), idle());
}

TEST_F(Reconciliation, goes_on_after_failures_with_a_reason) {
    world.http.answers_data(R"({"outcome":"continued","failures":3})");
    EXPECT_EQ(run_as(ReconciliationContinue{"disk replaced"}), ExitStatus::success);
    EXPECT_EQ(world.http.requests[0].method, "POST");
    EXPECT_EQ(world.http.requests[0].path, "/api/v1/reconciliation/continue");
    EXPECT_EQ(Json::parse(world.http.requests[0].body), (Json{{"reason", "disk replaced"}}));
    EXPECT_EQ(world.screen.written,
              "continued: 3 failures are forgiven, and nodes that failed are tried again\n"
              "See what comes next: edgeroll reconciliation show\n");
    world.screen.written.clear();
    EXPECT_EQ(run_as(ReconciliationContinue{}, Format::json), ExitStatus::success);
    EXPECT_EQ(world.http.requests[1].body, "{}");
    EXPECT_EQ(Json::parse(world.screen.written),
              Json::parse(R"({"outcome":"continued","failures":3})"));
}

TEST_F(Reconciliation, counts_a_single_failure) {
    world.http.answers_data(R"({"outcome":"continued","failures":1})");
    EXPECT_EQ(run_as(ReconciliationContinue{}), ExitStatus::success);
    EXPECT_THAT(world.screen.written, StartsWith("continued: 1 failure is forgiven, "));
}

TEST_F(Reconciliation, says_that_there_is_nothing_to_continue) {
    world.http.answers_data(R"({"outcome":"unchanged","failures":0})");
    EXPECT_EQ(run_as(ReconciliationContinue{"x"}), ExitStatus::success);
    EXPECT_EQ(world.screen.written,
              "nothing to continue: there is no failure to forgive; nothing was changed\n");
}

TEST_F(Reconciliation, of_an_older_control_is_missed) {
    world.http.answers_with(R"({"code":3001,"message":"no such path"})", 404);
    for (const Command& command :
         {Command(ReconciliationShow{}), Command(ReconciliationContinue{"x"})}) {
        EXPECT_EQ(run_as(command), ExitStatus::refused);
        EXPECT_EQ(world.screen.errors,
                  "edgeroll: this control is too old for it: it has no "
                  "/api/v1/reconciliation\n");
        EXPECT_EQ(world.screen.written, "");
        world.screen.errors.clear();
    }
}

TEST_F(Reconciliation, is_told_from_other_answers) {
    for (const char* data : {"null", "[]", R"({"status":7})"}) {
        world.http.answers.clear();
        world.http.answers_data(data);
        EXPECT_EQ(run_as(ReconciliationShow{}), ExitStatus::unreachable);
        EXPECT_THAT(world.screen.errors, HasSubstr("control's answer holds no reconciliation"));
        world.screen.errors.clear();
    }
}

TEST_F(Reconciliation, is_for_admins_to_continue) {
    world.http.answers_with(R"({"code":1004,"message":"needs the role admin"})", 403);
    EXPECT_EQ(run_as(ReconciliationContinue{"x"}), ExitStatus::refused);
    EXPECT_THAT(world.screen.errors, HasSubstr("a token of the role admin"));
}

TEST_F(Reconciliation, that_lost_its_answer_may_have_been_continued) {
    world.http.answers.emplace_back(
        release::fail("127.0.0.1:8080: no answer", release::Outcome::unknown));
    EXPECT_EQ(run_as(ReconciliationContinue{"x"}), ExitStatus::unreachable);
    EXPECT_THAT(world.screen.errors, HasSubstr("it may have been carried out"));
}

}  // namespace
}  // namespace edgeroll::cli
