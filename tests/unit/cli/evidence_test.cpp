// What `release explain` says of the evidence, and how it is asked for.
#include "control/cli/evidence.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/cli/run.hpp"
#include "fakes.hpp"
#include "noon.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;
using test::node;
using test::release_of;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

Json row(std::int64_t id, int batch, const std::string& gate, const std::string& verdict,
         bool is_decisive, const std::string& summary) {
    return {{"id", id},
            {"batch", batch},
            {"at", "2026-11-21T11:00:0" + std::to_string(id % 10) + ".123Z"},
            {"gate", gate},
            {"verdict", verdict},
            {"isDecisive", is_decisive},
            {"rule", "a rule"},
            {"summary", summary},
            {"detail", nullptr}};
}

ReleaseLine of_two_batches(const std::string& status, int current) {
    ReleaseLine release = release_of(status, current, {{node(1, "success")}, {node(2, "success")}});
    release.finished_at = "2026-11-21T12:00:00.000Z";
    return release;
}

const Json opened = Json::array({row(1, 1, "proof", "pass", true, "edge-17"),
                                 row(2, 1, "gate", "unsure", false, "503: wait"),
                                 row(3, 1, "gate", "pass", true, "200: reason: fine"),
                                 row(4, 1, "limits", "pass", true, "1 succeeded, 0 failed")});

TEST(EvidenceText, has_a_block_for_each_batch_that_was_opened) {
    EXPECT_EQ(evidence_text(of_two_batches("running", 2), opened),
              "\nBatch 2 opened at 2026-11-21T11:00:04Z because\n"
              "  proof       edge-17\n"
              "  gate        200: reason: fine (pass)\n"
              "  limits      1 succeeded, 0 failed\n");
    EXPECT_EQ(evidence_text(of_two_batches("running", 1), Json::array()), "");
}

TEST(EvidenceText, names_batches_by_their_numbers) {
    ReleaseLine release = of_two_batches("running", 2);
    release.batches[1].number = 7;
    EXPECT_THAT(evidence_text(release, opened), HasSubstr("Batch 7 opened"));
    release.batches.clear();
    EXPECT_THAT(evidence_text(release, opened), HasSubstr("Batch 2 opened"));
}

TEST(EvidenceText, says_what_stopped_a_release) {
    Json rows = opened;
    rows.push_back(row(5, 2, "gate", "fail", true, "403: error rate"));
    ReleaseLine release = of_two_batches("failed", 2);
    release.last_error = "the gate refused: 403: error rate";
    EXPECT_THAT(evidence_text(release, rows),
                HasSubstr("\nStopped after batch 2 at 2026-11-21T11:00:05Z because\n"
                          "  gate        403: error rate (fail)\n"));
    release.status = "running";
    release.last_error = "";
    EXPECT_THAT(evidence_text(release, rows),
                HasSubstr("\nSince batch 2 was opened\n  gate        403: error rate (fail)\n"))
        << "a retry goes on after it";
}

TEST(EvidenceText, says_what_the_end_rests_on) {
    Json rows = opened;
    rows.push_back(row(5, 2, "operator", "info", true, "past the hold bake"));
    EXPECT_THAT(evidence_text(of_two_batches("success", 2), rows),
                HasSubstr("\nEnded at 2026-11-21T12:00:00Z because\n"
                          "  operator    past the hold bake\n"));
    EXPECT_THAT(evidence_text(of_two_batches("running", 2), rows),
                HasSubstr("\nSince batch 2 was opened\n  operator    past the hold bake\n"));
}

TEST(EvidenceText, leaves_out_what_a_retry_made_past) {
    Json rows = opened;
    rows.push_back(row(5, 2, "gate", "fail", true, "403: error rate"));
    rows.push_back(row(6, 1, "limits", "pass", true, "2 succeeded"));
    const std::string text = evidence_text(of_two_batches("running", 2), rows);
    EXPECT_THAT(text, Not(HasSubstr("403")));
    EXPECT_THAT(text, HasSubstr("Batch 2 opened at 2026-11-21T11:00:06Z because\n"
                                "  limits      2 succeeded\n"));
}

TEST(EvidenceText, is_short_and_survives_hostile_rows) {
    Json rows = Json::array();
    for (int batch = 1; batch <= 30; ++batch)
        rows.push_back(row(batch, batch, "limits", "pass", true, "ok"));
    rows.push_back(7);
    rows.push_back({{"gate", 7}, {"batch", "x"}, {"isDecisive", "yes"}, {"summary", nullptr}});
    rows.push_back(row(40, 31, "a\x1b[2J", "b\x1b", true, "c\x1b\n"));
    const std::string text = evidence_text(release_of("running", 31, {}), rows);
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, HasSubstr("Evidence of 21 earlier decisions: edgeroll release explain 7 "
                                "-o json\n"));
    EXPECT_THAT(text, Not(HasSubstr("Batch 22 opened")));
    EXPECT_THAT(text, HasSubstr("Batch 23 opened"));
    EXPECT_THAT(text, HasSubstr("c\\x1b\\n (b\\x1b)"));
    Json proofs = Json::array();
    for (int id = 1; id <= 30; ++id)
        proofs.push_back(row(id, 1, "operator", "info", true, "go"));
    EXPECT_THAT(evidence_text(release_of("running", 1, {}), proofs), HasSubstr("  and 10 more\n"));
}

struct ExplainEvidence : ::testing::Test {
    test::World world;
    static constexpr const char* running =
        R"({"releaseId":7,"version":42,"status":"running","currentBatch":2,"totalBatches":2})";

    std::string explained(Format format = Format::table) {
        EXPECT_EQ(run(ReleaseExplain{7}, format, world.ports()), ExitStatus::success)
            << world.screen.errors;
        return world.screen.written;
    }
    void answers_rows(const Json& rows) {
        world.http.answers_data(
            Json{{"items", rows}, {"total", rows.size()}, {"page", 1}, {"pageSize", 100}}.dump());
    }
};

TEST_F(ExplainEvidence, comes_after_what_can_be_done) {
    world.http.answers_data(running);
    answers_rows(opened);
    const std::string text = explained();
    EXPECT_EQ(world.http.requests[1].path, "/api/v1/releases/7/evidence?page=1&pageSize=100");
    EXPECT_GT(text.find("Batch 2 opened"), text.find("Limits:"));
    EXPECT_THAT(text, HasSubstr("Batch 2 opened"));
}

TEST_F(ExplainEvidence, says_where_nobody_has_looked) {
    world.http.answers_data(
        R"({"releaseId":7,"version":42,"status":"success","currentBatch":1,"totalBatches":1,
            "batches":[{"batch":1,"nodes":[
              {"nodeId":1,"status":"success","evidence":[]},
              {"nodeId":2,"status":"success","evidence":["check"]},
              {"nodeId":3,"status":"success","evidence":null}]}]})");
    answers_rows(Json::array());
    EXPECT_THAT(explained(), HasSubstr("On 1 of 3 of them nobody has looked at the content: "));
}

TEST_F(ExplainEvidence, is_in_the_form_for_programs_too) {
    world.http.answers_data(running);
    answers_rows(opened);
    EXPECT_EQ(Json::parse(explained(Format::json)).at("evidence"), opened);
}

TEST_F(ExplainEvidence, is_asked_for_page_by_page) {
    Json first = Json::array();
    for (int id = 1; id <= 100; ++id)
        first.push_back(row(id, 1, "operator", "info", true, "go"));
    world.http.answers_data(running);
    answers_rows(first);
    answers_rows(opened);
    EXPECT_THAT(Json::parse(explained(Format::json)).at("evidence"), SizeIs(104));
    ASSERT_THAT(world.http.requests, SizeIs(3));
    EXPECT_THAT(world.http.requests[2].path, HasSubstr("page=2"));
}

TEST_F(ExplainEvidence, a_control_that_only_repeats_itself_does_not_keep_it_for_ever) {
    Json page = Json::array();
    for (int id = 1; id <= 100; ++id)
        page.push_back(row(id, 1, "operator", "info", true, "go"));
    world.http.answers_data(running);
    answers_rows(page);
    (void)explained();
    EXPECT_THAT(world.http.requests, SizeIs(51));
}

TEST_F(ExplainEvidence, an_older_control_is_explained_without_it) {
    world.http.answers_data(running);
    world.http.answers_with(R"({"code":3001,"message":"there is no such path"})", 404);
    const std::string text = explained();
    EXPECT_THAT(text, HasSubstr("release 7 (version 42)"));
    EXPECT_THAT(text, Not(HasSubstr("opened")));
    EXPECT_EQ(world.screen.errors, "");
    test::World other;
    other.http.answers = {};
    other.http.answers_data(running);
    other.http.answers_with(R"({"code":3001,"message":"there is no such path"})", 404);
    EXPECT_EQ(run(ReleaseExplain{7}, Format::json, other.ports()), ExitStatus::success);
    EXPECT_EQ(Json::parse(other.screen.written).at("evidence"), nullptr);
}

TEST_F(ExplainEvidence, a_control_that_fails_meanwhile_is_told) {
    world.http.answers_data(running);
    world.http.is_away();
    EXPECT_EQ(run(ReleaseExplain{7}, Format::table, world.ports()), ExitStatus::unreachable);
    EXPECT_EQ(world.screen.written, "");
}

}  // namespace
}  // namespace edgeroll::cli
