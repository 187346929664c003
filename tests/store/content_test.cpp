// Digests of a version's content, changes to it, and bans.
#include <cctype>
#include <memory>

#include "control/store/engine/content_book.hpp"
#include "release/wire/payload.hpp"
#include "tests/store/steering_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string literal = R"({"files":[{"path":"a","content":"on ${node.name}"}]})";
const std::string filled_in =
    R"({"files":[{"path":"a","content":"on ${node.name}","template":true}]})";

std::string digest_of_payload(const std::string& text) {
    return release::wire::content_digest(*release::wire::parse_payload(text));
}

std::string older_digest() {
    return release::wire::plain_digest(*release::wire::parse_payload(literal));
}

class ContentTest : public SteeringTest {
  protected:
    void add_payload(std::int64_t version, const std::string& payload,
                     const std::string& sha256 = "") {
        sql("INSERT INTO config_versions (version, payload, sha256) VALUES (?, ?, ?)",
            {version, payload, sha256.empty() ? Value{} : Value{sha256}});
    }
    release::Snapshot read(ReleaseId id) {
        sql("UPDATE release_tasks SET lease_expires_at = NULL WHERE id = ?", {id.value});
        return control().read(control().claim(id).value()).value();
    }
    std::string sha256_in_row(std::int64_t version) {
        return text("SELECT sha256 FROM config_versions WHERE version = ?", {version});
    }
    void ban(const std::string& sha256) {
        sql("INSERT INTO banned_contents (sha256, reason) VALUES (?, 'melted')", {sha256});
    }
    Result<ConfigView> put(std::int64_t version, const std::string& payload,
                           const std::string& note = "") {
        ConfigView config;
        config.version = Version{version};
        config.payload = payload;
        config.note = note;
        config.created_by = "ann";
        return control().await(control().api().put_config(config));
    }
};

TEST_P(ContentTest, of_a_template_is_another_than_of_the_same_text_taken_literally) {
    add_payload(1, literal);
    add_payload(2, filled_in);
    const ReleaseId first = add_whole_release(1, {1});
    const ReleaseId second = add_release(2, 1);
    add_row(second, node_ids_[0]);
    EXPECT_EQ(read(first).content.sha256, digest_of_payload(literal));
    EXPECT_EQ(read(second).content.sha256, digest_of_payload(filled_in));
    EXPECT_EQ(sha256_in_row(2), digest_of_payload(filled_in)) << "filled in";
    const auto payload =
        control().get(control().store().payload(Version{2}, release::TaskType::apply_config));
    EXPECT_EQ(payload->sha256, digest_of_payload(filled_in));
    EXPECT_EQ(payload->plain_sha256, older_digest()) << "for agents that know no other";
    EXPECT_FALSE(payload->is_repeated) << "no node holds it";
}

// A database of an older program: contents, releases and nodes have its digests.
TEST_P(ContentTest, digests_of_an_older_program_become_the_new_ones_at_the_first_use) {
    add_payload(1, filled_in, older_digest());
    const ReleaseId id = add_whole_release(1, {1, 1});
    sql("UPDATE release_tasks SET status = 'running', batch_status = 'running', current_batch = 1, "
        "total_batches = 2, content_sha256 = ?",
        {older_digest()});
    sql("UPDATE nodes SET applied_version = 1, applied_config_version = 1, applied_sha256 = ? "
        "WHERE id = 1",
        {older_digest()});
    const release::Snapshot snapshot = read(id);
    EXPECT_THAT(snapshot.problems, IsEmpty());
    EXPECT_EQ(snapshot.content_sha256, digest_of_payload(filled_in));
    EXPECT_EQ(snapshot.content.sha256, digest_of_payload(filled_in));
    EXPECT_EQ(snapshot.nodes[0].facts.applied_sha256, digest_of_payload(filled_in));
    EXPECT_EQ(sha256_in_row(1), digest_of_payload(filled_in));
    EXPECT_EQ(field(id, "content_sha256"), digest_of_payload(filled_in));
    EXPECT_EQ(text("SELECT applied_sha256 FROM nodes WHERE id = 1"), digest_of_payload(filled_in));
    EXPECT_EQ(text("SELECT applied_sha256 FROM nodes WHERE id = 2"), "NULL");
}

TEST_P(ContentTest, digests_of_an_older_program_make_no_drift) {
    add_payload(1, filled_in, older_digest());
    const ReleaseId id = add_whole_release(1, {1});
    set(id,
        "status = 'success', finished_at = created_at, content_sha256 = '" + older_digest() + "'");
    sql("UPDATE release_task_nodes SET status = 'success'");
    sql("UPDATE nodes SET applied_version = 1, applied_config_version = 1, applied_sha256 = ?",
        {older_digest()});
    const auto drifts = [&] {
        return control().get(control().api().nodes()).at(0).drift != release::DriftKind::none;
    };
    EXPECT_FALSE(drifts());
    // A rollback gives the content to nodes: the first use.
    const ReleaseId undo = add_release(2, 1);
    add_row(undo, node_ids_[0]);
    set_row(undo, node_ids_[0], "config_version = 1");
    set(undo, "rolls_back = " + std::to_string(id.value));
    (void)read(undo);
    EXPECT_EQ(sha256_in_row(1), digest_of_payload(filled_in));
    EXPECT_FALSE(drifts());
}

TEST_P(ContentTest, is_released_again_although_an_older_program_started_it) {
    add_payload(1, filled_in, older_digest());
    const ReleaseId id = add_whole_release(1, {1});
    set(id,
        "status = 'failed', finished_at = created_at, content_sha256 = '" + older_digest() + "'");
    NewRelease wanted;
    wanted.created_by = "ann";
    wanted.from_release = id;
    const auto created = control().await(control().api().create(wanted));
    ASSERT_TRUE(created) << created.error().message;
    EXPECT_EQ(sha256_in_row(created->version.value), digest_of_payload(filled_in));
    sql("DELETE FROM release_tasks WHERE id <> ?", {id.value});
    sql("UPDATE release_task_nodes SET status = 'failed'");
    const auto retried = retry(id);
    ASSERT_TRUE(retried) << retried.error().message;
    EXPECT_THAT(read(id).problems, IsEmpty());
}

TEST_P(ContentTest, that_nobody_used_is_never_given_the_digest_of_another) {
    const ReleaseId id = add_whole_release(1, {1});
    add_payload(1, literal);
    const Claim claim = control().claim(id).value();
    // The content changes between the read and the write of its first use.
    FirstUse use;
    use.version = Version{1};
    use.sha256 = use.older_sha256 = digest_of_payload(literal);
    use.text = std::make_shared<const std::string>(literal);
    sql("UPDATE config_versions SET payload = ?", {filled_in});
    write_first_use(hand(), use);
    EXPECT_EQ(sha256_in_row(1), "NULL");
    EXPECT_EQ(control().read(claim)->content.sha256, digest_of_payload(filled_in));
    EXPECT_EQ(sha256_in_row(1), digest_of_payload(filled_in));
}

TEST_P(ContentTest, remembers_that_it_was_claimed) {
    add_payload(1, literal);
    add_payload(2, literal);
    const auto used = [&] {
        return number(
            "SELECT COUNT(*) FROM config_versions WHERE used_at IS "
            "NOT NULL");
    };
    const ReleaseId id = add_whole_release(2, {1});
    EXPECT_EQ(used(), 0);
    (void)read(id);
    EXPECT_EQ(used(), 1);
    const std::string at = text("SELECT used_at FROM config_versions WHERE version = 2");
    (void)read(id);
    EXPECT_EQ(text("SELECT used_at FROM config_versions WHERE version = 2"), at);
    sql("DELETE FROM release_tasks");
    sql("DELETE FROM release_task_nodes");
    EXPECT_EQ(refusal(put(2, filled_in)).code, code::exists) << "deleted rows make it no newer";
    EXPECT_EQ(put(1, filled_in)->outcome, ConfigView::Outcome::replaced);
}

TEST_P(ContentTest, may_be_replaced_until_it_is_in_use) {
    const auto stored = put(5, literal, "one");
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->outcome, ConfigView::Outcome::stored);
    EXPECT_EQ(put(5, R"({ "files" : [{"content":"on ${node.name}","path":"a"}] })", "one")->outcome,
              ConfigView::Outcome::unchanged)
        << "spelled otherwise";
    const auto replaced = put(5, filled_in, "one");
    ASSERT_TRUE(replaced) << replaced.error().message;
    EXPECT_EQ(replaced->outcome, ConfigView::Outcome::replaced) << "the flag is content";
    EXPECT_EQ(replaced->payload, filled_in);
    EXPECT_EQ(replaced->sha256, digest_of_payload(filled_in));
    EXPECT_EQ(put(5, filled_in, "two")->outcome, ConfigView::Outcome::replaced) << "another note";
    EXPECT_EQ(put(5, filled_in, "two")->note, "two");

    const auto refused = [&](const char* how) {
        const auto other = refusal(put(5, literal, "two"));
        EXPECT_EQ(other.code, code::exists) << how;
        EXPECT_THAT(other.message, HasSubstr("another content and is in use")) << how;
        EXPECT_THAT(refusal(put(5, filled_in, "three")).message, HasSubstr("another note")) << how;
        EXPECT_EQ(put(5, filled_in, "two")->outcome, ConfigView::Outcome::unchanged) << how;
    };
    const ReleaseId id = add_release(5, 1);
    refused("named by a release");
    set(id, "status = 'failed', finished_at = created_at");
    refused("whatever its status");
    sql("DELETE FROM release_tasks");
    add_node("n1", "10.0.0.1");
    sql("UPDATE nodes SET applied_version = 5");
    refused("a node runs it");
    sql("UPDATE nodes SET applied_version = 9, applied_config_version = 5");
    refused("a rollback gave it to a node");
    sql("UPDATE nodes SET applied_version = NULL, applied_config_version = NULL");
    const ReleaseId undo = add_release(8, 1);
    add_row(undo, 1);
    set_row(undo, 1, "config_version = 5");
    refused("a rollback is to give it");
    sql("DELETE FROM release_tasks");
    EXPECT_EQ(put(5, literal, "two")->outcome, ConfigView::Outcome::replaced);
}

TEST_P(ContentTest, ban_of_a_literal_text_does_not_ban_the_template) {
    // The version with the forgotten flag was rolled back, and the next version corrects it.
    add_payload(5, R"({"files":[{"path":"a","content":"before"}]})");
    add_payload(7, literal, digest_of_payload(literal));
    const ReleaseId id = add_failed_release(7, 5, 'a');
    set(id, "content_sha256 = '" + digest_of_payload(literal) + "'");
    ASSERT_TRUE(roll_back(id));
    EXPECT_EQ(text("SELECT sha256 FROM banned_contents"), digest_of_payload(literal));
    add_payload(20, filled_in);
    add_payload(21, literal);
    NewRelease wanted;
    wanted.created_by = "ann";
    wanted.version = Version{20};
    const auto created = control().await(control().api().create(wanted));
    ASSERT_TRUE(created) << created.error().message;
    const release::Snapshot snapshot = read(created->id);
    EXPECT_THAT(snapshot.problems, IsEmpty());
    EXPECT_THAT(snapshot.bans, IsEmpty()) << "older agents would take it for that one";
    wanted.version = Version{21};
    EXPECT_THAT(refusal(control().await(control().api().create(wanted))).message,
                HasSubstr("is banned"));
}

TEST_P(ContentTest, ban_by_an_older_program_bans_what_it_fits) {
    ban(older_digest());
    add_payload(1, filled_in);
    const ReleaseId id = add_whole_release(1, {1});
    EXPECT_THAT(read(id).problems, ElementsAre("the content of version 1 is banned: melted"));
    set(id, "forced = 1");
    const release::Snapshot forced = read(id);
    EXPECT_THAT(forced.problems, IsEmpty());
    EXPECT_THAT(forced.bans, ElementsAre(older_digest()));
}

TEST_P(ContentTest, ban_is_known_by_capitals_too_and_nonsense_is_not_told_to_agents) {
    std::string capitals = digest_of_payload(literal);
    for (char& c : capitals)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    ban(capitals);
    ban("nonsense");
    ban("");
    add_payload(1, literal);
    const ReleaseId id = add_whole_release(1, {1});
    const release::Snapshot snapshot = read(id);
    EXPECT_THAT(snapshot.problems, ElementsAre("the content of version 1 is banned: melted"));
    EXPECT_THAT(snapshot.bans, ElementsAre(digest_of_payload(literal)));
}

TEST_P(ContentTest, of_a_retry_is_held_against_bans_by_either_rule) {
    add_payload(1, filled_in);
    const ReleaseId id = add_whole_release(1, {1});
    set(id, "status = 'failed', finished_at = created_at, content_sha256 = '" +
                digest_of_payload(filled_in) + "'");
    sql("INSERT INTO banned_contents (sha256, digest_rule) VALUES (?, 2)", {older_digest()});
    sql("UPDATE release_task_nodes SET status = 'failed'");
    ASSERT_TRUE(retry(id)) << "that is the literal text";
    set(id, "status = 'failed', finished_at = created_at");
    sql("UPDATE release_task_nodes SET status = 'failed'");
    sql("UPDATE banned_contents SET digest_rule = NULL");
    EXPECT_THAT(refusal(retry(id)).message, HasSubstr("was banned since"));
}

EDGEROLL_ON_BOTH_DATABASES(ContentTest);

}  // namespace
}  // namespace edgeroll::control::testing
