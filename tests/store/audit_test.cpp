// The audit log: a row for each action, in the action's own transaction.
#include "tests/store/audit_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace code = release::code;

class AuditRowTest : public AuditTest {};

TEST_P(AuditRowTest, each_act_leaves_exactly_its_row) {
    const NodeView node = add("n1", "10.0.0.1");
    NodeChangeRequest change;
    change.is_enabled = true;
    change.main_ip = "10.0.0.9";
    change.by = Asker{"jwt:bob", "2001:db8::1", {}};
    control().get(control().api().change_node(node.id, change));
    EXPECT_EQ(last_detail(),
              Json::parse(R"({"node":"n1","main_ip":{"was":"10.0.0.1","is":"10.0.0.9"}})"));
    control().get(control().api().put_config(config(5, "x")));
    const std::string sha = last_detail().at("sha256");
    control().get(control().api().put_config(config(5, "y")));
    EXPECT_EQ(last_detail().at("replaced"), true);
    EXPECT_NE(last_detail().at("sha256"), sha);
    EXPECT_THAT(last_detail().dump(), ::testing::Not(HasSubstr("content\"")));
    const std::int64_t id = create(5);
    EXPECT_EQ(last_detail().at("version"), 5);
    EXPECT_EQ(last_detail().at("nodes"), 1);
    const std::string release = "release:" + std::to_string(id);
    auto limit = action<LimitRequest>(id);
    limit.change.max_parallel = "3";
    control().get(control().api().limit(limit));
    EXPECT_EQ(last_detail(), Json::parse(R"({"max_parallel":"3","reason":"because"})"));
    sql("UPDATE release_tasks SET status = 'running', batch_status = 'running' WHERE id = ?", {id});
    steer(id, release::Steering::pause);
    steer(id, release::Steering::resume);
    steer(id, release::Steering::stop);
    // No row is left to give up.
    control().get(control().api().force_stop(action<ActionRequest>(id)));
    sql("UPDATE release_task_nodes SET status = 'running' WHERE release_task_id = ?", {id});
    control().get(control().api().force_stop(action<ActionRequest>(id)));
    EXPECT_EQ(last_detail(),
              Json::parse(R"({"force":true,"given_up_nodes":1,"reason":"because"})"));
    sql("UPDATE release_tasks SET status = 'failed', batch_status = 'stopped', finished_at = "
        "created_at, requested_action = NULL WHERE id = ?",
        {id});
    control().get(control().api().retry(action<RetryRequest>(id)));
    EXPECT_EQ(last_detail().at("nodes"), 1);
    const std::string node_name = "node:" + std::to_string(node.id.value);
    const std::string ann = "token:ann 192.0.2.1 ";
    EXPECT_THAT(
        acts(),
        ElementsAre(ann + "node.add " + node_name, "jwt:bob 2001:db8::1 node.change " + node_name,
                    ann + "config.put config:5", ann + "config.put config:5",
                    ann + "release.create " + release, ann + "release.limit " + release,
                    ann + "release.pause " + release, ann + "release.continue " + release,
                    ann + "release.stop " + release, ann + "release.stop " + release,
                    ann + "release.retry " + release));
    expect_whole();
}

TEST_P(AuditRowTest, a_rollback_leaves_one_row_with_what_it_banned) {
    add("n1", "10.0.0.1");
    control().get(control().api().put_config(config(1, "x")));
    control().get(control().api().put_config(config(2, "y")));
    const std::int64_t first = create(1), second = create(2);
    for (const std::int64_t id : {first, second}) {
        sql("UPDATE release_tasks SET status = 'success', batch_status = 'completed', finished_at "
            "= created_at WHERE id = ?",
            {id});
        sql("UPDATE release_task_nodes SET status = 'success', previous_config_version = ? WHERE "
            "release_task_id = ?",
            {id == first ? Value{} : Value{std::int64_t{1}}, id});
    }
    const std::string digest = text("SELECT sha256 FROM config_versions WHERE version = 2");
    sql("UPDATE release_tasks SET content_sha256 = ? WHERE id = ?", {digest, second});
    sql("UPDATE nodes SET applied_version = 2, applied_config_version = 2, applied_sha256 = ?",
        {digest});
    auto preview = action<RollbackRequest>(second);
    preview.is_dry_run = true;
    const std::int64_t before = count();
    control().get(control().api().roll_back(preview));
    EXPECT_EQ(count(), before) << "a dry run is no act";
    const RolledBack done =
        control().get(control().api().roll_back(action<RollbackRequest>(second)));
    EXPECT_THAT(acts(before + 1), ElementsAre("token:ann 192.0.2.1 release.rollback release:" +
                                              std::to_string(second)));
    EXPECT_EQ(last_detail().at("banned"), digest);
    EXPECT_EQ(last_detail().at("release"), done.created.id.value);
    expect_whole();
}

TEST_P(AuditRowTest, what_is_refused_or_done_already_leaves_none) {
    add("n1", "10.0.0.1");
    control().get(control().api().put_config(config(5, "x")));
    const std::int64_t id = create(5);
    sql("UPDATE release_tasks SET status = 'running', batch_status = 'running' WHERE id = ?", {id});
    steer(id, release::Steering::pause);
    const std::int64_t before = count();
    steer(id, release::Steering::pause);
    control().get(control().api().put_config(config(5, "x")));
    EXPECT_FALSE(try_to_add("n1", "10.0.0.2")) << "the name is taken";
    EXPECT_FALSE(try_to_add("n2", "10.0.0.1")) << "the address is";
    EXPECT_FALSE(control().await(control().api().put_config(config(5, "y"))));
    EXPECT_FALSE(
        control().await(control().api().change_node(NodeId{99}, node_request("x", "10.0.0.7"))));
    EXPECT_FALSE(control().await(control().api().retry(action<RetryRequest>(id))));
    EXPECT_FALSE(control().await(control().api().force_stop(action<ActionRequest>(999))));
    NewRelease dry;
    dry.version = Version{5};
    dry.is_dry_run = true;
    (void)control().await(control().api().create(dry));
    EXPECT_EQ(count(), before);
    expect_whole();
}

TEST_P(AuditRowTest, the_same_idempotency_key_leaves_one_row) {
    add("n1", "10.0.0.1");
    NewRelease request;
    request.is_reload_only = true;
    request.created_by = "ann";
    request.idempotency_key = "k";
    request.request_sha256 = "s";
    request.by = by("ann");
    const auto first = control().get(control().api().create(request));
    EXPECT_EQ(control().get(control().api().create(request)).id, first.id);
    EXPECT_EQ(count(), 2);
    expect_whole();
}

TEST_P(AuditRowTest, a_deed_without_its_row_is_not_done) {
    add("n1", "10.0.0.1");
    sql("ALTER TABLE audit_log RENAME TO audit_gone");
    EXPECT_FALSE(try_to_add("n2", "10.0.0.2"));
    EXPECT_FALSE(control().await(control().api().put_config(config(5, "x"))));
    sql("ALTER TABLE audit_gone RENAME TO audit_log");
    EXPECT_EQ(number("SELECT COUNT(*) FROM nodes"), 1);
    EXPECT_EQ(number("SELECT COUNT(*) FROM config_versions"), 0);
    EXPECT_EQ(number("SELECT value FROM counters WHERE name = 'audit'"), 1);
    EXPECT_TRUE(try_to_add("n2", "10.0.0.2"));
    expect_whole();
}

TEST_P(AuditRowTest, a_row_without_its_deed_is_not_written) {
    add("n1", "10.0.0.1");
    {
        Transaction transaction(hand(), Transaction::Kind::write);
        append_audit(hand(), by("ann"), AuditDeed{"node.add", "node:2", Json::object()});
    }
    EXPECT_EQ(count(), 1);
    expect_whole();
}

TEST_P(AuditRowTest, a_log_that_contradicts_its_count_stops_all_deeds_and_says_so) {
    add("n1", "10.0.0.1");
    sql("UPDATE counters SET value = 0, digest = NULL WHERE name = 'audit'");
    const auto refused = try_to_add("n2", "10.0.0.2");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, code::database) << "it is no name that is taken";
    EXPECT_THAT(refused.error().message, HasSubstr("audit verify"));
    EXPECT_EQ(number("SELECT COUNT(*) FROM nodes"), 1);
    EXPECT_EQ(verify().fault_count, 1);
    // The remedy of the run book: the chain continues and records where.
    sql("DELETE FROM counters WHERE name = 'audit'");
    add("n2", "10.0.0.2");
    EXPECT_THAT(acts(2), ElementsAre("edgeroll  audit.resumed ",
                                     ::testing::StartsWith("token:ann 192.0.2.1 node.add")));
    EXPECT_EQ(Json::parse(text("SELECT detail FROM audit_log WHERE id = 2")).at("rows"), 1);
    expect_whole();
}

TEST_P(AuditRowTest, notes_are_rows_without_a_deed) {
    AuditNote login;
    login.by = Asker{"", "192.0.2.9", {}};
    login.action = audit_action::login_refused;
    login.words.emplace_back("reason", "bad_token");
    login.numbers.emplace_back("count", 17);
    AuditNote tokens;
    tokens.by.actor = "edgeroll";
    tokens.action = audit_action::tokens_loaded;
    tokens.words.emplace_back("sha256", "one");
    tokens.key_word = "sha256";
    ASSERT_TRUE(control().await(control().api().note({login, tokens})));
    EXPECT_THAT(acts(), ElementsAre(" 192.0.2.9 login.refused ", "edgeroll  tokens.loaded "));
    ASSERT_TRUE(control().await(control().api().note({tokens, tokens})));
    EXPECT_EQ(count(), 2) << "the last row says so already";
    AuditNote changed = tokens;
    changed.words[0].second = "two";
    ASSERT_TRUE(control().await(control().api().note({changed, tokens})));
    EXPECT_EQ(count(), 4) << "there and back again are two";
    expect_whole();
}

TEST_P(AuditRowTest, lists_rows_in_pages_and_by_filters) {
    for (int i = 1; i <= 5; ++i)
        add("n" + std::to_string(i), "10.0.0." + std::to_string(i));
    NodeChangeRequest change;
    change.is_enabled = false;
    change.by = by("bob");
    control().get(control().api().change_node(NodeId{number("SELECT MIN(id) FROM nodes")}, change));
    AuditFilter filter;
    filter.page = 2;
    filter.page_size = 2;
    const AuditPage page = control().get(control().api().audit(filter));
    EXPECT_EQ(page.total, 6);
    ASSERT_THAT(page.items, SizeIs(2));
    EXPECT_EQ(page.items[0].id, 4) << "the newest first";
    EXPECT_EQ(page.items[0].at.back(), 'Z');
    EXPECT_EQ(page.items[0].prev_hash, page.items[1].hash);
    const auto ids = [&](const AuditFilter& wanted) {
        std::vector<std::int64_t> found;
        for (const AuditView& row : control().get(control().api().audit(wanted)).items)
            found.push_back(row.id);
        return found;
    };
    AuditFilter bob;
    bob.actor = "token:bob";
    EXPECT_THAT(ids(bob), ElementsAre(6));
    AuditFilter of_action;
    of_action.action = "node.change";
    EXPECT_THAT(ids(of_action), ElementsAre(6));
    AuditFilter of_object;
    of_object.object = "node:" + std::to_string(number("SELECT MIN(id) FROM nodes"));
    EXPECT_THAT(ids(of_object), ElementsAre(6, 1));
    sql("UPDATE audit_log SET at = '2026-01-01 00:00:00.000' WHERE id < 3");
    AuditFilter since;
    since.since = "2026-01-01T00:00:00.001Z";
    EXPECT_THAT(ids(since), ElementsAre(6, 5, 4, 3));
    since.since = "yesterday";
    const auto refused = control().await(control().api().audit(since));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, code::invalid);
}

EDGEROLL_ON_BOTH_DATABASES(AuditRowTest);

}  // namespace
}  // namespace edgeroll::control::testing
