// Versions: those assigned by edgeroll only grow, and unusable versions do no harm.
#include <algorithm>
#include <set>
#include <thread>

#include "control/api/ports/version_bound.hpp"
#include "control/store/db/schema.hpp"
#include "control/store/rows/version_mark.hpp"
#include "release/step.hpp"
#include "tests/store/steering_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class VersionTest : public SteeringTest {
  protected:
    NewRelease wanted(std::optional<std::int64_t> version = std::nullopt) {
        NewRelease request;
        request.created_by = "ann";
        request.is_reload_only = true;
        if (version) request.version = Version{*version};
        return request;
    }
    /// The version of a new release, or the negative code of the refusal.
    std::int64_t create(std::optional<std::int64_t> version = std::nullopt) {
        const auto created = control().await(control().api().create(wanted(version)));
        return created ? created->version.value : -created.error().code;
    }
    void delete_everything() {
        for (const char* table :
             {"release_tasks", "release_task_nodes", "release_events", "config_versions"}) {
            sql(std::string("DELETE FROM ") + table);
        }
        sql("UPDATE nodes SET applied_version = NULL, applied_config_version = NULL");
    }
    std::int64_t mark() { return number("SELECT value FROM counters WHERE name = 'version'"); }
    /// Claims it and carries out the core's decisions.
    void run(ReleaseId id) {
        const Claim claim = control().claim(id).value();
        release::Observed observed;
        observed.snapshot = control().read(claim).value();
        const release::Step done =
            release::step(release::Release{}, release::Event{observed}, release::Instant{});
        EXPECT_EQ(control().commit(claim, done.commit), Committed::done);
    }
};

TEST_P(VersionTest, only_grow_whatever_is_deleted) {
    add_node("n1", "10.0.0.1");
    EXPECT_EQ(create(), 1);
    EXPECT_EQ(create(), 2);
    delete_everything();
    EXPECT_EQ(create(), 3);
    EXPECT_EQ(create(50), 50);
    delete_everything();
    EXPECT_EQ(create(40), 40) << "a number of the caller's own is held against the rows only";
    EXPECT_EQ(create(), 51);
    sql("DELETE FROM counters");
    EXPECT_EQ(create(), 52) << "from the rows";
    EXPECT_EQ(mark(), 52);
}

TEST_P(VersionTest, of_a_release_that_arrived_by_sql_are_not_given_out_again) {
    const ReleaseId id = add_whole_release(30, {1});
    run(id);
    EXPECT_EQ(mark(), 30);
    delete_everything();
    EXPECT_EQ(create(), 31);
    const ReleaseId again = add_release(7, 1);
    add_row(again, node_ids_[0]);
    EXPECT_THAT(control().read(control().claim(again).value())->problems, IsEmpty())
        << "a row is never refused for its number";
}

TEST_P(VersionTest, that_somebody_made_up_do_not_use_up_the_others) {
    add_node("n1", "10.0.0.1");
    EXPECT_EQ(create(), 1);
    const ReleaseId id = add_release(marked_max + 1, 1);
    add_row(id, 1);
    run(id);
    EXPECT_EQ(mark(), 1);
    EXPECT_EQ(create(), 2);
    sql("UPDATE nodes SET applied_version = ?", {marked_max + 5});
    EXPECT_EQ(create(), marked_max + 6) << "agents take nothing below what they have";
    sql("UPDATE nodes SET applied_version = NULL");
    EXPECT_EQ(create(), marked_max + 7) << "that one was given out";
    EXPECT_EQ(create(version_max), version_max);
    sql("DELETE FROM release_tasks");
    EXPECT_EQ(create(), marked_max + 8);
}

TEST_P(VersionTest, begin_above_what_a_database_had_before_there_was_a_mark) {
    for (const char* table : {"counters", "schema_migrations"})
        EXPECT_GT(number(std::string("SELECT COUNT(*) FROM ") + table), 0);
    add_node("n1", "10.0.0.1");
    add_release(12, 1);
    add_release(marked_max + 9, 1);
    sql("UPDATE nodes SET applied_version = 15");
    // Repeats the migration from here.
    sql("DELETE FROM counters");
    for (const Migration& migration : known_migrations(GetParam())) {
        if (migration.version != 4) continue;
        const std::string all(migration.sql);
        const auto at = all.find("INSERT");
        hand().run(all.substr(at, all.find(";\n", at) - at));
    }
    EXPECT_EQ(mark(), 15);
}

TEST_P(VersionTest, of_rollbacks_grow_too) {
    add_content(5, 'b');
    add_content(7, 'a');
    const ReleaseId id = add_failed_release(7, 5, 'a');
    sql("UPDATE counters SET value = 90");
    EXPECT_EQ(roll_back(id)->created.version, Version{91});
    EXPECT_EQ(mark(), 91);
}

TEST_P(VersionTest, are_given_out_once_to_many_at_the_same_time) {
    add_node("n1", "10.0.0.1");
    constexpr int callers = 4;
    constexpr int each = 5;
    std::vector<std::vector<std::int64_t>> given(callers);
    std::vector<std::thread> threads;
    for (int i = 0; i < callers; ++i) {
        threads.emplace_back([&, i] {
            Process process(url(), "p" + std::to_string(i));
            for (int k = 0; k < each; ++k) {
                // Deleted at once: only the mark remembers the version.
                const auto created = process.await(process.api().create(wanted()));
                if (!created) continue;
                given[static_cast<std::size_t>(i)].push_back(created->version.value);
                const auto connection = connect(url());
                Transaction transaction(*connection, Transaction::Kind::write);
                connection->execute("DELETE FROM release_tasks WHERE version = ?",
                                    {created->version.value});
                transaction.commit();
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    std::set<std::int64_t> distinct;
    std::size_t count = 0;
    for (const auto& versions : given) {
        EXPECT_TRUE(std::is_sorted(versions.begin(), versions.end()));
        distinct.insert(versions.begin(), versions.end());
        count += versions.size();
    }
    EXPECT_GT(count, 0U);
    EXPECT_THAT(distinct, SizeIs(count));
}

TEST_P(VersionTest, are_given_out_to_everybody_who_asks_at_the_same_time) {
    add_node("n1", "10.0.0.1");
    constexpr int callers = 12, each = 8;
    std::vector<std::vector<std::string>> refusals(callers);
    std::vector<std::thread> threads;
    for (int i = 0; i < callers; ++i) {
        threads.emplace_back([&, i] {
            Process process(url(), "p" + std::to_string(i));
            for (int k = 0; k < each; ++k) {
                const auto created = process.await(process.api().create(wanted()));
                if (!created) {
                    refusals[static_cast<std::size_t>(i)].push_back(created.error().message);
                }
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    for (const auto& of_one : refusals)
        EXPECT_THAT(of_one, ::testing::IsEmpty());
    EXPECT_EQ(number("SELECT COUNT(DISTINCT version) FROM release_tasks"), callers * each);
}

TEST_P(VersionTest, that_cannot_be_fail_their_release_and_keep_nobody_waiting) {
    const ReleaseId good = add_whole_release(5, {1});
    std::vector<std::string> wrong{"9223372036854775807", "9223372036854774807", "0", "-3"};
    if (!is_mysql()) {
        for (const char* loose : {"9223372036854775808", "1e300", "2.5", "'many'", "x'00'"})
            wrong.emplace_back(loose);
    }
    std::vector<ReleaseId> bad;
    for (const std::string& version : wrong) {
        sql("INSERT INTO release_tasks (version, total_nodes, not_before) VALUES (" + version +
            ", 1, '2037-01-01 00:00:00')");
        bad.push_back(ReleaseId{number("SELECT MAX(id) FROM release_tasks")});
        add_row(bad.back(), node_ids_[0]);
    }
    EXPECT_THAT(control().claimable(), ElementsAre(good.value)) << "none of them goes first";
    EXPECT_THAT(control().get(control().api().release(good)).summary.blockers, IsEmpty());
    sql("UPDATE release_tasks SET not_before = NULL");
    for (std::size_t i = 0; i < bad.size(); ++i) {
        run(bad[i]);
        EXPECT_EQ(field(bad[i], "status"), "failed") << wrong[i];
        EXPECT_THAT(field(bad[i], "last_error"),
                    HasSubstr("version must be a whole number from 1 to 9223372036854774806"))
            << wrong[i];
        EXPECT_EQ(row_field(bad[i], node_ids_[0], "status"), "skipped") << wrong[i];
    }
    EXPECT_EQ(create(), 6) << "what was wrong is no highest version";
}

TEST_P(VersionTest, end_a_little_below_the_largest_integer) {
    const ReleaseId id = add_release(9223372036854774806, 1);
    add_row(id, add_node("n1", "10.0.0.1"));
    EXPECT_THAT(control().read(control().claim(id).value())->problems, IsEmpty());
}

TEST_P(VersionTest, that_cannot_be_can_be_stopped) {
    const ReleaseId id = add_release(9223372036854775807, 1);
    add_row(id, add_node("n1", "10.0.0.1"));
    ASSERT_TRUE(steer(id, release::Steering::stop));
    run(id);
    EXPECT_EQ(field(id, "status"), "cancelled");
}

TEST_P(VersionTest, that_cannot_be_are_not_known_of_a_node) {
    const ReleaseId id = add_whole_release(5, {1});
    std::vector<std::string> wrong{"9223372036854775807", "9223372036854774807", "-3"};
    if (!is_mysql()) {
        for (const char* loose : {"9223372036854775808", "2.5", "'many'"})
            wrong.emplace_back(loose);
    }
    for (const std::string& version : wrong) {
        sql("UPDATE nodes SET applied_version = " + version);
        sql("UPDATE release_tasks SET lease_expires_at = NULL");
        const auto snapshot = control().read(control().claim(id).value());
        EXPECT_FALSE(snapshot->nodes.at(0).facts.applied_version) << version;
        EXPECT_FALSE(control().get(control().api().nodes()).at(0).applied_version) << version;
    }
}

EDGEROLL_ON_BOTH_DATABASES(VersionTest);

}  // namespace
}  // namespace edgeroll::control::testing
