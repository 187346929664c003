// Options of a new release beside a version: batches, a selector, a type, a release to continue or
// to supersede.
#include "release/wire/payload.hpp"
#include "tests/store/store_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace code = release::code;

const std::string files_text = R"({"files":[{"path":"a.conf","content":"one\n"}]})";

std::string digest_of_files() {
    return release::wire::content_digest(*release::wire::parse_payload(files_text));
}

class ApiCreateTest : public StoreTest {
  protected:
    void add_nodes(int count) {
        for (int i = 1; i <= count; ++i) {
            node_ids_.push_back(add_node("n" + std::to_string(i), "10.0.0." + std::to_string(i)));
        }
    }
    void add_content(std::int64_t version, const std::string& payload = files_text) {
        sql("INSERT INTO config_versions (version, payload) VALUES (?, ?)", {version, payload});
    }
    static NewRelease request(std::optional<std::int64_t> version = std::nullopt,
                              const std::string& batch_config = "") {
        NewRelease wanted;
        if (version) wanted.version = Version{*version};
        wanted.created_by = "alice";
        wanted.batch_config = batch_config;
        return wanted;
    }
    NewRelease from(ReleaseId source) {
        NewRelease wanted = request();
        wanted.from_release = source;
        return wanted;
    }
    CreatedRelease create(const NewRelease& wanted) {
        return control().get(control().api().create(wanted));
    }
    release::Error refusal(const NewRelease& wanted) {
        const auto created = control().await(control().api().create(wanted));
        return created ? release::Error{"accepted", Outcome::permanent, 0} : created.error();
    }
    static std::vector<std::int64_t> nodes_of(const CreatedRelease& created, int batch = 0) {
        std::vector<std::int64_t> ids;
        for (const release::PlannedNode& node : created.plan) {
            if (batch == 0 || node.batch == batch) ids.push_back(node.node.value);
        }
        return ids;
    }
    /// A release that an operator stopped after its first node.
    ReleaseId stopped_release(std::int64_t version, const std::vector<int>& sizes) {
        const ReleaseId id = add_whole_release(version, sizes);
        sql("UPDATE release_tasks SET status = 'cancelled', batch_status = 'stopped', "
            "current_batch = 1, content_sha256 = ? WHERE id = ?",
            {digest_of_files(), id.value});
        sql("UPDATE release_task_nodes SET status = 'skipped' WHERE release_task_id = ?",
            {id.value});
        sql("UPDATE release_task_nodes SET status = 'success' WHERE release_task_id = ? AND "
            "node_id = ?",
            {id.value, node_ids_[0]});
        return id;
    }
    std::string steering(ReleaseId id) {
        return text("SELECT requested_action FROM release_tasks WHERE id = ?", {id.value});
    }
};

TEST_P(ApiCreateTest, cuts_batches_as_batch_config_says_and_keeps_its_text) {
    add_nodes(10);
    const std::string config = R"({"batches":["1","30%","rest"],"retries":2})";
    const CreatedRelease created = create(request(std::nullopt, config));
    EXPECT_THAT(nodes_of(created, 1), ElementsAre(1));
    EXPECT_THAT(nodes_of(created, 2), ElementsAre(2, 3, 4));
    EXPECT_THAT(nodes_of(created, 3), SizeIs(6));
    EXPECT_EQ(text("SELECT batch_config FROM release_tasks"), config);
    EXPECT_EQ(number("SELECT total_batches FROM release_tasks"), 3);
    EXPECT_EQ(number("SELECT MAX(batch) FROM release_task_nodes"), 3);
    EXPECT_EQ(text("SELECT plan_sha256 FROM release_tasks"), created.plan_sha256);
    const auto claim = control().claim(created.id);
    const auto snapshot = control().read(*claim);
    EXPECT_TRUE(snapshot->is_planned);
    EXPECT_THAT(snapshot->problems, IsEmpty());
    EXPECT_EQ(snapshot->policy.retries, 2);
}

TEST_P(ApiCreateTest, takes_the_selected_nodes_and_names_those_it_leaves_out) {
    add_nodes(6);
    sql(R"(UPDATE nodes SET labels = '{"region":"eu"}' WHERE id <= 4)");
    sql("UPDATE nodes SET enabled = 0 WHERE id = 2");
    sql("UPDATE nodes SET status = 'maintenance' WHERE id = 3");
    sql("UPDATE nodes SET status = 'offline' WHERE id IN (4, 6)");
    const CreatedRelease by_label =
        create(request(std::nullopt, R"({"selector":{"labels":{"region":["eu"]}}})"));
    EXPECT_THAT(nodes_of(by_label), ElementsAre(1));
    EXPECT_THAT(by_label.left_out, ElementsAre(release::LeftOut{NodeId{2}, "n2", "disabled"},
                                               release::LeftOut{NodeId{3}, "n3", "in maintenance"},
                                               release::LeftOut{NodeId{4}, "n4", "offline"}));
    const CreatedRelease by_list =
        create(request(std::nullopt, R"({"selector":{"nodes":["n6","10.0.0.5"]}})"));
    EXPECT_THAT(nodes_of(by_list), ElementsAre(5));
    EXPECT_THAT(by_list.left_out, ElementsAre(release::LeftOut{NodeId{6}, "n6", "offline"}));
    EXPECT_THAT(create(request()).left_out, SizeIs(4)) << "of all nodes too";
}

TEST_P(ApiCreateTest, refuses_a_selector_that_takes_nothing_or_names_nobody) {
    add_nodes(2);
    sql("UPDATE nodes SET status = 'offline' WHERE id = 2");
    const auto nobody = refusal(request(std::nullopt, R"({"selector":{"labels":{"a":"b"}}})"));
    EXPECT_EQ(nobody.code, code::wrong_state);
    EXPECT_EQ(nobody.message, "the selector takes no enabled online node");
    const auto offline = refusal(request(std::nullopt, R"({"selector":{"nodes":["n2"]}})"));
    EXPECT_EQ(offline.code, code::wrong_state);
    EXPECT_EQ(offline.message, "the selector takes no enabled online node: n2 is offline");
    const auto typo = refusal(request(std::nullopt, R"({"selector":{"nodes":["n1","n3"]}})"));
    EXPECT_EQ(typo.code, code::invalid);
    EXPECT_THAT(typo.message, HasSubstr("name or address: 'n3'"));
}

TEST_P(ApiCreateTest, says_what_of_a_plan_has_changed) {
    add_nodes(3);
    add_content(1);
    NewRelease dry = request(1, R"({"batch_size":2})");
    dry.is_dry_run = true;
    NewRelease real = dry;
    real.is_dry_run = false;
    real.expected_plan_sha256 = create(dry).plan_sha256;
    const auto refused = [&](const NewRelease& wanted) {
        const auto error = refusal(wanted);
        EXPECT_EQ(error.code, code::wrong_state);
        return error.message;
    };
    NewRelease other_rules = real;
    other_rules.batch_config = R"({"batch_size":2,"retries":1})";
    EXPECT_THAT(refused(other_rules), HasSubstr("more: the rules changed. Today"));
    sql("UPDATE nodes SET status = 'offline' WHERE id = 3");
    EXPECT_EQ(refused(real),
              "the plan is not the one of planSha256 any more: the nodes or their batches changed. "
              "Gone: n3 (offline). Today it is 2 nodes in 1 batch: look at a new dry run");
    sql("UPDATE config_versions SET payload = ?",
        {R"({"files":[{"path":"a.conf","content":"two\n"}]})"});
    EXPECT_THAT(refused(real), HasSubstr("the nodes or their batches and the content changed"));
    sql("UPDATE nodes SET status = 'online' WHERE id = 3");
    EXPECT_THAT(refused(real), HasSubstr("more: the content changed. Today"));
    sql("UPDATE config_versions SET payload = ?", {files_text});
    real.batch_config = R"({ "batch_size" : 2 })";
    EXPECT_EQ(create(real).plan_sha256, real.expected_plan_sha256) << "blanks are no difference";
}

TEST_P(ApiCreateTest, gives_each_type_the_content_that_fits_it) {
    add_nodes(1);
    add_content(1);
    add_content(2, R"({"job":"warm"})");
    NewRelease job = request(2);
    job.type = release::TaskType::run_job;
    const ReleaseId id = create(job).id;
    EXPECT_EQ(text("SELECT type FROM release_tasks"), "run_job");
    const auto claim = control().claim(id);
    EXPECT_THAT(control().read(*claim)->problems, IsEmpty());
    sql("DELETE FROM release_tasks");
    EXPECT_THAT(refusal(request(2)).message, HasSubstr("apply_config needs one"));
    job.version = Version{1};
    EXPECT_EQ(refusal(job).code, code::invalid) << "a set of files is no job";
    job.version.reset();
    EXPECT_EQ(refusal(job).code, code::invalid) << "no version says what to run";
    job.version = Version{3};
    EXPECT_EQ(refusal(job).code, code::not_found);
    NewRelease reload = request();
    reload.type = release::TaskType::reload;
    EXPECT_EQ(create(reload).version.value, 3);
    reload.version = Version{4};
    EXPECT_EQ(create(reload).version.value, 4) << "a reload needs no content and no flag";
    add_content(5);
    reload.version = Version{5};
    EXPECT_EQ(refusal(reload).code, code::invalid);
}

TEST_P(ApiCreateTest, releases_a_banned_content_only_by_force) {
    add_nodes(1);
    add_content(1);
    sql("INSERT INTO banned_contents (sha256, reason) VALUES (?, 'it broke eu')",
        {digest_of_files()});
    NewRelease wanted = request(1);
    const auto error = refusal(wanted);
    EXPECT_EQ(error.code, code::wrong_state);
    EXPECT_THAT(error.message, HasSubstr("is banned (it broke eu)"));
    wanted.is_forced = true;
    wanted.callback_url = "https://ci.example/done";
    const ReleaseId id = create(wanted).id;
    EXPECT_EQ(number("SELECT forced FROM release_tasks"), 1);
    EXPECT_EQ(text("SELECT callback_url FROM release_tasks"), wanted.callback_url);
    const auto claim = control().claim(id);
    EXPECT_THAT(control().read(*claim)->problems, IsEmpty());
}

TEST_P(ApiCreateTest, goes_on_from_a_stopped_release_with_a_copy_of_its_content) {
    add_content(5);
    const ReleaseId source = stopped_release(5, {1, 4});
    sql(R"(UPDATE release_tasks SET batch_config = '{"batch_size":2,"selector":{"nodes":["x"]}}')");
    sql("UPDATE nodes SET status = 'offline' WHERE id = ?", {node_ids_[1]});
    sql("DELETE FROM nodes WHERE id = ?", {node_ids_[2]});
    NewRelease dry = from(source);
    dry.is_dry_run = true;
    EXPECT_THAT(create(dry).plan, SizeIs(2));
    EXPECT_EQ(number("SELECT COUNT(*) FROM config_versions"), 1) << "a preview copies nothing";
    const CreatedRelease created = create(from(source));
    EXPECT_EQ(created.version.value, 6);
    EXPECT_THAT(nodes_of(created, 1), ElementsAre(node_ids_[3], node_ids_[4]))
        << "its unfinished nodes, its sizes, not its selector";
    EXPECT_THAT(
        created.left_out,
        ElementsAre(release::LeftOut{NodeId{node_ids_[1]}, "n2", "offline"},
                    release::LeftOut{NodeId{node_ids_[2]}, "", "no longer in the inventory"}));
    EXPECT_EQ(text("SELECT payload FROM config_versions WHERE version = 6"), files_text);
    EXPECT_EQ(text("SELECT sha256 FROM config_versions WHERE version = 6"), digest_of_files());
    EXPECT_EQ(number("SELECT from_release FROM release_tasks WHERE version = 6"), source.value);
    const auto claim = control().claim(created.id);
    const auto snapshot = control().read(*claim);
    EXPECT_THAT(snapshot->problems, IsEmpty());
    EXPECT_EQ(snapshot->content.sha256, digest_of_files());
}

TEST_P(ApiCreateTest, refuses_a_selector_that_going_on_would_not_heed) {
    add_content(5);
    NewRelease wanted = from(stopped_release(5, {1, 2}));
    wanted.batch_config = R"({"selector":{"nodes":["n2"]}})";
    EXPECT_EQ(refusal(wanted).code, code::invalid);
    EXPECT_THAT(refusal(wanted).message, HasSubstr("'selector'"));
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_tasks"), 1);
}

TEST_P(ApiCreateTest, goes_on_without_content_where_the_first_had_none) {
    const ReleaseId source = stopped_release(5, {2});
    sql("UPDATE release_tasks SET content_sha256 = 'reload', type = 'reload'");
    NewRelease wanted = from(source);
    wanted.version = Version{9};
    wanted.batch_config = R"({"enabled":false})";
    EXPECT_EQ(create(wanted).version.value, 9);
    EXPECT_EQ(text("SELECT type FROM release_tasks WHERE version = 9"), "reload");
    EXPECT_EQ(text("SELECT batch_config FROM release_tasks WHERE version = 9"),
              wanted.batch_config);
    EXPECT_EQ(number("SELECT COUNT(*) FROM config_versions"), 0);
}

TEST_P(ApiCreateTest, refuses_to_go_on_from_what_cannot) {
    EXPECT_EQ(refusal(from(ReleaseId{99})).code, code::not_found);
    add_content(5);
    const ReleaseId source = stopped_release(5, {2});
    NewRelease wanted = from(source);
    add_content(7);
    wanted.version = Version{7};
    EXPECT_EQ(refusal(wanted).code, code::exists) << "that version has content";
    wanted.version = Version{5};
    EXPECT_EQ(refusal(wanted).code, code::exists) << "taken";
    wanted.version.reset();
    wanted.type = release::TaskType::run_job;
    EXPECT_EQ(refusal(wanted).code, code::invalid);
    sql("UPDATE config_versions SET payload = ? WHERE version = 5", {R"({"files":[]})"});
    EXPECT_THAT(refusal(from(source)).message, HasSubstr("was changed since"));
    sql("DELETE FROM config_versions WHERE version = 5");
    EXPECT_THAT(refusal(from(source)).message, HasSubstr("was deleted since"));
    for (const char* status : {"pending", "running", "paused", "success"}) {
        sql("UPDATE release_tasks SET status = ?", {status});
        const auto error = refusal(from(source));
        EXPECT_EQ(error.code, code::wrong_state);
        EXPECT_THAT(error.message, HasSubstr("is " + std::string(status)));
    }
    sql("UPDATE release_tasks SET status = 'failed', rolls_back = 3");
    EXPECT_THAT(refusal(from(source)).message, HasSubstr("is a rollback"));
    sql("UPDATE release_tasks SET rolls_back = NULL");
    sql("UPDATE release_task_nodes SET status = 'success'");
    EXPECT_THAT(refusal(from(source)).message, HasSubstr("nothing is left"));
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_tasks"), 1);
}

TEST_P(ApiCreateTest, stops_the_earlier_releases_whose_place_it_takes) {
    const ReleaseId first = add_whole_release(1, {2});
    const ReleaseId finished = add_release(2, 1);
    add_row(finished, node_ids_[0]);
    sql("UPDATE release_tasks SET status = 'success' WHERE id = ?", {finished.value});
    const ReleaseId stopping = add_release(3, 1);
    add_row(stopping, node_ids_[0]);
    sql("UPDATE release_tasks SET requested_action = 'stop' WHERE id = ?", {stopping.value});
    const ReleaseId elsewhere = add_release(4, 1);
    add_row(elsewhere, add_node("far", "10.9.9.9"));
    const ReleaseId paused = add_release(5, 1);
    add_row(paused, node_ids_[1]);
    sql("UPDATE release_tasks SET status = 'paused', requested_action = 'pause' WHERE id = ?",
        {paused.value});
    NewRelease wanted = request(std::nullopt, R"({"selector":{"nodes":["n1","n2"]}})");
    wanted.idempotency_key = "once";
    wanted.supersedes = true;
    NewRelease dry = wanted;
    dry.is_dry_run = true;
    EXPECT_THAT(create(dry).superseded, ElementsAre(first, paused));
    EXPECT_EQ(steering(first), "NULL");
    const CreatedRelease created = create(wanted);
    EXPECT_THAT(created.superseded, ElementsAre(first, paused));
    EXPECT_EQ(steering(first), "stop");
    EXPECT_EQ(steering(paused), "stop") << "a stop outranks a pause";
    EXPECT_EQ(steering(elsewhere), "NULL");
    EXPECT_EQ(steering(finished), "NULL");
    EXPECT_EQ(number("SELECT steer_seq FROM release_tasks WHERE id = ?", {first.value}), 1);
    EXPECT_EQ(number("SELECT write_seq FROM release_tasks WHERE id = ?", {first.value}), 1);
    EXPECT_THAT(history(first), ElementsAre("superseded"));
    EXPECT_THAT(history(stopping), IsEmpty());
    EXPECT_THAT(text("SELECT detail FROM release_events WHERE release_task_id = ?", {first.value}),
                HasSubstr("\"by\":\"6\""));
    EXPECT_THAT(create(wanted).superseded, ElementsAre(first, paused)) << "the same answer again";
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_events WHERE kind = 'superseded'"), 2);
    const auto view = control().get(control().api().release(created.id));
    EXPECT_THAT(view.summary.blockers, SizeIs(3)) << "it waits until they are stopped";
}

TEST_P(ApiCreateTest, leaves_earlier_releases_alone_unless_told) {
    const ReleaseId first = add_whole_release(1, {2});
    EXPECT_THAT(create(request()).superseded, IsEmpty());
    EXPECT_EQ(steering(first), "NULL");
    EXPECT_THAT(history(first), IsEmpty());
}

TEST_P(ApiCreateTest, refuses_a_gate_that_may_not_be_called) {
    add_nodes(1);
    add_content(41);
    const auto with_gate = [](const std::string& url) {
        return request(std::nullopt, R"({"gate_url":")" + url + R"("})");
    };
    for (const bool is_dry_run : {true, false}) {
        NewRelease wanted = with_gate("http://169.254.169.254/latest/meta-data/");
        wanted.is_reload_only = true;
        wanted.is_dry_run = is_dry_run;
        const release::Error refused = refusal(wanted);
        EXPECT_EQ(refused.code, code::invalid);
        EXPECT_THAT(refused.message, HasSubstr("field 'gate_url' may not be called: "
                                               "169.254.169.254 is a link-local address"));
    }
    EXPECT_EQ(number("SELECT COUNT(*) FROM release_tasks"), 0);
    NewRelease fine = with_gate("http://monitor.example/");
    fine.is_reload_only = true;
    const ReleaseId id = create(fine).id;
    // The inherited values of a from_release are checked as well.
    sql("UPDATE release_tasks SET status = 'cancelled', finished_at = '2026-01-01 00:00:00', "
        "batch_config = ? WHERE id = ?",
        {std::string(R"({"gate_url":"http://127.0.0.1/"})"), id.value});
    sql("UPDATE release_task_nodes SET status = 'skipped'");
    EXPECT_THAT(refusal(from(id)).message, HasSubstr("loopback"));
}

EDGEROLL_ON_BOTH_DATABASES(ApiCreateTest);

}  // namespace
}  // namespace edgeroll::control::testing
