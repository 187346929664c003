// The evidence of a release through the API.
#include <gmock/gmock.h>

#include "api_fixture.hpp"

namespace edgeroll::control::api {
namespace {

using ::testing::IsEmpty;

constexpr const char* evidence_path = "/api/v1/releases/7/evidence";

class ApiEvidence : public ApiTest {
  protected:
    static EvidenceView row(const std::string& detail = "") {
        EvidenceView view;
        view.id = 41;
        view.batch = 2;
        view.at = "2026-01-31T08:00:00.000Z";
        view.gate = "gate";
        view.verdict = "pass";
        view.is_decisive = true;
        view.rule = "200 passes";
        view.summary = "200: fine";
        view.detail = detail;
        return view;
    }
    std::string refusal(const std::string& target) {
        const Said said = ask("GET", target);
        EXPECT_EQ(said.status, 400) << target;
        EXPECT_EQ(said.code(), 2002) << target;
        EXPECT_THAT(store.calls, IsEmpty()) << target;
        return said.message();
    }
};

TEST_F(ApiEvidence, is_listed_for_viewers) {
    store.evidence_page.items = {row(), row(R"({"samples":[1,2]})"), row("no JSON"), row()};
    store.evidence_page.items.back().at = "";
    store.evidence_page.items.back().is_decisive = false;
    store.evidence_page.total = 9;
    const Said said = ask_as(std::string("Bearer ") + viewer_token, "GET", evidence_path);
    ASSERT_EQ(said.status, 200) << said.body;
    const Json data = said.data();
    EXPECT_EQ(data["total"], 9);
    EXPECT_EQ(data["page"], 1);
    EXPECT_EQ(data["pageSize"], 20);
    EXPECT_EQ(data["items"][0],
              Json::parse(R"({"id":41,"batch":2,"at":"2026-01-31T08:00:00.000Z","gate":"gate",
                "verdict":"pass","isDecisive":true,"rule":"200 passes","summary":"200: fine",
                "detail":null})"));
    EXPECT_EQ(data["items"][1]["detail"], Json::parse(R"({"samples":[1,2]})"));
    EXPECT_EQ(data["items"][2]["detail"], nullptr);
    EXPECT_EQ(data["items"][3]["at"], nullptr);
    EXPECT_EQ(data["items"][3]["isDecisive"], false);
    EXPECT_EQ(store.evidence_filter.id.value, 7);
    EXPECT_FALSE(store.evidence_filter.batch);
    EXPECT_EQ(store.evidence_filter.gate, "");
    EXPECT_EQ(ask_as("", "GET", evidence_path).status, 401);
}

TEST_F(ApiEvidence, is_filtered_and_paged) {
    ASSERT_EQ(
        ask("GET", std::string(evidence_path) + "?batch=2&gate=proof&page=3&pageSize=100").status,
        200);
    EXPECT_EQ(store.evidence_filter.batch, 2);
    EXPECT_EQ(store.evidence_filter.gate, "proof");
    EXPECT_EQ(store.evidence_filter.page, 3);
    EXPECT_EQ(store.evidence_filter.page_size, 100);
    ASSERT_EQ(ask("GET", std::string(evidence_path) + "?batch=&gate=").status, 200) << "not given";
    EXPECT_FALSE(store.evidence_filter.batch);
}

TEST_F(ApiEvidence, wrong_parameters_are_refused_and_named) {
    const std::string here = evidence_path;
    EXPECT_EQ(refusal(here + "?batch=0"),
              "parameter 'batch' must be an integer from 1 to 2147483647");
    EXPECT_EQ(refusal(here + "?batch=x"),
              "parameter 'batch' must be an integer from 1 to 2147483647");
    EXPECT_EQ(refusal(here + "?gate=" + std::string(33, 'x')),
              "parameter 'gate' must be UTF-8 text of at most 32 bytes");
    EXPECT_EQ(refusal(here + "?pageSize=101"),
              "parameter 'pageSize' must be an integer from 1 to 100");
    EXPECT_EQ(refusal(here + "?page=0"), "parameter 'page' must be an integer from 1 to 1000000");
    EXPECT_EQ(refusal(here + "?verdict=pass"), "parameter 'verdict' is unknown");
    EXPECT_EQ(refusal("/api/v1/releases/x/evidence"), "the release id must be a positive integer");
    EXPECT_EQ(ask("POST", evidence_path, "{}").status, 405);
}

}  // namespace
}  // namespace edgeroll::control::api
