// The content that a node should have, and whether the node has it.
#include "tests/store/store_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

class DriftTest : public StoreTest {
  protected:
    /// A successful release over the first `nodes` nodes.
    ReleaseId succeeded(std::int64_t version, int nodes, const std::string& sha256) {
        const ReleaseId id = add_release(version, nodes);
        for (int i = 0; i < nodes; ++i)
            add_row(id, node_ids_[static_cast<std::size_t>(i)]);
        sql("UPDATE release_tasks SET status = 'success', content_sha256 = ? WHERE id = ?",
            {sha256, id.value});
        sql("UPDATE release_task_nodes SET status = 'success' WHERE release_task_id = ?",
            {id.value});
        return id;
    }
    void add_nodes(int count) {
        for (int i = 1; i <= count; ++i) {
            node_ids_.push_back(add_node("n" + std::to_string(i), "10.0.0." + std::to_string(i)));
        }
    }
    void set_row(ReleaseId id, int node, const std::string& assignments) {
        sql("UPDATE release_task_nodes SET " + assignments +
                " WHERE release_task_id = ? AND node_id = ?",
            {id.value, node_ids_[static_cast<std::size_t>(node - 1)]});
    }
    void apply(int node, std::int64_t version, const std::string& sha256) {
        sql("UPDATE nodes SET applied_version = ?, applied_sha256 = ? WHERE id = ?",
            {version, sha256, node_ids_[static_cast<std::size_t>(node - 1)]});
    }
    NodeView node(int number) {
        return control().get(control().api().nodes()).at(static_cast<std::size_t>(number - 1));
    }
    std::int64_t drifting() {
        std::int64_t total = 0;
        for (const auto& [kind, count] : control().get(control().api().gauges()).drifting_by_kind)
            total += count;
        return total;
    }
};

TEST_P(DriftTest, wants_the_content_of_the_newest_release_that_succeeded) {
    add_nodes(3);
    EXPECT_FALSE(node(1).wanted_version);
    EXPECT_EQ(node(1).drift, release::DriftKind::none) << "nothing was ever released to it";
    succeeded(7, 2, "seven");
    const ReleaseId newer = succeeded(9, 1, "nine");
    const ReleaseId failed = succeeded(10, 1, "ten");
    sql("UPDATE release_tasks SET status = 'failed' WHERE id = ?", {failed.value});
    const ReleaseId reload = succeeded(11, 1, "reload");
    const ReleaseId job = succeeded(12, 1, "twelve");
    sql("UPDATE release_tasks SET type = 'run_job' WHERE id = ?", {job.value});
    EXPECT_EQ(node(1).wanted_version, Version{9});
    EXPECT_EQ(node(1).wanted_sha256, "nine");
    EXPECT_NE(node(1).drift, release::DriftKind::none) << "it has none at all";
    EXPECT_EQ(node(2).wanted_version, Version{7});
    EXPECT_FALSE(node(3).wanted_version);
    EXPECT_EQ(drifting(), 2);
    apply(1, 9, "nine");
    apply(2, 7, "another");
    EXPECT_EQ(node(1).drift, release::DriftKind::none);
    EXPECT_NE(node(2).drift, release::DriftKind::none);
    EXPECT_EQ(drifting(), 1);
    sql("UPDATE release_task_nodes SET status = 'deferred' WHERE release_task_id = ?",
        {newer.value});
    EXPECT_EQ(node(1).wanted_version, Version{9}) << "deferred is still owed";
    EXPECT_NE(reload, job);
}

TEST_P(DriftTest, a_node_that_did_not_get_what_a_success_brought_drifts) {
    add_nodes(4);
    succeeded(7, 4, "seven");
    for (int number = 1; number <= 4; ++number)
        apply(number, 7, "seven");
    const ReleaseId newer = succeeded(9, 4, "nine");
    apply(4, 9, "nine");
    set_row(newer, 1, "status = 'failed', failure_kind = 'exec_failed', error_msg = 'tolerated'");
    set_row(newer, 2, "status = 'skipped', error_msg = 'node is disabled'");
    set_row(newer, 3, "status = 'skipped', error_msg = 'node is in maintenance'");
    for (int number = 1; number <= 3; ++number) {
        EXPECT_EQ(node(number).wanted_version, Version{9}) << number;
        EXPECT_EQ(node(number).wanted_sha256, "nine");
        EXPECT_NE(node(number).drift, release::DriftKind::none) << number;
    }
    EXPECT_EQ(node(4).drift, release::DriftKind::none);
    EXPECT_EQ(drifting(), 3);

    succeeded(11, 2, "eleven");
    apply(1, 11, "eleven");
    apply(2, 11, "eleven");
    EXPECT_EQ(node(1).drift, release::DriftKind::none) << "a later release gave it something newer";
    EXPECT_EQ(node(2).drift, release::DriftKind::none);
    EXPECT_EQ(drifting(), 1);
}

TEST_P(DriftTest, a_node_that_came_later_is_owed_what_it_would_be_planned_for) {
    add_nodes(3);
    const ReleaseId id = succeeded(7, 1, "seven");
    apply(1, 7, "seven");
    EXPECT_FALSE(node(2).wanted_version) << "a pipeline chose the nodes of release 7";
    sql("UPDATE release_tasks SET plan_sha256 = 'p' WHERE id = ?", {id.value});
    EXPECT_EQ(node(2).wanted_version, Version{7}) << "planned for all nodes";
    EXPECT_EQ(node(2).wanted_sha256, "seven");
    EXPECT_EQ(node(2).drift, release::DriftKind::unknown) << "nobody has asked it yet";
    sql("UPDATE nodes SET observed_content = 'empty' WHERE id = ?", {node_ids_[1]});
    EXPECT_EQ(node(2).drift, release::DriftKind::empty);

    const auto configured = [&](const std::string& batch_config) {
        sql("UPDATE release_tasks SET batch_config = ? WHERE id = ?", {batch_config, id.value});
    };
    configured(R"({"selector":{"labels":{"region":"eu"}}})");
    EXPECT_FALSE(node(2).wanted_version);
    sql("UPDATE nodes SET labels = '{\"region\":\"eu\"}' WHERE id = ?", {node_ids_[1]});
    EXPECT_EQ(node(2).wanted_version, Version{7});
    configured(R"({"selector":{"nodes":["n1","n2"]}})");
    EXPECT_FALSE(node(2).wanted_version) << "a list has no new nodes";
    configured("{}");

    // Not a disabled one, not one whose row was cancelled or came late, and nothing undone.
    sql("UPDATE nodes SET enabled = 0 WHERE id = ?", {node_ids_[1]});
    EXPECT_FALSE(node(2).wanted_version);
    sql("UPDATE nodes SET enabled = 1 WHERE id = ?", {node_ids_[1]});
    add_row(id, node_ids_[1]);
    set_row(id, 2, "status = 'cancelled'");
    EXPECT_FALSE(node(2).wanted_version);
    EXPECT_EQ(node(3).wanted_version, Version{7});
    const ReleaseId undoing = add_release(8, 0);
    sql("UPDATE release_tasks SET rolls_back = ?, status = 'success' WHERE id = ?",
        {id.value, undoing.value});
    EXPECT_FALSE(node(3).wanted_version);
    EXPECT_EQ(node(1).wanted_version, Version{7}) << "its own row still counts";
}

TEST_P(DriftTest, a_row_that_was_no_part_of_the_plan_brings_no_drift) {
    add_nodes(2);
    succeeded(7, 2, "seven");
    apply(1, 7, "seven");
    apply(2, 7, "seven");
    const ReleaseId newer = succeeded(9, 2, "nine");
    set_row(newer, 1, "status = 'skipped', reason_kind = 'added_late'");
    set_row(newer, 2, "status = 'cancelled', error_msg = NULL");
    EXPECT_EQ(node(1).wanted_version, Version{7});
    EXPECT_EQ(node(2).wanted_version, Version{7});
    EXPECT_EQ(drifting(), 0);
    set_row(newer, 1, "reason_kind = NULL");
    EXPECT_EQ(node(1).wanted_version, Version{9}) << "skipped by hand: it lacks the content";
}

TEST_P(DriftTest, a_release_whose_nodes_catch_up_is_a_success_meanwhile) {
    add_nodes(3);
    succeeded(7, 3, "seven");
    for (int number = 1; number <= 3; ++number)
        apply(number, 7, "seven");
    const ReleaseId newer = succeeded(9, 3, "nine");
    apply(1, 9, "nine");
    set_row(newer, 2, "status = 'running'");
    set_row(newer, 3, "status = 'failed', error_msg = 'broken'");
    sql("UPDATE release_tasks SET status = 'running', catches_up = 1 WHERE id = ?", {newer.value});
    EXPECT_EQ(node(1).drift, release::DriftKind::none);
    EXPECT_NE(node(2).drift, release::DriftKind::none) << "it is owed the content until it has it";
    EXPECT_NE(node(3).drift, release::DriftKind::none);
    sql("UPDATE release_tasks SET status = 'failed' WHERE id = ?", {newer.value});
    EXPECT_EQ(node(2).wanted_version, Version{7}) << "written by hand: it is no success";
}

TEST_P(DriftTest, wants_the_content_that_a_rollback_gave_each_node) {
    add_nodes(1);
    sql("INSERT INTO config_versions (version, payload, sha256) VALUES (3, '{}', 'three')");
    const ReleaseId id = succeeded(8, 1, "mixed");
    sql("UPDATE release_task_nodes SET config_version = 3 WHERE release_task_id = ?", {id.value});
    apply(1, 8, "three");
    EXPECT_EQ(node(1).wanted_version, Version{3});
    EXPECT_EQ(node(1).wanted_sha256, "three");
    EXPECT_EQ(node(1).drift, release::DriftKind::none);
}

TEST_P(DriftTest, is_silent_about_a_node_that_a_running_release_has_reached) {
    add_nodes(1);
    succeeded(1, 1, "one");
    const ReleaseId running = add_release(2, 1);
    sql("UPDATE release_tasks SET status = 'running' WHERE id = ?", {running.value});
    apply(1, 2, "two");
    EXPECT_EQ(node(1).drift, release::DriftKind::none);
    sql("UPDATE release_tasks SET status = 'failed' WHERE id = ?", {running.value});
    EXPECT_NE(node(1).drift, release::DriftKind::none) << "it kept what did not succeed";
}

TEST_P(DriftTest, remembers_a_release_of_long_ago) {
    add_nodes(3);
    succeeded(1, 2, "one");
    for (int version = 2; version <= 40; ++version)
        succeeded(version, 1, "later");
    EXPECT_EQ(node(1).wanted_version, Version{40});
    EXPECT_EQ(node(2).wanted_version, Version{1});
    EXPECT_EQ(node(2).wanted_sha256, "one");
    EXPECT_FALSE(node(3).wanted_version);
    NodeChangeRequest change;
    change.status = "maintenance";
    const NodeView changed =
        control().get(control().api().change_node(NodeId{node_ids_[1]}, change));
    EXPECT_EQ(changed.wanted_version, Version{1}) << "answers to changes say it too";
    EXPECT_NE(changed.drift, release::DriftKind::none);
}

EDGEROLL_ON_BOTH_DATABASES(DriftTest);

}  // namespace
}  // namespace edgeroll::control::testing
