// Releases as the API creates and shows them.
#include <thread>

#include "release/wire/json_util.hpp"
#include "release/wire/payload.hpp"
#include "samples.hpp"
#include "tests/store/store_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace code = release::code;

class ApiReleaseTest : public StoreTest {
  protected:
    void add_nodes(int count) {
        for (int i = 1; i <= count; ++i) {
            node_ids_.push_back(add_node("n" + std::to_string(i), "10.0.0." + std::to_string(i)));
        }
    }
    void add_content(std::int64_t version) {
        sql("INSERT INTO config_versions (version, payload) VALUES (?, ?)",
            {version, payload_text});
    }
    NewRelease request(std::optional<std::int64_t> version = std::nullopt) {
        NewRelease wanted;
        if (version) wanted.version = Version{*version};
        wanted.created_by = "alice";
        wanted.reason = "because";
        wanted.request_sha256 = "sha-1";
        return wanted;
    }
    Result<CreatedRelease> create(const NewRelease& wanted) {
        return control().await(control().api().create(wanted));
    }
    int refusal(const NewRelease& wanted) {
        const auto created = create(wanted);
        return created ? 0 : created.error().code;
    }
};

TEST_P(ApiReleaseTest, creates_a_release_that_can_be_claimed) {
    add_nodes(5);
    add_content(42);
    const auto created = create(request(42));
    ASSERT_TRUE(created) << created.error().message;
    EXPECT_EQ(created->version.value, 42);
    ASSERT_THAT(created->plan, SizeIs(5));
    EXPECT_EQ(created->plan[0].batch, 1);
    EXPECT_EQ(created->plan[1].batch, 2);
    EXPECT_THAT(created->plan_sha256, SizeIs(64));
    EXPECT_THAT(control().claimable(), ElementsAre(created->id.value));
    EXPECT_THAT(history(created->id), ElementsAre("release_created"));
    const auto view = control().get(control().api().release(created->id));
    EXPECT_EQ(view.summary.version.value, 42);
    EXPECT_EQ(view.summary.created_by, "alice");
    EXPECT_EQ(view.summary.reason, "because");
    EXPECT_EQ(view.summary.total_nodes, 5);
    EXPECT_EQ(view.summary.counts.pending, 5);
    EXPECT_TRUE(view.summary.is_due);
    EXPECT_FALSE(view.summary.has_lease);
    ASSERT_THAT(view.nodes, SizeIs(5));
    EXPECT_EQ(view.nodes[0].name, "n1");
    EXPECT_EQ(view.summary.created_at.size(), std::string("2026-11-21T02:00:00.000Z").size());
    EXPECT_EQ(view.summary.created_at.back(), 'Z');
    EXPECT_EQ(view.summary.started_at, "");
}

TEST_P(ApiReleaseTest, takes_the_next_version_when_none_is_given) {
    add_nodes(1);
    EXPECT_EQ(create(request())->version.value, 1);
    add_content(7);
    EXPECT_EQ(create(request())->version.value, 8);
    sql("UPDATE nodes SET applied_version = 20");
    EXPECT_EQ(create(request())->version.value, 21);
    sql("UPDATE nodes SET applied_version = 9223372036854775807");
    EXPECT_EQ(create(request())->version.value, 22) << "no possible version counts as none";
    sql("UPDATE nodes SET applied_version = 9007199254740990");
    EXPECT_EQ(create(request())->version.value, 9007199254740991) << "2^53 - 1";
    EXPECT_EQ(refusal(request()), code::wrong_state) << "there is no higher one";
    EXPECT_EQ(number("SELECT COUNT(*) FROM config_versions"), 1) << "such a release only reloads";
}

TEST_P(ApiReleaseTest, refuses_with_the_right_code) {
    EXPECT_EQ(refusal(request()), code::wrong_state) << "no node";
    add_nodes(2);
    EXPECT_EQ(refusal(request(5)), code::not_found) << "no content";
    add_content(5);
    EXPECT_EQ(refusal(request(5)), 0);
    EXPECT_EQ(refusal(request(5)), code::exists) << "taken";
    add_content(4);
    EXPECT_EQ(refusal(request(4)), code::exists) << "not above every earlier one";
    EXPECT_EQ(refusal(request(0)), code::invalid);
    NewRelease reload = request(6);
    reload.is_reload_only = true;
    EXPECT_EQ(refusal(reload), 0);
    reload.version = Version{7};
    add_content(7);
    EXPECT_EQ(refusal(reload), code::invalid) << "has content";
    NewRelease bad = request(7);
    bad.batch_config = R"({"surprise":1})";
    EXPECT_EQ(refusal(bad), code::invalid);
    bad.batch_config.clear();
    bad.not_before = "tomorrow";
    EXPECT_EQ(refusal(bad), code::invalid);
    bad.not_before.clear();
    bad.target = "moon";
    EXPECT_EQ(refusal(bad), code::invalid);
    sql("INSERT INTO banned_contents (sha256) VALUES (?)",
        {release::wire::content_digest(*release::wire::parse_payload(payload_text))});
    EXPECT_EQ(refusal(request(7)), code::wrong_state) << "banned";
    sql("INSERT INTO config_versions (version, payload) VALUES (8, 'nonsense')");
    EXPECT_EQ(refusal(request(8)), code::invalid);
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_tasks"), 2) << "a refusal writes nothing";
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_task_nodes"), 4);
}

TEST_P(ApiReleaseTest, plans_without_writing_and_holds_the_caller_to_the_plan) {
    add_nodes(3);
    add_content(1);
    NewRelease dry = request(1);
    dry.is_dry_run = true;
    const auto plan = create(dry);
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->id.value, 0);
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_tasks"), 0);
    NewRelease real = request(1);
    real.expected_plan_sha256 = plan->plan_sha256;
    add_node("n4", "10.0.0.4");
    EXPECT_EQ(refusal(real), code::wrong_state) << "a node came";
    sql("DELETE FROM nodes WHERE name = 'n4'");
    const auto created = create(real);
    ASSERT_TRUE(created);
    EXPECT_EQ(created->plan_sha256, plan->plan_sha256);
    EXPECT_EQ(text("SELECT plan_sha256 FROM release_tasks"), plan->plan_sha256);
}

TEST_P(ApiReleaseTest, answers_a_repeated_key_with_the_first_release) {
    add_nodes(3);
    NewRelease wanted = request();
    wanted.idempotency_key = "k'1";
    const auto first = create(wanted);
    const auto second = create(wanted);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->id, second->id);
    EXPECT_EQ(first->version, second->version);
    EXPECT_EQ(first->plan_sha256, second->plan_sha256);
    EXPECT_EQ(second->plan.size(), 3U);
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_tasks"), 1);
    wanted.request_sha256 = "sha-2";
    EXPECT_EQ(refusal(wanted), code::wrong_state) << "the same key with another body";
    wanted.created_by = "bob";
    EXPECT_EQ(refusal(wanted), 0) << "keys belong to a client";
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_tasks"), 2);
}

TEST_P(ApiReleaseTest, gives_each_of_many_at_once_its_own_version_and_each_key_one_release) {
    constexpr int processes = 6;
    add_nodes(2);
    std::vector<std::unique_ptr<Process>> all;
    for (int i = 0; i < processes; ++i) {
        all.push_back(
            std::make_unique<Process>(url(), "c" + std::to_string(i), release::Millis{15'000}, 1));
    }
    std::vector<std::string> errors(processes);
    std::vector<std::int64_t> same_key(processes);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < processes; ++i) {
        threads.emplace_back([&, i] {
            NewRelease keyed = request();
            keyed.idempotency_key = "shared";
            const auto one = all[i]->await(all[i]->api().create(keyed));
            const auto two = all[i]->await(all[i]->api().create(request()));
            if (!one) errors[i] = one.error().message;
            if (!two) errors[i] = two.error().message;
            if (one) same_key[i] = one->id.value;
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_THAT(errors, ::testing::Each(""));
    EXPECT_THAT(same_key, ::testing::Each(same_key[0]));
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_tasks"), processes + 1);
    EXPECT_EQ(number("SELECT MAX(version) FROM release_tasks"), processes + 1);
}

TEST_P(ApiReleaseTest, keeps_not_before_in_utc) {
    add_nodes(1);
    NewRelease wanted = request();
    wanted.not_before = "2037-05-01T08:00:00+08:00";
    const auto created = create(wanted);
    ASSERT_TRUE(created);
    const auto view = control().get(control().api().release(created->id));
    EXPECT_EQ(view.summary.not_before, "2037-05-01T00:00:00.000Z");
    EXPECT_FALSE(view.summary.is_due);
    EXPECT_THAT(control().claimable(), IsEmpty());
}

TEST_P(ApiReleaseTest, shows_a_release_in_the_middle_of_its_life) {
    const ReleaseId id = add_whole_release(3, {1, 2});
    sql("UPDATE release_tasks SET status = 'running', batch_status = 'running', current_batch = 1");
    sql("UPDATE release_task_nodes SET status = 'failed', failure_kind = 'tls', error_msg = 'bad', "
        "attempt = 2, progress = 40, started_at = '2026-01-02 03:04:05.678' WHERE node_id = 1");
    sql("DELETE FROM nodes WHERE id = 3");
    const auto claim = control().claim(id);
    const auto view = control().get(control().api().release(id));
    EXPECT_TRUE(view.summary.has_lease);
    EXPECT_EQ(view.summary.claimed_by, "control-1");
    EXPECT_EQ(view.summary.batch_status, release::BatchStatus::running);
    EXPECT_EQ(view.summary.counts.failed, 1);
    EXPECT_EQ(view.summary.counts.pending, 2);
    ASSERT_THAT(view.nodes, SizeIs(3));
    EXPECT_EQ(view.nodes[0].failure, release::FailureKind::tls);
    EXPECT_EQ(view.nodes[0].error, "bad");
    EXPECT_EQ(view.nodes[0].attempt, 2);
    EXPECT_EQ(view.nodes[0].progress, 40);
    EXPECT_EQ(view.nodes[0].started_at, "2026-01-02T03:04:05.678Z");
    EXPECT_EQ(view.nodes[2].name, "") << "the node is gone";
    const auto missing = control().await(control().api().release(ReleaseId{999}));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, code::not_found);
}

TEST_P(ApiReleaseTest, shows_the_steps_of_all_nodes_or_of_one) {
    const ReleaseId id = add_whole_release(3, {1, 2});
    sql(R"(UPDATE release_task_nodes SET steps = '[{"name":"check"}]' WHERE node_id < 3)");
    const auto steps = [&](const std::string& named) {
        return control().get(control().api().release_steps(id, StepsWanted{named, {}}));
    };
    const ReleaseView all = steps("");
    ASSERT_THAT(all.nodes, SizeIs(3));
    EXPECT_EQ(all.nodes[0].steps, R"([{"name":"check"}])");
    EXPECT_EQ(all.nodes[2].steps, "");
    EXPECT_FALSE(all.shown_node);

    const std::string name = all.nodes[1].name;
    for (const std::string& named : {std::string("2"), name}) {
        const ReleaseView one = steps(named);
        EXPECT_EQ(one.shown_node, release::NodeId{2}) << named;
        EXPECT_THAT(one.nodes, SizeIs(3)) << "what the release waits for needs them";
        EXPECT_EQ(one.nodes[0].steps, "");
        EXPECT_NE(one.nodes[1].steps, "");
    }
    EXPECT_EQ(steps("1").nodes[1].steps, "") << "neither those before it nor those behind it";
    EXPECT_EQ(control().get(control().api().release(id)).nodes[0].steps, "");
    for (const std::string& named : {std::string("9"), std::string("02"), name + "x"}) {
        const auto missing =
            control().await(control().api().release_steps(id, StepsWanted{named, {}}));
        ASSERT_FALSE(missing) << named;
        EXPECT_EQ(missing.error().code, code::not_found);
    }
}

TEST_P(ApiReleaseTest, refuses_more_steps_than_an_answer_holds_and_names_the_cure) {
    const ReleaseId id = add_whole_release(5, {5});
    const std::string output(1'000'000, 'x');
    for (int node = 1; node <= 5; ++node) {
        sql("UPDATE release_task_nodes SET steps = '[\"" + output +
            "\"]' WHERE node_id = " + std::to_string(node));
    }
    const auto all = control().await(control().api().release_steps(id, StepsWanted{}));
    ASSERT_FALSE(all);
    EXPECT_EQ(all.error().code, code::invalid);
    EXPECT_THAT(all.error().message, ::testing::HasSubstr("&node=<id or name>"));
    const auto one = control().get(control().api().release_steps(id, StepsWanted{"4", {}}));
    EXPECT_GT(one.nodes[3].steps.size(), output.size());
}

TEST_P(ApiReleaseTest, names_what_a_waiting_release_waits_for) {
    add_whole_release(1, {1});
    const ReleaseId late = add_release(2, 1);
    add_row(late, 1);
    EXPECT_THAT(control().get(control().api().release(late)).summary.blockers,
                ElementsAre(Version{1}));
}

TEST_P(ApiReleaseTest, counts_by_status) {
    add_whole_release(1, {2});
    add_release(2, 5);
    sql("UPDATE release_tasks SET status = 'failed' WHERE version = 2");
    const Gauges gauges = control().get(control().api().gauges());
    EXPECT_EQ(gauges.releases_by_status.at("pending"), 1);
    EXPECT_EQ(gauges.releases_by_status.at("failed"), 1);
    EXPECT_EQ(gauges.nodes_by_status.at("pending"), 2);
    sql("UPDATE release_tasks SET finished_at = created_at");
    EXPECT_TRUE(control().get(control().api().gauges()).nodes_by_status.empty())
        << "what has ended is counted no more";
}

EDGEROLL_ON_BOTH_DATABASES(ApiReleaseTest);

class ApiListTest : public StoreTest {
  protected:
    void SetUp() override {
        for (int i = 1; i <= 25; ++i) {
            sql("INSERT INTO release_tasks (version, status, reason, created_by, last_error, type) "
                "VALUES (?, ?, ?, ?, ?, 'apply_config')",
                {std::int64_t{i * 10}, i % 2 == 0 ? "success" : "failed",
                 i == 7 ? Value{"100%_done! \\ 'quoted'"} : Value{}, i % 5 == 0 ? "bob" : "alice",
                 i == 9 ? Value{"Disk FULL"} : Value{}});
        }
    }
    std::vector<std::int64_t> versions(const ReleaseFilter& filter) {
        std::vector<std::int64_t> found;
        const auto page = control().get(control().api().releases(filter));
        for (const ReleaseSummary& item : page.items)
            found.push_back(item.version.value);
        total_ = page.total;
        return found;
    }
    int refusal(const ReleaseFilter& filter) {
        const auto page = control().await(control().api().releases(filter));
        return page ? 0 : page.error().code;
    }
    std::int64_t total_ = 0;
};

TEST_P(ApiListTest, pages_newest_first) {
    ReleaseFilter filter;
    filter.page_size = 10;
    EXPECT_EQ(versions(filter).front(), 250);
    EXPECT_EQ(total_, 25);
    filter.page = 3;
    EXPECT_THAT(versions(filter), ElementsAre(50, 40, 30, 20, 10));
    filter.page = 4;
    EXPECT_THAT(versions(filter), IsEmpty());
    EXPECT_EQ(total_, 25);
}

TEST_P(ApiListTest, filters) {
    ReleaseFilter filter;
    filter.status = ReleaseStatus::success;
    EXPECT_THAT(versions(filter), SizeIs(12));
    filter.created_by = "bob";
    EXPECT_THAT(versions(filter), ElementsAre(200, 100));
    filter = ReleaseFilter{};
    filter.type = "reboot";
    EXPECT_THAT(versions(filter), IsEmpty());
    filter = ReleaseFilter{};
    filter.created_by = "' OR '1'='1";
    EXPECT_THAT(versions(filter), IsEmpty());
    filter.created_by = "ALICE";
    EXPECT_THAT(versions(filter), IsEmpty()) << "names are exact";
}

TEST_P(ApiListTest, searches_text_as_it_is_written) {
    ReleaseFilter filter;
    for (const char* q : {"100%_d", "done!", "\\", "'quoted'"}) {
        filter.q = q;
        EXPECT_THAT(versions(filter), ElementsAre(70)) << q;
    }
    filter.q = "100%x";
    EXPECT_THAT(versions(filter), IsEmpty());
    filter.q = "disk full";
    EXPECT_THAT(versions(filter), ElementsAre(90));
    filter.q = "25";
    EXPECT_THAT(versions(filter), ElementsAre(250)) << "part of a version";
    filter.q = "\xff\xfe";
    EXPECT_THAT(versions(filter), IsEmpty());
    filter.q = std::string("a\0b", 3);
    EXPECT_THAT(versions(filter), IsEmpty());
}

TEST_P(ApiListTest, sorts_by_known_columns_only) {
    ReleaseFilter filter;
    filter.sort = "version";
    EXPECT_EQ(versions(filter).front(), 10);
    filter.sort = "-status";
    EXPECT_EQ(versions(filter).front(), 240);
    for (const char* sort : {"", "-", "reason", "id; DROP TABLE nodes", "-version,id"}) {
        filter.sort = sort;
        EXPECT_EQ(refusal(filter), code::invalid) << sort;
    }
    for (const auto& [page, size] : {std::pair{0, 10}, {-1, 10}, {1, 0}, {1, 101}}) {
        filter = ReleaseFilter{};
        filter.page = page;
        filter.page_size = size;
        EXPECT_EQ(refusal(filter), code::invalid);
    }
}

EDGEROLL_ON_BOTH_DATABASES(ApiListTest);

}  // namespace
}  // namespace edgeroll::control::testing
