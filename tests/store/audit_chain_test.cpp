// The audit log: a single chain for all writers, and detection of tampering.
#include "control/store/api/inventory.hpp"
#include "control/store/db/threads.hpp"
#include "control/store/rows/version_mark.hpp"
#include "tests/store/audit_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace code = release::code;

/// Acts like a node of a Galera cluster: a conflict with another node's rows appears only at the
/// commit.
class Clashing final : public Connection {
  public:
    Clashing(std::unique_ptr<Connection> inner, int& clashes)
        : Connection(inner->dialect().backend), inner_(std::move(inner)), clashes_(clashes) {}

    std::int64_t execute(const std::string& sql, const Values& values) override {
        return inner_->execute(sql, values);
    }
    Rows query(const std::string& sql, const Values& values) override {
        return inner_->query(sql, values);
    }
    void run(const std::string& sql) override { inner_->run(sql); }
    void begin_write() override { inner_->begin_write(); }
    void begin_read() override { inner_->begin_read(); }
    void commit() override {
        if (clashes_ == 0) return inner_->commit();
        --clashes_;
        inner_->rollback();
        throw mysql_failure(1213, "40001");
    }
    void rollback() noexcept override { inner_->rollback(); }

  private:
    std::unique_ptr<Connection> inner_;
    int& clashes_;
};

class AuditChainTest : public AuditTest {
  protected:
    /// Adds a node while so many commits conflict with another node of the cluster.
    Result<NodeView> add_among(int clashes) {
        const Connector connector = [&]() -> std::unique_ptr<Connection> {
            return std::make_unique<Clashing>(connect(url()), clashes);
        };
        ConnectionSlot slot(connector);
        auto work = [](Connection& connection) {
            TemplateBook templates(nullptr);
            return insert_node(connection, templates, node_request("n1", "10.0.0.1"));
        };
        return run_job(slot, Access::write, work);
    }
};

TEST_P(AuditChainTest, two_controls_that_write_at_once_keep_one_chain) {
    Process other(url(), "control-2", release::Millis{15'000}, 3);
    constexpr int each = 12;
    std::vector<NodeId> nodes;
    for (int i = 0; i < 2 * each; ++i)
        nodes.push_back(add("n" + std::to_string(i), "10.0.1." + std::to_string(i + 1)).id);
    NodeChangeRequest change;  // for different nodes, so that only the chain is shared
    change.is_enabled = false;
    change.by = by("ann");
    std::vector<std::optional<Result<NodeView>>> mine(each), theirs(each);
    for (std::size_t i = 0; i < each; ++i) {
        control().start(control().api().change_node(nodes[2 * i], change), mine[i]);
        other.start(other.api().change_node(nodes[2 * i + 1], change), theirs[i]);
    }
    // Calls begin when the loops run: the threads of the other process work during this wait.
    std::optional<Result<std::vector<NodeView>>> begun;
    other.start(other.api().nodes(), begun);
    other.run_until(begun);
    for (const auto& one : mine)
        control().run_until(one);
    for (const auto& one : theirs)
        other.run_until(one);
    for (const auto* all : {&mine, &theirs}) {
        for (const auto& one : *all)
            EXPECT_TRUE(one->has_value()) << one->error().message;
    }
    EXPECT_EQ(count(), 4 * each);
    EXPECT_EQ(number("SELECT MAX(id) FROM audit_log"), 4 * each);
    expect_whole();
}

TEST_P(AuditChainTest, a_deed_that_clashes_at_its_commit_is_done_again_as_a_whole) {
    const auto added = add_among(6);
    ASSERT_TRUE(added) << added.error().message;
    EXPECT_EQ(number("SELECT COUNT(*) FROM nodes"), 1);
    EXPECT_EQ(count(), 1);
    expect_whole();
}

TEST_P(AuditChainTest, a_deed_that_clashes_for_ever_is_not_done_and_leaves_no_row) {
    const auto refused = add_among(1'000);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().outcome, Outcome::not_done);
    EXPECT_EQ(number("SELECT COUNT(*) FROM nodes"), 0);
    EXPECT_EQ(count(), 0);
    expect_whole();
}

TEST_P(AuditChainTest, whoever_waits_too_long_for_its_end_has_done_nothing) {
    if (!is_mysql()) GTEST_SKIP() << "SQLite has one writer";
    auto other = connect(url());
    other->begin_write();
    append_audit(*other, by("ann"), AuditDeed{"node.add", "node:1", Json::object()});
    const auto refused = try_to_add("n1", "10.0.0.1");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, code::busy);
    EXPECT_THAT(refused.error().message, HasSubstr("the end of the audit log is locked"));
    other->commit();
    EXPECT_EQ(number("SELECT COUNT(*) FROM nodes"), 0);
    EXPECT_TRUE(try_to_add("n1", "10.0.0.1"));
    EXPECT_EQ(count(), 2);
    expect_whole();
}

TEST_P(AuditChainTest, tampering_with_any_column_is_found) {
    for (int i = 1; i <= 4; ++i)
        add("n" + std::to_string(i), "10.0.0." + std::to_string(i));
    const std::vector<AuditHead> kept{verify().head};
    expect_whole();
    const auto found = [&](const std::string& change) {
        sql("CREATE TABLE kept_log AS SELECT * FROM audit_log");
        EXPECT_GT(sql(change), 0) << change;
        EXPECT_GE(verify().fault_count, 1) << change;
        sql("DELETE FROM audit_log");
        sql("INSERT INTO audit_log SELECT * FROM kept_log");
        sql("DROP TABLE kept_log");
        EXPECT_THAT(verify().faults, IsEmpty()) << change;
    };
    for (const char* column : {"actor", "remote", "action", "object", "detail", "prev_hash"})
        found("UPDATE audit_log SET " + std::string(column) + " = 'x' WHERE id = 2");
    found("UPDATE audit_log SET at = '2026-01-01 00:00:00.000' WHERE id = 2");
    found(
        "UPDATE audit_log SET hash = (SELECT h FROM (SELECT hash AS h FROM audit_log WHERE id = "
        "1) AS other) WHERE id = 2");
    found("UPDATE audit_log SET id = 17 WHERE id = 2");
    found("UPDATE audit_log SET id = -9223372036854775807 WHERE id = 2");
    found("UPDATE audit_log SET actor = 'token:ann ' WHERE id = 2");
    found("DELETE FROM audit_log WHERE id = 1");
    found("DELETE FROM audit_log WHERE id = 3");
    found("DELETE FROM audit_log WHERE id = 4");
    found("DELETE FROM audit_log");
    found(
        "INSERT INTO audit_log (id, at, actor, remote, action, object, detail, prev_hash, hash) "
        "SELECT 5, at, actor, remote, action, object, detail, hash, hash FROM (SELECT * FROM "
        "audit_log WHERE id = 4) AS other");
    found("UPDATE audit_log SET id = CASE id WHEN 2 THEN 30 ELSE id END WHERE id IN (2, 3)");
    // Swapped by way of an unused id.
    sql("UPDATE audit_log SET id = 99 WHERE id = 2");
    sql("UPDATE audit_log SET id = 2 WHERE id = 3");
    sql("UPDATE audit_log SET id = 3 WHERE id = 99");
    EXPECT_GE(verify().fault_count, 2);
}

TEST_P(AuditChainTest, a_tail_that_was_cut_off_with_its_count_shows_by_a_kept_head) {
    for (int i = 1; i <= 4; ++i)
        add("n" + std::to_string(i), "10.0.0." + std::to_string(i));
    const AuditHead kept = verify().head;
    EXPECT_EQ(kept.count, 4);
    sql("DELETE FROM audit_log WHERE id = 4");
    sql("UPDATE counters SET value = 3, digest = (SELECT hash FROM audit_log WHERE id = 3) WHERE "
        "name = 'audit'");
    EXPECT_THAT(verify().faults, IsEmpty()) << "which nobody can tell from the table";
    EXPECT_THAT(verify(nullptr, {kept}).faults, ElementsAre(HasSubstr("cut off")));
    add("n5", "10.0.0.5");
    EXPECT_THAT(verify(nullptr, {kept}).faults, ElementsAre(HasSubstr("not in this chain")));
}

TEST_P(AuditChainTest, a_key_signs_and_none_without_it_may_follow) {
    add("n1", "10.0.0.1");
    const auto key = keys_of(std::string(32, 'k')), other = keys_of(std::string(32, 'o'));
    {
        auto database = open(key);
        ASSERT_TRUE(database) << database.error().message;
        EXPECT_THAT(acts(2), ElementsAre("edgeroll  audit.key ")) << "from here on with a key";
        ASSERT_TRUE(open(key));
        EXPECT_EQ(count(), 2) << "once";
    }
    expect_whole(key.get());
    const auto refused = try_to_add("n2", "10.0.0.2");
    ASSERT_FALSE(refused) << "by a control that has none";
    EXPECT_EQ(refused.error().code, code::busy);
    EXPECT_THAT(refused.error().message, HasSubstr("AUDIT_KEY_FILE"));
    EXPECT_EQ(number("SELECT COUNT(*) FROM nodes"), 1);
    const auto started = open(nullptr);
    ASSERT_FALSE(started);
    EXPECT_THAT(started.error().message, HasSubstr("AUDIT_KEY_FILE"));
    EXPECT_EQ(verify().unknown_key_rows, 1) << "without the key";
    EXPECT_THAT(verify().faults, IsEmpty());
    EXPECT_THAT(verify(other.get()).faults, SizeIs(1)) << "with a wrong one";
    sql("UPDATE audit_log SET remote = 'x' WHERE id = 2");
    EXPECT_THAT(verify(key.get()).faults, ElementsAre("row 2 was changed"));
}

TEST_P(AuditChainTest, pruning_leaves_an_anchor) {
    for (int i = 1; i <= 5; ++i)
        add("n" + std::to_string(i), "10.0.0." + std::to_string(i));
    const std::vector<AuditHead> kept{verify().head};
    prune_audit(hand(), Asker{"edgeroll", {}, {}}, 3);
    EXPECT_EQ(count(), 3);
    EXPECT_EQ(verify(nullptr, kept).heads_found, 1);
    expect_whole();
    prune_audit(hand(), Asker{"edgeroll", {}, {}}, 99);
    EXPECT_EQ(count(), 3) << "there is no such row";
    add("n6", "10.0.0.6");
    prune_audit(hand(), Asker{"edgeroll", {}, {}}, 6);  // including the anchor
    EXPECT_EQ(count(), 2);
    expect_whole();
    sql("DELETE FROM audit_log WHERE id = 7");
    EXPECT_GE(verify().fault_count, 1);
}

TEST_P(AuditChainTest, an_older_program_beside_it_disturbs_nothing) {
    add("edge-1", "10.9.0.1");
    // The statements of an older program, which knows neither the table nor the column.
    sql("INSERT INTO counters (name, value) VALUES ('node_addresses_old', 1)");
    EXPECT_TRUE(raise_version_mark(hand(), Version{77}));
    add_whole_release(78, {1});
    sql("UPDATE nodes SET enabled = 0");
    EXPECT_EQ(count(), 1) << "deeds by SQL have no row";
    expect_whole();
}

TEST_P(AuditChainTest, is_read_in_parts_to_the_end) {
    Transaction transaction(hand(), Transaction::Kind::write);
    for (int i = 0; i < 1'001; ++i)
        append_audit(hand(), by("ann"), AuditDeed{"node.add", "", Json::object()});
    transaction.commit();
    const AuditReport report = verify();
    EXPECT_EQ(report.rows, 1'001);
    EXPECT_THAT(report.faults, IsEmpty());
    sql("UPDATE audit_log SET actor = 'x' WHERE id IN (501, 1001)");
    EXPECT_THAT(verify().faults, ElementsAre("row 501 was changed", "row 1001 was changed"));
}

EDGEROLL_ON_BOTH_DATABASES(AuditChainTest);

}  // namespace
}  // namespace edgeroll::control::testing
