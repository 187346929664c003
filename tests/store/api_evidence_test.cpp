// The evidence of a release through the API's store.
#include "control/store/rows/evidence.hpp"
#include "tests/store/store_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using release::Judgement;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace code = release::code;

class ApiEvidenceTest : public StoreTest {
  protected:
    void SetUp() override {
        StoreTest::SetUp();
        id_ = add_release(5, 0);
        sql("UPDATE release_tasks SET order_id = 'order-a' WHERE id = ?", {id_.value});
    }
    void add(int batch, const std::string& gate, const std::string& summary,
             Judgement verdict = Judgement::pass, bool is_decisive = true) {
        add_evidence(hand(), id_, {{batch, gate, verdict, is_decisive, "a rule", summary}});
    }
    Result<EvidencePage> ask(const EvidenceFilter& filter) {
        return control().await(control().api().evidence(filter));
    }
    EvidenceFilter filter() {
        EvidenceFilter wanted;
        wanted.id = id_;
        return wanted;
    }
    std::vector<std::string> summaries(const EvidenceFilter& wanted) {
        std::vector<std::string> texts;
        for (const EvidenceView& row : control().get(control().api().evidence(wanted)).items)
            texts.push_back(row.summary);
        return texts;
    }
    ReleaseId id_;
};

TEST_P(ApiEvidenceTest, shows_all_of_a_row) {
    add(2, "gate", "503: wait", Judgement::unsure, false);
    sql("UPDATE release_evidence SET at = '2026-01-31 08:00:00.123', detail = '{\"n\":1}'");
    const EvidencePage page = control().get(control().api().evidence(filter()));
    EXPECT_EQ(page.total, 1);
    ASSERT_THAT(page.items, SizeIs(1));
    const EvidenceView& row = page.items[0];
    EXPECT_GT(row.id, 0);
    EXPECT_EQ(row.batch, 2);
    EXPECT_EQ(row.at, "2026-01-31T08:00:00.123Z");
    EXPECT_EQ(row.gate, "gate");
    EXPECT_EQ(row.verdict, "unsure");
    EXPECT_FALSE(row.is_decisive);
    EXPECT_EQ(row.rule, "a rule");
    EXPECT_EQ(row.summary, "503: wait");
    EXPECT_EQ(row.detail, R"({"n":1})");
}

TEST_P(ApiEvidenceTest, is_in_order_filtered_and_paged) {
    add(1, "proof", "a");
    add(1, "gate", "b");
    add(1, "limits", "c");
    add(2, "gate", "d");
    EXPECT_THAT(summaries(filter()), ElementsAre("a", "b", "c", "d"));
    EvidenceFilter wanted = filter();
    wanted.batch = 1;
    EXPECT_THAT(summaries(wanted), ElementsAre("a", "b", "c"));
    wanted.gate = "gate";
    EXPECT_THAT(summaries(wanted), ElementsAre("b"));
    wanted.batch.reset();
    EXPECT_THAT(summaries(wanted), ElementsAre("b", "d"));
    wanted.page = 2;
    wanted.page_size = 1;
    EXPECT_THAT(summaries(wanted), ElementsAre("d"));
    EXPECT_EQ(control().get(control().api().evidence(wanted)).total, 2);
    wanted.gate = "nobody";
    EXPECT_THAT(summaries(wanted), IsEmpty());
}

TEST_P(ApiEvidenceTest, is_of_the_order_that_the_release_has_now) {
    add(1, "proof", "of the release before");
    sql("UPDATE release_tasks SET order_id = 'order-b' WHERE id = ?", {id_.value});
    EXPECT_THAT(summaries(filter()), IsEmpty());
    EXPECT_EQ(control().get(control().api().evidence(filter())).total, 0);
    add(1, "proof", "its own");
    EXPECT_THAT(summaries(filter()), ElementsAre("its own"));
    sql("UPDATE release_tasks SET order_id = NULL WHERE id = ?", {id_.value});
    add(1, "proof", "of an older process");
    EXPECT_THAT(summaries(filter()), IsEmpty()) << "as the engine sees it";
}

TEST_P(ApiEvidenceTest, is_not_of_another_release) {
    add(1, "proof", "a");
    EvidenceFilter other;
    other.id = add_release(6, 0);
    sql("UPDATE release_tasks SET order_id = 'order-a' WHERE id = ?", {other.id.value});
    EXPECT_THAT(summaries(other), IsEmpty());
    other.id = ReleaseId{99};
    EXPECT_EQ(ask(other).error().code, code::not_found);
    EvidenceFilter wide = filter();
    wide.page_size = 101;
    EXPECT_EQ(ask(wide).error().code, code::invalid);
}

EDGEROLL_ON_BOTH_DATABASES(ApiEvidenceTest);

}  // namespace
}  // namespace edgeroll::control::testing
