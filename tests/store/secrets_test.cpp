// Secret files in the database: sealed when stored, opened when sent, and by which key.
#include <memory>

#include "control/secrets/sealed_payload.hpp"
#include "control/store/engine/content_book.hpp"
#include "control/store/rekey.hpp"
#include "release/wire/payload.hpp"
#include "tests/store/steering_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string with_secret =
    R"({"files":[{"content":"hidden away","path":"key","secret":true}]})";
const std::string digest =
    release::wire::content_digest(*release::wire::parse_payload(with_secret));
const std::string old_key(64, '1'), new_key(64, '2');

std::shared_ptr<const SecretKeyring> ring(const std::string& keys) {
    return std::make_shared<SecretKeyring>(
        std::make_shared<const SecretKeys>(SecretKeys::parse(keys).value()));
}
std::string id_of(const std::string& key) {
    return SecretKeys::parse(key)->own_id();
}

class SecretsTest : public SteeringTest {
  protected:
    /// A process with keys, beside the process without keys.
    Process& keeper() {
        if (!keeper_) keeper_ = std::make_unique<Process>(with(ring(old_key)));
        return *keeper_;
    }
    StoreOptions with(std::shared_ptr<const SecretKeyring> secrets) {
        StoreOptions options;
        options.url = url();
        options.owner = "keeper:1";
        options.secrets = std::move(secrets);
        return options;
    }
    void add_payload(std::int64_t version, const std::string& payload) {
        sql("INSERT INTO config_versions (version, payload) VALUES (?, ?)", {version, payload});
    }
    std::string stored(std::int64_t version) {
        return text("SELECT payload FROM config_versions WHERE version = ?", {version});
    }
    static Result<ConfigView> put(Process& process, std::int64_t version) {
        ConfigView config;
        config.version = Version{version};
        config.payload = with_secret;
        config.by.actor = "token:ann";
        return process.await(process.api().put_config(config));
    }
    static release::Snapshot read(Process& process, ReleaseId id) {
        return process.read(process.claim(id).value()).value();
    }
    static Store::Payload payload(Process& process, std::int64_t version) {
        return process
            .get(process.store().payload(Version{version}, release::TaskType::apply_config))
            .value();
    }
    RekeyReport rekey(const std::string& keys, bool is_dry_run = false) {
        RekeyWanted wanted;
        wanted.is_dry_run = is_dry_run;
        wanted.by.actor = "local:0";
        const auto report = rekey_contents(with(ring(keys)), wanted);
        EXPECT_TRUE(report) << report.error().message;
        return report.value_or(RekeyReport{});
    }

  private:
    std::unique_ptr<Process> keeper_;
};

TEST_P(SecretsTest, are_sealed_before_they_are_stored) {
    const auto done = put(keeper(), 1);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->sha256, digest);
    EXPECT_THAT(stored(1), Not(HasSubstr("hidden")));
    EXPECT_THAT(sealing_keys(stored(1)).value(), ElementsAre(id_of(old_key)));
    const std::string before = stored(1);
    EXPECT_EQ(put(keeper(), 1)->outcome, ConfigView::Outcome::unchanged);
    EXPECT_EQ(stored(1), before) << "the same content is not sealed again";
    EXPECT_THAT(text("SELECT GROUP_CONCAT(detail) FROM audit_log"), Not(HasSubstr("hidden")));
}

TEST_P(SecretsTest, are_refused_where_there_is_no_key) {
    const auto done = put(control(), 1);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, release::code::invalid);
    EXPECT_THAT(done.error().message, HasSubstr("SECRETS_KEY_FILE is not set"));
    EXPECT_EQ(number("SELECT COUNT(*) FROM config_versions"), 0);
    add_payload(1, with_secret);
    add_node("n1", "10.0.0.1");
    NewRelease wanted;
    wanted.created_by = "ann";
    wanted.version = Version{1};
    const auto created = control().await(control().api().create(wanted));
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().code, release::code::invalid);
    EXPECT_THAT(created.error().message, HasSubstr("SECRETS_KEY_FILE is not set"));
    const ReleaseId id = add_release(1, 1);
    add_row(id, 1);
    EXPECT_THAT(read(control(), id).problems,
                ElementsAre(HasSubstr("SECRETS_KEY_FILE is not set")));
    EXPECT_EQ(stored(1), with_secret) << "nobody has touched it";
}

TEST_P(SecretsTest, of_a_pipeline_are_sealed_at_the_claim) {
    add_payload(1, with_secret);
    const ReleaseId id = add_whole_release(1, {1});
    const release::Snapshot snapshot = read(keeper(), id);
    EXPECT_THAT(snapshot.problems, IsEmpty());
    EXPECT_EQ(snapshot.content.sha256, digest);
    EXPECT_THAT(stored(1), Not(HasSubstr("hidden")));
    EXPECT_EQ(text("SELECT sha256 FROM config_versions"), digest);
    const Store::Payload sent = payload(keeper(), 1);
    EXPECT_EQ(sent.text, with_secret) << "agents get what was meant";
    EXPECT_EQ(sent.sha256, digest);
    EXPECT_TRUE(sent.has_secrets);
}

TEST_P(SecretsTest, that_somebody_stores_plainly_later_are_sealed_when_they_are_sent) {
    add_payload(1, with_secret);
    const ReleaseId id = add_whole_release(1, {1});
    (void)read(keeper(), id);
    sql("UPDATE config_versions SET payload = ?", {with_secret});
    EXPECT_EQ(payload(keeper(), 1).text, with_secret);
    EXPECT_THAT(stored(1), Not(HasSubstr("hidden")));
}

TEST_P(SecretsTest, are_not_sealed_over_what_somebody_else_stored_meanwhile) {
    const std::string other = R"({"files":[{"content":"another","path":"key","secret":true}]})";
    add_payload(1, other);
    FirstUse use;
    use.version = Version{1};
    use.sha256 = use.older_sha256 = digest;
    use.text = std::make_shared<const std::string>(with_secret);
    use.sealed_text = std::make_shared<const std::string>(
        seal_secrets(with_secret, *ring(old_key)->keys()).value());
    write_first_use(hand(), use);
    EXPECT_EQ(stored(1), other);
    EXPECT_EQ(text("SELECT sha256 FROM config_versions"), "NULL");
}

TEST_P(SecretsTest, that_no_key_opens_are_named) {
    ASSERT_TRUE(put(keeper(), 1));
    const ReleaseId id = add_whole_release(1, {1});
    Process stranger(with(ring(new_key)));
    EXPECT_THAT(read(stranger, id).problems,
                ElementsAre(HasSubstr("sealed by the key " + id_of(old_key))));
    const Store::Payload closed = payload(stranger, 1);
    EXPECT_THAT(closed.problem, HasSubstr("which SECRETS_KEY_FILE does not hold"));
    EXPECT_EQ(closed.sha256 + closed.text, "") << "it fits no release";
}

TEST_P(SecretsTest, are_copied_sealed_with_their_release) {
    ASSERT_TRUE(put(keeper(), 1));
    const ReleaseId first = add_whole_release(1, {1});
    set(first, "status = 'failed', finished_at = created_at, content_sha256 = '" + digest + "'");
    NewRelease wanted;
    wanted.created_by = "ann";
    wanted.from_release = first;
    const auto again = keeper().await(keeper().api().create(wanted));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_THAT(stored(again->version.value), Not(HasSubstr("hidden")));
    EXPECT_EQ(payload(keeper(), again->version.value).text, with_secret);
}

TEST_P(SecretsTest, are_announced_to_nodes_that_may_not_keep_them) {
    ASSERT_TRUE(put(keeper(), 1));
    const std::int64_t able = add_node("able", "10.0.0.1");
    const std::int64_t old = add_node("old", "10.0.0.2");
    sql("UPDATE nodes SET capabilities = 'dispatch_wait,secrets' WHERE id = ?", {able});
    sql("UPDATE nodes SET capabilities = 'secret' WHERE id = ?", {old});
    NewRelease wanted;
    wanted.created_by = "ann";
    wanted.version = Version{1};
    wanted.is_dry_run = true;
    const auto created = keeper().await(keeper().api().create(wanted));
    ASSERT_TRUE(created) << created.error().message;
    ASSERT_EQ(created->without_secrets.size(), 1U);
    EXPECT_EQ(created->without_secrets[0].name, "old");
    EXPECT_EQ(created->without_secrets[0].node.value, old);
}

TEST_P(SecretsTest, keep_what_an_agent_says_of_itself) {
    const ReleaseId id = add_whole_release(1, {2});
    add_payload(1, R"({"files":[{"path":"a","content":"x"}]})");
    const Claim claim = control().claim(id).value();
    (void)control().read(claim);
    sql("UPDATE nodes SET capabilities = 'secrets'");
    Commit commit;
    for (const std::int64_t node : {node_ids_[0], node_ids_[1]}) {
        NodeChange change;
        change.row_id = number("SELECT id FROM release_task_nodes WHERE node_id = ?", {node});
        change.node = NodeId{node};
        change.to = NodeStatus::success;
        change.has_new_content = true;
        if (node == node_ids_[1]) change.capabilities = "repair,secrets";
        change.evidence = node == node_ids_[1] ? "check,verify_url" : "";
        commit.nodes.push_back(change);
    }
    ASSERT_EQ(control().commit(claim, commit), Committed::done);
    EXPECT_EQ(text("SELECT capabilities FROM nodes WHERE id = ?", {node_ids_[0]}), "NULL")
        << "an older agent is there now";
    EXPECT_EQ(text("SELECT capabilities FROM nodes WHERE id = ?", {node_ids_[1]}),
              "repair,secrets");
    for (const char* table : {"nodes WHERE id = ?", "release_task_nodes WHERE node_id = ?"}) {
        const std::string query = std::string("SELECT evidence FROM ") + table;
        EXPECT_EQ(text(query, {node_ids_[0]}), "") << "nobody has looked";
        EXPECT_EQ(text(query, {node_ids_[1]}), "check,verify_url");
    }
}

TEST_P(SecretsTest, are_sealed_by_another_key) {
    ASSERT_TRUE(put(keeper(), 1));
    add_payload(2, R"({"files":[{"path":"k","content":"plainly hidden","s\u0065cret":true}]})");
    add_payload(3, R"({"files":[{"path":"page","content":"a secret of nobody"}]})");
    add_payload(4, R"({"job":"secret"})");
    const std::string before = stored(1);
    const std::string both = new_key + "\n" + old_key;
    RekeyReport report = rekey(both, true);
    EXPECT_EQ(report.contents, 2);
    EXPECT_EQ(report.changed, 2);
    EXPECT_EQ(report.by_key, (std::map<std::string, std::int64_t>{{"", 1}, {id_of(old_key), 1}}));
    EXPECT_EQ(stored(1), before) << "a dry run";
    EXPECT_EQ(number("SELECT COUNT(*) FROM audit_log WHERE action = 'config.rekey'"), 0);

    report = rekey(both);
    EXPECT_EQ(report.changed, 2);
    EXPECT_EQ(report.fault_count, 0);
    for (const std::int64_t version : {1, 2}) {
        EXPECT_THAT(sealing_keys(stored(version)).value(), ElementsAre(id_of(new_key)));
        EXPECT_THAT(stored(version), Not(HasSubstr("hidden")));
    }
    EXPECT_EQ(number("SELECT COUNT(*) FROM audit_log WHERE action = 'config.rekey'"), 2);
    EXPECT_EQ(rekey(new_key).changed, 0) << "nothing is left to do";
    const ReleaseId id = add_whole_release(1, {1});
    Process after(with(ring(new_key)));
    EXPECT_EQ(read(after, id).content.sha256, digest);
    EXPECT_EQ(payload(after, 1).text, with_secret);
}

TEST_P(SecretsTest, that_cannot_be_sealed_anew_are_named_and_left) {
    ASSERT_TRUE(put(keeper(), 1));
    const std::string before = stored(1);
    const RekeyReport report = rekey(new_key);
    EXPECT_EQ(report.fault_count, 1);
    EXPECT_EQ(report.changed, 0);
    EXPECT_THAT(report.faults,
                ElementsAre(HasSubstr("version 1: file 'key' is sealed by the key")));
    EXPECT_EQ(stored(1), before);
}

TEST_P(SecretsTest, are_found_behind_any_number_of_other_contents) {
    for (int version = 1; version <= 450; ++version)
        add_payload(version, R"({"files":[{"path":"page","content":"no key here"}]})");
    add_payload(0, with_secret);
    add_payload(451, with_secret);
    const RekeyReport report = rekey(old_key);
    EXPECT_EQ(report.changed, 2) << "also below the versions that edgeroll gives";
    EXPECT_THAT(stored(0) + stored(451), Not(HasSubstr("hidden")));
}

TEST_P(SecretsTest, that_cannot_be_read_are_a_fault_of_rekey) {
    ASSERT_TRUE(put(keeper(), 1));
    std::string broken = stored(1);
    broken.replace(broken.find("\"path\""), 6, "\"p@th\"");
    add_payload(2, broken);
    const RekeyReport report = rekey(new_key + "\n" + old_key);
    EXPECT_THAT(report.faults, ElementsAre(HasSubstr("version 2: it cannot be read")));
    EXPECT_EQ(report.changed, 1);
}

TEST_P(SecretsTest, whose_seal_is_damaged_are_a_fault_of_rekey) {
    ASSERT_TRUE(put(keeper(), 1));
    EXPECT_EQ(rekey(old_key).fault_count, 0);
    std::string damaged = stored(1);
    char& byte = damaged[damaged.find("\"data\":\"") + 8];
    byte = byte == 'A' ? 'B' : 'A';
    sql("UPDATE config_versions SET payload = ?", {damaged});
    EXPECT_THAT(rekey(old_key).faults, ElementsAre(HasSubstr("does not fit its seal")));
}

TEST_P(SecretsTest, that_are_pushed_again_are_sealed_again_where_nobody_could_open_them) {
    ASSERT_TRUE(put(keeper(), 1));
    Process after(with(ring(new_key)));
    EXPECT_EQ(put(after, 1)->outcome, ConfigView::Outcome::unchanged);
    EXPECT_EQ(payload(after, 1).text, with_secret) << "the key from before is lost";
    sql("UPDATE config_versions SET payload = ?", {with_secret});
    EXPECT_EQ(put(after, 1)->outcome, ConfigView::Outcome::unchanged);
    EXPECT_THAT(stored(1), Not(HasSubstr("hidden")));
}

TEST_P(SecretsTest, are_refused_at_once_where_no_key_opens_them) {
    ASSERT_TRUE(put(keeper(), 1));
    add_node("n1", "10.0.0.1");
    Process stranger(with(ring(new_key)));
    NewRelease wanted;
    wanted.created_by = "ann";
    wanted.version = Version{1};
    for (const bool is_dry_run : {true, false}) {
        wanted.is_dry_run = is_dry_run;
        const auto created = stranger.await(stranger.api().create(wanted));
        ASSERT_FALSE(created);
        EXPECT_THAT(created.error().message, HasSubstr("which SECRETS_KEY_FILE does not hold"));
    }
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_tasks"), 0);
}

TEST_P(SecretsTest, of_a_rollback_are_judged_when_it_is_asked_for) {
    ASSERT_TRUE(put(keeper(), 1));
    const ReleaseId id = add_whole_release(2, {1});
    add_payload(2, R"({"files":[{"path":"a","content":"x"}]})");
    set(id, "status = 'success', finished_at = created_at");
    sql("UPDATE release_task_nodes SET status = 'success', previous_config_version = 1");
    sql("UPDATE nodes SET applied_version = 2, applied_config_version = 2");
    RollbackRequest request;
    request.id = id;
    request.actor = "ann";
    for (const bool is_dry_run : {true, false}) {
        request.is_dry_run = is_dry_run;
        const auto refused = control().await(control().api().roll_back(request));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, release::code::wrong_state);
        EXPECT_THAT(refused.error().message, HasSubstr("SECRETS_KEY_FILE is not set"));
    }
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_tasks"), 1) << "it may be asked for again";
    const auto done = keeper().await(keeper().api().roll_back(request));
    ASSERT_TRUE(done) << done.error().message;
    ASSERT_EQ(done->created.without_secrets.size(), 1U);
    EXPECT_EQ(done->created.without_secrets[0].name, "n1");
}

TEST_P(SecretsTest, that_another_process_could_open_are_told_apart_from_a_broken_content) {
    ASSERT_TRUE(put(keeper(), 1));
    const ReleaseId id = add_whole_release(1, {1});
    EXPECT_THAT(read(control(), id).closed, HasSubstr("SECRETS_KEY_FILE is not set"));
    sql("UPDATE release_tasks SET lease_expires_at = NULL");
    EXPECT_EQ(read(keeper(), id).closed, "");
}

EDGEROLL_ON_BOTH_DATABASES(SecretsTest);

}  // namespace
}  // namespace edgeroll::control::testing
