// The executor's view of a release.
#include "release/step.hpp"
#include "release/wire/payload.hpp"
#include "samples.hpp"
#include "tests/store/store_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using release::Action;
using release::BatchStatus;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string digest_of(const std::string& text) {
    return release::wire::content_digest(*release::wire::parse_payload(text));
}

class SnapshotTest : public StoreTest {
  protected:
    /// Claims the release (once) and reads it.
    release::Snapshot read(ReleaseId id) {
        if (!claim_) claim_ = control().claim(id);
        auto snapshot = control().read(claim_.value());
        return std::move(snapshot).value();
    }
    std::optional<Claim> claim_;
};

TEST_P(SnapshotTest, names_two_nodes_that_are_one_agent_before_anything_is_sent) {
    const ReleaseId id = add_whole_release(4, {1, 2});
    sql("UPDATE nodes SET main_ip = '::0001' WHERE name = 'n1'");
    sql("UPDATE nodes SET main_ip = '[::1]' WHERE name = 'n3'");
    release::Snapshot snapshot = read(id);
    EXPECT_EQ(snapshot.nodes[0].address.ip, "::1");
    EXPECT_EQ(snapshot.nodes[2].address.ip, "::1");
    EXPECT_THAT(snapshot.problems,
                ::testing::ElementsAre("nodes n1 and n3 have one address, [::1]:8443: that is one "
                                       "agent, which would be sent two tasks; correct or disable "
                                       "one of them"));
    sql("UPDATE nodes SET enabled = 0 WHERE name = 'n3'");
    EXPECT_THAT(read(id).problems, IsEmpty()) << "one that is not asked is no second task";
    sql("UPDATE nodes SET enabled = 1, agent_port = 9443 WHERE name = 'n3'");
    EXPECT_THAT(read(id).problems, IsEmpty());
    sql("UPDATE nodes SET agent_port = 8443 WHERE name = 'n3'");
    sql("UPDATE release_tasks SET current_batch = 1");
    EXPECT_THAT(read(id).problems, IsEmpty()) << "later than that it is no reason to stop";
}

TEST_P(SnapshotTest, takes_an_empty_batch_config_for_none_beside_rows_and_for_a_mistake_alone) {
    const ReleaseId id = add_whole_release(4, {1});
    for (const char* blank : {"", " ", "\n\t"}) {
        sql("UPDATE release_tasks SET batch_config = ?", {std::string(blank)});
        const release::Snapshot snapshot = read(id);
        EXPECT_THAT(snapshot.problems, IsEmpty());
        EXPECT_FALSE(snapshot.has_batch_config);
    }
    sql("DELETE FROM release_task_nodes");
    EXPECT_THAT(read(id).problems,
                ::testing::ElementsAre(HasSubstr("batch_config is an empty text")));
    sql("UPDATE release_tasks SET batch_config = NULL");
    EXPECT_THAT(read(id).problems, IsEmpty());
}

TEST_P(SnapshotTest, holds_the_release_and_its_nodes_in_order) {
    const ReleaseId id = add_whole_release(4, {1, 2});
    sql("UPDATE nodes SET agent_port = 9443, cert_fingerprint = ?, labels = ?, applied_version = "
        "3, "
        "applied_sha256 = 'abc' WHERE name = 'n1'",
        {"AB:CD:ef", R"({"region":"eu","app":"cdn","zone":7})"});
    sql("UPDATE nodes SET enabled = 0 WHERE name = 'n2'");
    sql("UPDATE nodes SET status = 'maintenance' WHERE name = 'n3'");
    const release::Snapshot snapshot = read(id);
    EXPECT_EQ(snapshot.id, id);
    EXPECT_EQ(snapshot.version.value, 4);
    EXPECT_EQ(snapshot.status, ReleaseStatus::pending);
    EXPECT_EQ(snapshot.batch_status, BatchStatus::none);
    EXPECT_EQ(snapshot.requested, Action::none);
    EXPECT_EQ(snapshot.total_nodes, 3);
    EXPECT_FALSE(snapshot.has_batch_config);
    EXPECT_FALSE(snapshot.content.is_present);
    EXPECT_THAT(snapshot.problems, IsEmpty());
    EXPECT_THAT(snapshot.fleet, IsEmpty());
    ASSERT_THAT(snapshot.nodes, SizeIs(3));
    const release::NodeRow& first = snapshot.nodes[0];
    EXPECT_EQ(first.batch, 1);
    EXPECT_EQ(first.address.name, "n1");
    EXPECT_EQ(first.address.ip, "10.0.0.1");
    EXPECT_EQ(first.address.port, 9443);
    EXPECT_EQ(first.address.fingerprint, "abcdef");
    EXPECT_EQ(first.address.labels, (release::Labels{{"app", "cdn"}, {"region", "eu"}}));
    EXPECT_EQ(first.facts.applied_version, Version{3});
    EXPECT_EQ(first.facts.applied_sha256, "abc");
    EXPECT_GT(first.row_id, 0);
    EXPECT_FALSE(snapshot.nodes[1].facts.is_enabled);
    EXPECT_TRUE(snapshot.nodes[2].facts.is_in_maintenance);
    EXPECT_EQ(snapshot.nodes[2].batch, 2);
}

TEST_P(SnapshotTest, says_when_a_node_is_gone) {
    const ReleaseId id = add_whole_release(1, {2});
    sql("DELETE FROM nodes WHERE name = 'n2'");
    const release::Snapshot snapshot = read(id);
    ASSERT_THAT(snapshot.nodes, SizeIs(2));
    EXPECT_TRUE(snapshot.nodes[0].facts.exists);
    EXPECT_FALSE(snapshot.nodes[1].facts.exists);
    EXPECT_EQ(snapshot.nodes[1].address.ip, "");
}

TEST_P(SnapshotTest, forgives_labels_that_are_no_object) {
    const ReleaseId id = add_whole_release(1, {1});
    for (const char* labels : {"", "not json", "[1]", "{\"a\":", "\"x\""}) {
        sql("UPDATE nodes SET labels = ?", {labels});
        EXPECT_THAT(read(id).nodes.at(0).address.labels, IsEmpty()) << labels;
    }
}

TEST_P(SnapshotTest, tells_how_long_a_node_has_been_running) {
    const ReleaseId id = add_whole_release(1, {2});
    const std::string hour_ago = is_mysql() ? "NOW(3) - INTERVAL 1 HOUR"
                                            : "strftime('%Y-%m-%d %H:%M:%f','now','-3600 seconds')";
    sql("UPDATE release_task_nodes SET status = 'running', attempt = 2, agent_task_id = 't', "
        "started_at = " +
        hour_ago + " WHERE node_id = 1");
    const release::Snapshot snapshot = read(id);
    const release::NodeRow& row = snapshot.nodes.at(0);
    EXPECT_EQ(row.status, NodeStatus::running);
    EXPECT_EQ(row.attempt, 2);
    EXPECT_EQ(row.task_id, "t");
    EXPECT_GE(row.running_for, release::Millis{3'599'900});
    EXPECT_LE(row.running_for, release::Millis{3'660'000});
    EXPECT_EQ(snapshot.nodes.at(1).running_for, release::Millis{0});
}

TEST_P(SnapshotTest, sees_what_was_changed_by_hand) {
    const ReleaseId id = add_whole_release(1, {2});
    EXPECT_EQ(read(id).nodes.at(1).status, NodeStatus::pending);
    sql("UPDATE release_task_nodes SET status = 'failed', error_msg = 'by hand' WHERE node_id = 2");
    sql("UPDATE release_tasks SET status = 'paused', requested_action = 'continue'");
    const release::Snapshot snapshot = read(id);
    EXPECT_EQ(snapshot.nodes.at(1).status, NodeStatus::failed);
    EXPECT_EQ(snapshot.nodes.at(1).error, "by hand");
    EXPECT_EQ(snapshot.status, ReleaseStatus::paused);
    EXPECT_EQ(snapshot.requested, Action::resume);
    sql("DELETE FROM release_task_nodes WHERE node_id = 1");
    EXPECT_THAT(read(id).nodes, SizeIs(1));
}

TEST_P(SnapshotTest, fills_in_a_digest_that_is_missing) {
    const ReleaseId id = add_whole_release(1, {1});
    sql("INSERT INTO config_versions (version, payload) VALUES (1, ?)", {payload_text});
    for (int i = 0; i < 2; ++i) {
        const release::Snapshot snapshot = read(id);
        EXPECT_TRUE(snapshot.content.is_present);
        EXPECT_EQ(snapshot.content.sha256, digest_of(payload_text));
        EXPECT_THAT(snapshot.problems, IsEmpty());
    }
    EXPECT_EQ(text("SELECT sha256 FROM config_versions"), digest_of(payload_text));
    EXPECT_EQ(text("SELECT payload FROM config_versions"), payload_text);
}

TEST_P(SnapshotTest, refuses_content_that_does_not_have_its_digest) {
    const ReleaseId id = add_whole_release(1, {1});
    sql("INSERT INTO config_versions (version, payload, sha256) VALUES (1, ?, ?)",
        {payload_text, std::string(64, 'a')});
    const release::Snapshot snapshot = read(id);
    ASSERT_THAT(snapshot.problems, SizeIs(1));
    EXPECT_THAT(snapshot.problems[0], HasSubstr("does not have the sha256"));
}

TEST_P(SnapshotTest, says_what_a_purge_or_a_job_needs_instead_of_files) {
    const ReleaseId id = add_whole_release(1, {1});
    sql("INSERT INTO config_versions (version, payload, sha256) VALUES (1, ?, ?)",
        {payload_text, digest_of(payload_text)});
    const auto problem = [&](const char* type) {
        sql("UPDATE release_tasks SET type = ?", {std::string(type)});
        const release::Snapshot snapshot = read(id);
        return snapshot.problems.size() == 1 ? snapshot.problems[0] : std::string();
    };
    const std::string set =
        "the content of version 1 is a set of files, which only apply_config releases: ";
    EXPECT_EQ(problem("purge_cache"),
              set + "the payload of a purge_cache is an object of your own without 'files'");
    EXPECT_EQ(problem("run_job"), set + "the payload of a run_job is a job or a flow of jobs");
    sql("UPDATE config_versions SET sha256 = NULL");
    EXPECT_EQ(problem("purge_cache").find(set), 0U) << "also one that nobody has used yet";
    EXPECT_EQ(text("SELECT sha256 FROM config_versions"), "NULL");
    sql("UPDATE config_versions SET payload = '{\"files\":[\"/a.css\"]}'");
    EXPECT_EQ(problem("purge_cache"), "") << "a purge may call its own things files";
}

TEST_P(SnapshotTest, refuses_content_that_cannot_be_read) {
    const ReleaseId id = add_whole_release(1, {1});
    sql("INSERT INTO config_versions (version, payload) VALUES (1, ?)",
        {R"({"files":[{"path":"../x","content":""}]})"});
    const release::Snapshot snapshot = read(id);
    ASSERT_THAT(snapshot.problems, SizeIs(1));
    EXPECT_THAT(snapshot.problems[0], HasSubstr("content of version 1 cannot be used"));
    EXPECT_EQ(text("SELECT sha256 FROM config_versions"), "NULL");
}

TEST_P(SnapshotTest, refuses_content_that_is_banned_while_it_runs) {
    const ReleaseId id = add_whole_release(1, {1, 1});
    sql("INSERT INTO config_versions (version, payload) VALUES (1, ?)", {payload_text});
    EXPECT_THAT(read(id).problems, IsEmpty());
    sql("UPDATE release_tasks SET status = 'running', current_batch = 1, content_sha256 = ?",
        {digest_of(payload_text)});
    sql("INSERT INTO banned_contents (sha256, reason) VALUES (?, 'melted')",
        {digest_of(payload_text)});
    EXPECT_THAT(read(id).problems, ElementsAre("the content of version 1 is banned: melted"));
}

TEST_P(SnapshotTest, refuses_banned_content) {
    const ReleaseId id = add_whole_release(1, {1});
    sql("INSERT INTO config_versions (version, payload) VALUES (1, ?)", {payload_text});
    sql("INSERT INTO banned_contents (sha256, reason) VALUES (?, 'melted')",
        {digest_of(payload_text)});
    EXPECT_THAT(read(id).problems, ElementsAre("the content of version 1 is banned: melted"));
}

TEST_P(SnapshotTest, names_every_impossible_row) {
    const ReleaseId id = add_whole_release(1, {4});
    sql("UPDATE release_task_nodes SET batch = 0 WHERE node_id = 1");
    sql("UPDATE release_task_nodes SET status = 'bogus' WHERE node_id = 2");
    sql("UPDATE release_tasks SET batch_config = '{\"surprise\":1}'");
    const release::Snapshot snapshot = read(id);
    ASSERT_THAT(snapshot.problems, SizeIs(3));
    EXPECT_THAT(snapshot.problems[0], HasSubstr("batch_config"));
    EXPECT_THAT(snapshot.problems[0], HasSubstr("surprise"));
    EXPECT_THAT(snapshot.problems[1], HasSubstr("batch must be at least 1, not '0'"));
    EXPECT_THAT(snapshot.problems[2], HasSubstr("status 'bogus' is not known"));
}

TEST_P(SnapshotTest, says_that_not_before_is_no_time) {
    if (is_mysql()) {
        EXPECT_THROW(sql("INSERT INTO release_tasks (version, not_before) VALUES (1, 'tomorrow')"),
                     DbFailure);
        return;
    }
    const ReleaseId id = add_whole_release(1, {1});
    sql("UPDATE release_tasks SET not_before = 'tomorrow'");
    EXPECT_THAT(control().claimable(), ElementsAre(id.value));
    EXPECT_THAT(read(id).problems, ElementsAre("not_before 'tomorrow' is not a time"));
    sql("UPDATE release_tasks SET not_before = '2026-01-01T00:00:00Z'");
    EXPECT_THAT(read(id).problems, IsEmpty());
}

TEST_P(SnapshotTest, can_fail_a_release_with_words_that_nobody_knows) {
    const ReleaseId id = add_whole_release(1, {2});
    (void)read(id);
    sql("UPDATE release_task_nodes SET status = 'bogus' WHERE node_id = 1");
    sql("UPDATE release_tasks SET status = 'frozen'");
    const release::Snapshot snapshot = read(id);
    ASSERT_THAT(snapshot.problems, SizeIs(2));
    Commit commit;
    commit.expected_status = snapshot.status;
    commit.release.status = ReleaseStatus::failed;
    commit.release.is_finished = true;
    commit.skip_pending = release::SkipPending{"impossible"};
    EXPECT_EQ(control().commit(*claim_, commit), Committed::done);
    EXPECT_EQ(text("SELECT status FROM release_tasks"), "failed");
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_task_nodes WHERE status = 'skipped'"), 2);
}

TEST_P(SnapshotTest, clears_an_action_that_nobody_knows) {
    const ReleaseId id = add_whole_release(1, {1});
    sql("UPDATE release_tasks SET requested_action = 'explode'");
    EXPECT_EQ(read(id).requested, Action::none);
    EXPECT_EQ(text("SELECT requested_action FROM release_tasks"), "NULL");
    EXPECT_EQ(text("SELECT last_error FROM release_tasks"), "NULL") << "it would stay for ever";
    EXPECT_THAT(text("SELECT detail FROM release_events WHERE kind = 'action_refused'"),
                HasSubstr("'explode' is not known"));
    EXPECT_THAT(history(id), ElementsAre("claimed", "action_refused"));
}

TEST_P(SnapshotTest, holds_the_fleet_only_when_a_plan_is_needed) {
    add_node("a", "10.0.0.1");
    add_node("b", "10.0.0.2");
    add_node("c", "10.0.0.3");
    sql("UPDATE nodes SET enabled = 0 WHERE name = 'a'");
    sql("UPDATE nodes SET labels = '{\"region\":\"eu\"}' WHERE name = 'b'");
    sql("INSERT INTO nodes (name, main_ip, status) VALUES ('d', '10.0.0.4', 'offline')");
    const ReleaseId id = add_release(1, 0);
    sql("UPDATE release_tasks SET batch_config = '{\"failure_threshold\":2}'");
    const release::Snapshot snapshot = read(id);
    EXPECT_TRUE(snapshot.has_batch_config);
    EXPECT_EQ(snapshot.policy.limits.failure_threshold, 2);
    ASSERT_THAT(snapshot.fleet, SizeIs(2));
    EXPECT_EQ(snapshot.fleet[0].id.value, 2);
    EXPECT_EQ(snapshot.fleet[0].labels, (release::Labels{{"region", "eu"}}));
    EXPECT_EQ(snapshot.fleet[1].id.value, 3);
}

TEST_P(SnapshotTest, reads_ten_thousand_nodes) {
    constexpr int count = 10'000, per_statement = 500;
    const ReleaseId id = add_release(1, count);
    Transaction transaction(hand(), Transaction::Kind::write);
    for (int begin = 1; begin <= count; begin += per_statement) {
        std::string nodes = "INSERT INTO nodes (id, name, main_ip) VALUES ";
        std::string members =
            "INSERT INTO release_task_nodes (release_task_id, node_id, batch) VALUES ";
        for (int i = begin; i < begin + per_statement; ++i) {
            const std::string n = std::to_string(i), comma = i == begin ? "" : ", ";
            nodes += comma + "(" + n + ", 'n" + n + "', '10.1." + std::to_string(i / 250) + "." +
                     std::to_string(i % 250) + "')";
            members += comma + "(" + std::to_string(id.value) + ", " + n + ", " +
                       std::to_string(1 + i / 1000) + ")";
        }
        hand().run(nodes);
        hand().run(members);
    }
    transaction.commit();
    EXPECT_THAT(control().claimable(), ElementsAre(id.value));
    const release::Snapshot snapshot = read(id);
    ASSERT_THAT(snapshot.nodes, SizeIs(count));
    EXPECT_TRUE(std::is_sorted(snapshot.nodes.begin(), snapshot.nodes.end(),
                               [](const auto& a, const auto& b) {
                                   return std::pair(a.batch, a.id) < std::pair(b.batch, b.id);
                               }));
}

TEST_P(SnapshotTest, hands_out_the_payload_byte_for_byte) {
    // The largest content allowed, with characters of four bytes and escapes.
    std::string content(release::wire::payload_bytes_max - 200, 'x');
    const std::string payload =
        R"({"files":[{"path":"größe-😀.conf","content":")" + content + R"(\u0000\ud83d\ude00"}]})";
    ASSERT_TRUE(release::wire::parse_payload(payload));
    sql("INSERT INTO config_versions (version, payload) VALUES (9, ?)", {payload});
    const auto read_back =
        control().get(control().store().payload(Version{9}, release::TaskType::apply_config));
    ASSERT_TRUE(read_back);
    EXPECT_TRUE(read_back->text == payload)
        << "sizes " << read_back->text.size() << " and " << payload.size();
    EXPECT_EQ(read_back->sha256, digest_of(payload));
    EXPECT_FALSE(
        control().get(control().store().payload(Version{10}, release::TaskType::apply_config)));
    sql("UPDATE config_versions SET payload = 'nonsense'");
    EXPECT_EQ(control()
                  .get(control().store().payload(Version{9}, release::TaskType::apply_config))
                  ->sha256,
              "");
}

TEST_P(SnapshotTest, verifies_a_large_content_once_however_short_the_lease_is) {
    // Parsing some MB may take longer than a short lease: if every claim parsed again, no claim
    // would ever get further. After the first read the text is replaced by nonsense, so that a
    // second read fails.
    const ReleaseId id = add_whole_release(1, {1});
    const std::string payload = R"({"files":[{"path":"a","content":")" +
                                std::string(std::size_t{4} << 20U, 'x') + R"("}]})";
    sql("INSERT INTO config_versions (version, payload) VALUES (1, ?)", {payload});
    const auto claim_again = [&](Process& process) {
        sql("UPDATE release_tasks SET lease_expires_at = '2020-01-01 00:00:00'");
        const auto claim = process.claim(id);
        EXPECT_TRUE(claim);
        return *claim;
    };
    ASSERT_TRUE(control().read(claim_again(control())));
    sql("UPDATE config_versions SET payload = 'nonsense'");
    for (int i = 0; i < 3; ++i) {
        const auto snapshot = control().read(claim_again(control()));
        ASSERT_TRUE(snapshot);
        EXPECT_THAT(snapshot->problems, IsEmpty());
        EXPECT_EQ(snapshot->content.sha256, digest_of(payload));
    }
    const Claim claim = claim_again(control());
    release::Observed observed;
    observed.snapshot = *control().read(claim);
    const release::Step done =
        release::step(release::Release{}, release::Event{observed}, release::Instant{});
    EXPECT_EQ(control().commit(claim, done.commit), Committed::done);
    EXPECT_EQ(text("SELECT status FROM release_tasks"), "running");
    const auto payload_digest = [&] {
        return control()
            .get(control().store().payload(Version{1}, release::TaskType::apply_config))
            ->sha256;
    };
    EXPECT_EQ(payload_digest(), "") << "what is delivered is held against its digest all the same";
    sql("UPDATE config_versions SET payload = ?", {payload});
    EXPECT_EQ(payload_digest(), digest_of(payload));

    sql("UPDATE config_versions SET payload = 'nonsense'");
    Process other(url(), "control-2");  // has verified nothing
    EXPECT_THAT(other.read(claim_again(other))->problems, SizeIs(1));
}

TEST_P(SnapshotTest, finds_a_gate_that_may_not_be_called_before_the_release_begins) {
    const ReleaseId id = add_whole_release(42, {1, 1});
    const auto gate = [&](const std::string& url) {
        sql("UPDATE release_tasks SET batch_config = ? WHERE id = ?",
            {R"({"gate_url":")" + url + R"("})", id.value});
    };
    gate("http://169.254.169.254/");
    EXPECT_THAT(read(id).problems,
                ElementsAre(HasSubstr("169.254.169.254 is a link-local address")));
    gate("http://2130706433/");
    EXPECT_THAT(read(id).problems, ElementsAre(HasSubstr("loopback")));
    sql("UPDATE release_tasks SET batch_config = ? WHERE id = ?",
        {R"({"gates":[{"name":"q","prometheus":{"url":"http://127.0.0.1/","query":"up"},)"
         R"("pass":"< 1"}]})",
         id.value});
    EXPECT_THAT(read(id).problems, ElementsAre(HasSubstr("of gate 'q' may not be called")));
    gate("http://monitor.example/");
    EXPECT_THAT(read(id).problems, IsEmpty()) << "its addresses are judged at the dial";
    gate("http://127.0.0.1/");
    sql("UPDATE release_tasks SET current_batch = 1, catches_up = 0 WHERE id = ?", {id.value});
    EXPECT_THAT(read(id).problems, IsEmpty()) << "later than that it is no reason to stop";
}

EDGEROLL_ON_BOTH_DATABASES(SnapshotTest);

}  // namespace
}  // namespace edgeroll::control::testing
