// The fleet changes between a dry run and the creation with its planSha256.
#include "control/store/api/plan_book.hpp"
#include "tests/store/store_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace code = release::code;

class ApiPreviewTest : public StoreTest {
  protected:
    void add_nodes(int first, int last) {
        for (int i = first; i <= last; ++i)
            add_node("n" + std::to_string(i), "10.0.0." + std::to_string(i));
    }
    NewRelease previewed(const std::string& batch_config) {
        NewRelease wanted;
        wanted.batch_config = batch_config;
        wanted.is_dry_run = true;
        const CreatedRelease plan = control().get(control().api().create(wanted));
        wanted.is_dry_run = false;
        wanted.expected_plan_sha256 = plan.plan_sha256;
        return wanted;
    }
    static std::string refusal(Process& process, const NewRelease& wanted) {
        const auto created = process.await(process.api().create(wanted));
        if (created) return "accepted";
        EXPECT_EQ(created.error().code, code::wrong_state);
        return created.error().message;
    }
};

TEST_P(ApiPreviewTest, names_the_nodes_that_joined_are_gone_or_moved) {
    add_nodes(1, 7);
    sql(R"(UPDATE nodes SET labels = '{"region":"eu"}')");
    const NewRelease real =
        previewed(R"({"batch_size":2,"selector":{"labels":{"region":["eu"]}}})");
    sql("UPDATE nodes SET status = 'maintenance' WHERE name = 'n1'");
    sql("UPDATE nodes SET enabled = 0 WHERE name = 'n2'");
    sql("UPDATE nodes SET status = 'offline' WHERE name = 'n3'");
    sql("DELETE FROM nodes WHERE name = 'n4'");
    sql(R"(UPDATE nodes SET labels = '{"region":"us"}' WHERE name = 'n5')");
    add_nodes(8, 8);
    sql(R"(UPDATE nodes SET labels = '{"region":"eu"}' WHERE name = 'n8')");
    EXPECT_EQ(refusal(control(), real),
              "the plan is not the one of planSha256 any more: the nodes or their batches changed. "
              "Joined: n8 (batch 2). Gone: n1 (in maintenance), n2 (disabled), n3 (offline), n4 "
              "(deleted), n5 (no longer selected). Moved: n6 (batch 3 to 1), n7 (batch 4 to 1). "
              "Today it is 3 nodes in 2 batches: look at a new dry run");
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_tasks"), 0);
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_events"), 0) << "a preview writes nothing";
}

TEST_P(ApiPreviewTest, names_the_nodes_where_nobody_looked) {
    add_nodes(1, 5);
    sql(R"(INSERT INTO config_versions (version, payload) VALUES (1, ?))",
        {R"({"files":[{"path":"a","content":"x"}]})"});
    sql("UPDATE nodes SET evidence = '' WHERE id IN (2, 4)");
    sql("UPDATE nodes SET evidence = 'unknown' WHERE id = 3");
    sql("UPDATE nodes SET evidence = 'check', status = 'offline' WHERE id = 5");
    NewRelease wanted;
    wanted.version = Version{1};
    wanted.batch_config = R"({"gates":[{"name":"up","url":"http://192.0.2.7/ok"}]})";
    wanted.is_dry_run = true;
    const CreatedRelease previewed = control().get(control().api().create(wanted));
    ASSERT_EQ(previewed.unseen.size(), 2U);
    EXPECT_EQ(previewed.unseen[0].name, "n2");
    EXPECT_EQ(previewed.unseen[1].node, NodeId{4});
    EXPECT_EQ(previewed.gates.size(), 1U);
    wanted.is_dry_run = false;
    EXPECT_TRUE(control().get(control().api().create(wanted)).unseen.empty());
}

TEST_P(ApiPreviewTest, refuses_what_would_be_ignored_or_never_met) {
    add_nodes(1, 3);
    sql(R"(INSERT INTO config_versions (version, payload) VALUES (1, ?), (2, '{"files":[]}'))",
        {R"({"files":[{"path":"a","content":"x"}]})"});
    const auto refused = [&](const std::string& batch_config, std::optional<Version> version,
                             release::TaskType type = release::TaskType::apply_config) {
        NewRelease wanted;
        wanted.batch_config = batch_config;
        wanted.version = version;
        wanted.type = type;
        wanted.is_reload_only = !version && type == release::TaskType::apply_config;
        const auto created = control().await(control().api().create(wanted));
        return created ? std::string("accepted") : created.error().message;
    };
    const std::string check = R"({"min_evidence":"check"})";
    EXPECT_THAT(refused(check, std::nullopt), HasSubstr("for releases of a content"));
    EXPECT_THAT(refused(check, std::nullopt, release::TaskType::reload),
                HasSubstr("for releases of a content"));
    EXPECT_THAT(refused(R"({"min_evidence":"check","enabled":false})", Version{1}),
                HasSubstr("for the batches after the first"));
    EXPECT_THAT(refused(R"({"batches":["1 per zone","rest"]})", Version{1}),
                HasSubstr("no node of the release has the label 'zone'"));
    const std::string peers =
        R"({"gates":[{"name":"q","prometheus":{"url":"https://prom.example","query":"{{peers_re}}"},)"
        R"("pass":"< 1"}],"bake_sec":1})";
    EXPECT_THAT(refused(peers.substr(0, peers.size() - 1) + R"(,"batches":["rest"]})", Version{1}),
                HasSubstr("gate 'q' would never be asked"));
    EXPECT_EQ(refused(check, Version{1}), "accepted");
    EXPECT_EQ(refused(peers, Version{2}), "accepted");
}

TEST_P(ApiPreviewTest, counts_what_is_more_than_ten) {
    add_nodes(1, 30);
    const NewRelease real = previewed(R"({"batch_size":15})");
    sql("UPDATE nodes SET status = 'offline' WHERE id <= 12");
    const std::string message = refusal(control(), real);
    EXPECT_THAT(message, HasSubstr("Gone: n1 (offline), n2 (offline),"));
    EXPECT_THAT(message, HasSubstr(", n10 (offline) and 2 more. Moved: n16 (batch 2 to 1),"));
    EXPECT_THAT(message, HasSubstr(", n25 (batch 2 to 1) and 2 more. Today it is 18 nodes in 2"));
    EXPECT_THAT(message, Not(HasSubstr("n11")));
    EXPECT_THAT(message, Not(HasSubstr("Joined")));
}

TEST_P(ApiPreviewTest, refuses_without_names_what_another_process_has_previewed) {
    add_nodes(1, 2);
    const NewRelease real = previewed(R"({"batch_size":1})");
    sql("UPDATE nodes SET status = 'offline' WHERE id = 2");
    Process other(url(), "control-2");
    EXPECT_EQ(refusal(other, real),
              "the plan is not the one of planSha256 any more: the nodes or their batches changed. "
              "Today it is 1 node in 1 batch: look at a new dry run");
    sql("UPDATE nodes SET status = 'online' WHERE id = 2");
    EXPECT_EQ(refusal(other, real), "accepted") << "the plan fits again";
}

EDGEROLL_ON_BOTH_DATABASES(ApiPreviewTest);

std::shared_ptr<const PreviewedPlan> plan_of(std::size_t nodes) {
    PreviewedPlan plan;
    plan.nodes.resize(nodes);
    plan.names.resize(nodes);
    return std::make_shared<const PreviewedPlan>(std::move(plan));
}

TEST(PlanBook, forgets_the_oldest_when_it_has_too_many_plans) {
    PlanBook book(2, 100);
    book.remember("a", plan_of(1));
    book.remember("b", plan_of(2));
    book.remember("a", plan_of(1));
    book.remember("c", plan_of(3));
    EXPECT_EQ(book.find("b"), nullptr) << "a was looked at again, so b is the oldest";
    ASSERT_NE(book.find("a"), nullptr);
    ASSERT_NE(book.find("c"), nullptr);
    EXPECT_EQ(book.find("c")->nodes.size(), 3U);
    EXPECT_EQ(book.find(""), nullptr);
}

TEST(PlanBook, forgets_the_oldest_when_it_has_too_many_nodes) {
    PlanBook book(10, 100);
    book.remember("a", plan_of(40));
    book.remember("b", plan_of(60));
    EXPECT_NE(book.find("a"), nullptr);
    book.remember("b", plan_of(60));
    EXPECT_NE(book.find("a"), nullptr) << "the same plan again takes no further place";
    book.remember("c", plan_of(41));
    EXPECT_EQ(book.find("a"), nullptr);
    EXPECT_EQ(book.find("b"), nullptr);
    EXPECT_NE(book.find("c"), nullptr);
    book.remember("d", plan_of(101));
    EXPECT_EQ(book.find("d"), nullptr) << "too large for the book";
    EXPECT_NE(book.find("c"), nullptr);
}

}  // namespace
}  // namespace edgeroll::control::testing
