// Bans through the API's store, by either digest, and their rows in the audit log.
#include "release/wire/content.hpp"
#include "tests/store/audit_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
namespace code = release::code;

constexpr const char* templated =
    R"({"files":[{"path":"a","content":"${node.name}","template":true}]})";

class ApiBanTest : public AuditTest {
  protected:
    void add_content(std::int64_t version, const std::string& payload = templated) {
        sql("INSERT INTO config_versions (version, payload) VALUES (?, ?)", {version, payload});
    }
    static std::string digest_of(const std::string& payload) {
        return release::wire::read_stored_content(payload)->sha256;
    }
    static std::string older_digest_of(const std::string& payload) {
        return release::wire::read_stored_content(payload)->plain_sha256;
    }
    static BanRequest request(const std::string& reason) {
        BanRequest wanted;
        wanted.reason = reason;
        wanted.created_by = "ann";
        wanted.by = by("ann");
        return wanted;
    }
    Result<Banned> try_to_ban(std::int64_t version) {
        BanRequest wanted = request("it broke eu");
        wanted.version = Version{version};
        return control().await(control().api().add_ban(wanted));
    }
    Banned ban(std::int64_t version) {
        BanRequest wanted = request("it broke eu");
        wanted.version = Version{version};
        return control().get(control().api().add_ban(wanted));
    }
    Banned ban(const std::string& sha256) {
        BanRequest wanted = request("by digest");
        wanted.sha256 = sha256;
        return control().get(control().api().add_ban(wanted));
    }
    Result<BanView> lift(const std::string& sha256) {
        return control().await(control().api().remove_ban({sha256, by("bob")}));
    }
    /// Why the version's content is not released; empty: it is.
    std::string refusal(std::int64_t version) {
        NewRelease wanted;
        wanted.version = Version{version};
        wanted.created_by = "ann";
        wanted.is_dry_run = true;
        const auto created = control().await(control().api().create(wanted));
        return created ? "" : created.error().message;
    }
    std::int64_t bans() { return number("SELECT COUNT(*) FROM banned_contents"); }
};

TEST_P(ApiBanTest, bans_the_content_of_a_version_until_it_is_lifted) {
    add_node("edge-1", "10.0.0.1");
    add_content(5);
    const std::string digest = digest_of(templated);
    const Banned done = ban(5);
    EXPECT_TRUE(done.is_new);
    EXPECT_EQ(done.ban.sha256, digest);
    EXPECT_EQ(done.ban.reason, "it broke eu");
    EXPECT_EQ(done.ban.created_by, "ann");
    EXPECT_EQ(done.ban.created_at.back(), 'Z');
    EXPECT_EQ(number("SELECT digest_rule FROM banned_contents"), 2) << "this content only";
    EXPECT_EQ(refusal(5),
              "the content of version 5 is banned (it broke eu): release another, set force, or "
              "lift the ban with edgeroll ban remove " +
                  digest);
    const auto lifted = lift(digest);
    ASSERT_TRUE(lifted) << lifted.error().message;
    EXPECT_EQ(lifted->reason, "it broke eu");
    EXPECT_EQ(bans(), 0);
    EXPECT_EQ(refusal(5), "");
    EXPECT_EQ(lift(digest).error().code, code::not_found);
    EXPECT_THAT(acts(), ElementsAre("token:ann 192.0.2.1 ban.add ban:" + digest,
                                    "token:bob 192.0.2.1 ban.remove ban:" + digest));
    expect_whole();
}

TEST_P(ApiBanTest, every_act_is_audited_with_its_reason) {
    add_content(5);
    ban(5);
    EXPECT_EQ(last_detail(), Json({{"version", 5}, {"reason", "it broke eu"}}));
    ban(std::string(64, 'b'));
    EXPECT_EQ(last_detail(), Json({{"reason", "by digest"}}));
    ASSERT_TRUE(lift(std::string(64, 'b')));
    const Json detail = last_detail();
    EXPECT_EQ(detail.at("reason"), "by digest");
    EXPECT_EQ(detail.at("banned_by"), "ann");
    EXPECT_THAT(detail.at("banned_at").get<std::string>(), HasSubstr("T"));
    EXPECT_EQ(count(), 3);
}

TEST_P(ApiBanTest, a_second_ban_changes_nothing_and_names_the_first) {
    add_content(5);
    ban(5);
    const std::int64_t rows = count();
    BanRequest other = request("another reason");
    other.version = Version{5};
    const Banned again = control().get(control().api().add_ban(other));
    EXPECT_FALSE(again.is_new);
    EXPECT_EQ(again.ban.reason, "it broke eu");
    EXPECT_EQ(count(), rows) << "nothing was done";
    EXPECT_TRUE(ban(digest_of(templated)).is_new) << "a digest bans by either rule";
    EXPECT_FALSE(ban(digest_of(templated)).is_new);
    EXPECT_EQ(bans(), 1);
    EXPECT_EQ(count(), rows + 1);
    EXPECT_EQ(number("SELECT COUNT(*) FROM banned_contents WHERE digest_rule IS NULL"), 1);
}

TEST_P(ApiBanTest, a_version_whose_digest_is_of_other_bytes_bans_nothing) {
    add_content(5);
    sql("UPDATE config_versions SET sha256 = ? WHERE version = 5", {std::string(64, 'c')});
    BanRequest wanted = request("it broke eu");
    wanted.version = Version{5};
    const auto refused = control().await(control().api().add_ban(wanted));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("not that of its payload"));
    EXPECT_EQ(bans(), 0);
}

TEST_P(ApiBanTest, a_ban_by_the_older_digest_counts_and_is_named) {
    add_node("edge-1", "10.0.0.1");
    add_content(5);
    std::string capitals = older_digest_of(templated);
    for (char& c : capitals)
        c = static_cast<char>(std::toupper(c));
    sql("INSERT INTO banned_contents (sha256, reason) VALUES (?, 'of a pipeline')", {capitals});
    EXPECT_THAT(refusal(5), HasSubstr("edgeroll ban remove " + capitals))
        << "the row that is in the way, not the content's own digest";
    const Banned again = ban(5);
    EXPECT_FALSE(again.is_new);
    EXPECT_EQ(again.ban.sha256, capitals);
    EXPECT_EQ(again.ban.reason, "of a pipeline");
    EXPECT_EQ(lift(digest_of(templated)).error().code, code::not_found);
    ASSERT_TRUE(lift(older_digest_of(templated))) << "in any case";
    EXPECT_EQ(refusal(5), "");
}

TEST_P(ApiBanTest, a_digest_bans_by_either_rule) {
    add_node("edge-1", "10.0.0.1");
    add_content(5);
    EXPECT_TRUE(ban(older_digest_of(templated)).is_new);
    EXPECT_NE(refusal(5), "");
    EXPECT_EQ(number("SELECT COUNT(*) FROM banned_contents WHERE digest_rule IS NULL"), 1);
}

TEST_P(ApiBanTest, refuses_a_version_without_content) {
    EXPECT_EQ(try_to_ban(5).error().code, code::not_found);
    EXPECT_THAT(try_to_ban(5).error().message, HasSubstr("version 5 has no content"));
    add_content(6, "nonsense");
    EXPECT_EQ(try_to_ban(6).error().code, code::invalid);
    EXPECT_EQ(bans(), 0);
    EXPECT_EQ(count(), 0);
}

TEST_P(ApiBanTest, lists_the_newest_first_in_pages) {
    for (int i = 1; i <= 5; ++i) {
        sql("INSERT INTO banned_contents (sha256, created_at) VALUES (?, ?)",
            {std::string(64, static_cast<char>('0' + i)),
             "2026-01-0" + std::to_string(i) + " 00:00:00.000"});
    }
    const BanPage first = control().get(control().api().bans(1, 2));
    EXPECT_EQ(first.total, 5);
    ASSERT_THAT(first.items, SizeIs(2));
    EXPECT_EQ(first.items[0].sha256, std::string(64, '5'));
    EXPECT_EQ(first.items[0].created_at, "2026-01-05T00:00:00.000Z");
    EXPECT_EQ(first.items[1].sha256, std::string(64, '4'));
    const BanPage last = control().get(control().api().bans(3, 2));
    ASSERT_THAT(last.items, SizeIs(1));
    EXPECT_EQ(last.items[0].sha256, std::string(64, '1'));
    EXPECT_EQ(control().await(control().api().bans(1, 101)).error().code, code::invalid);
    EXPECT_EQ(control().get(control().api().gauges()).bans, 5);
}

TEST_P(ApiBanTest, what_is_no_digest_can_be_taken_away_too) {
    sql("INSERT INTO banned_contents (sha256) VALUES ('Nonsense')");
    ASSERT_TRUE(lift("Nonsense"));
    EXPECT_EQ(bans(), 0);
    EXPECT_EQ(acts().back(), "token:bob 192.0.2.1 ban.remove ban:Nonsense");
}

TEST_P(ApiBanTest, of_two_at_once_both_are_answered_with_one_row) {
    Process other(url(), "control-2");
    for (int i = 0; i < 10; ++i) {
        BanRequest wanted = request("at once");
        wanted.sha256 = std::string(63, 'c') + std::to_string(i);
        std::optional<Result<Banned>> first, second;
        control().start(control().api().add_ban(wanted), first);
        other.start(other.api().add_ban(wanted), second);
        control().run_until(first);
        other.run_until(second);
        ASSERT_TRUE(*first) << first->error().message;
        ASSERT_TRUE(*second) << second->error().message;
        EXPECT_NE((*first)->is_new, (*second)->is_new) << i;
        EXPECT_EQ((*first)->ban.sha256, (*second)->ban.sha256);
    }
    EXPECT_EQ(bans(), 10);
    EXPECT_EQ(count(), 10) << "a row an act";
}

EDGEROLL_ON_BOTH_DATABASES(ApiBanTest);

}  // namespace
}  // namespace edgeroll::control::testing
