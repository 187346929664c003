// A dispatch with "repair": the applied content is looked at, and written again where it does not
// lie there as it was written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/edge.hpp"
#include "tests/unit/agent/mortal_files.hpp"

namespace edgeroll::agent {
namespace {

using namespace edgeroll::agent::testing;
using release::TaskStatus;
using release::Version;
using ::testing::HasSubstr;

std::string content_of_both() {
    return payload({{"a.conf", "a"}, {"sub/b.conf", "b"}});
}

release::wire::Dispatch repair_of(std::int64_t version, std::string text, const char* suffix) {
    auto dispatch = dispatch_of(version, std::move(text), suffix);
    dispatch.is_repair = true;
    return dispatch;
}

ExecutorSettings settings_with(const TemporaryFolder& root) {
    ExecutorSettings made;
    made.commands.reload = "cat $EDGEROLL_LIVE/a.conf >>" + root.path("reloads");
    made.commands.verify = "! test -e " + root.path("is_broken");
    made.commands.verify_url = "http://server/edgeroll-version";
    made.commands.verify_pace = {Millis(1), Millis(0), Millis(0)};
    return made;
}

class Repair : public ::testing::Test {
  protected:
    Repair() {
        edge_ = std::make_unique<Edge>(root_, settings_with(root_));
        EXPECT_EQ(edge_->apply(dispatch_of(5, content_of_both())).status, TaskStatus::success);
        root_.write("reloads", "");
    }
    void edit() { root_.write("versions/5/a.conf", "edited"); }
    void expect_whole() {
        const auto state = edge_->state();
        EXPECT_EQ(state.live_is_whole, true) << state.live_remark;
        EXPECT_EQ(state.live_sha256, digest(content_of_both()));
        EXPECT_EQ(root_.link("live"), "versions/5");
    }

    const TemporaryFolder root_;
    std::unique_ptr<Edge> edge_;
};

TEST_F(Repair, writes_an_edited_content_again) {
    edit();
    EXPECT_EQ(edge_->apply(dispatch_of(5, content_of_both(), "_2")).status, TaskStatus::success);
    EXPECT_EQ(root_.read("live/a.conf"), "edited") << "without the word nobody looks";

    const auto report = edge_->apply(repair_of(5, content_of_both(), "_3"));
    EXPECT_EQ(report.status, TaskStatus::success) << report.last_error;
    EXPECT_EQ(report.steps.size(), 8U);
    EXPECT_EQ(root_.read("live/a.conf"), "a");
    EXPECT_EQ(root_.read("reloads"), "a") << "the server reads what was written";
    EXPECT_EQ(report.evidence, "verify_cmd")
        << "the URL answered the version before the repair as well";
    expect_whole();
    EXPECT_TRUE(edge_->until([&] { return root_.names("staging").empty(); }));
    // Once: the same dispatch is answered from memory.
    EXPECT_EQ(edge_->dispatch(repair_of(5, content_of_both(), "_3")).value(), TaskStatus::success);
    EXPECT_EQ(root_.read("reloads"), "a");
}

TEST_F(Repair, leaves_a_whole_content_alone) {
    const auto report = edge_->apply(repair_of(5, content_of_both(), "_2"));
    EXPECT_EQ(report.status, TaskStatus::success);
    EXPECT_TRUE(report.steps.empty());
    EXPECT_EQ(root_.read("reloads"), "");
}

TEST_F(Repair, finds_deleted_and_added_files_and_missing_folders) {
    int attempt = 1;
    for (const auto& damage : std::vector<std::function<void()>>{
             [&] { fs::remove(root_.path("versions/5/sub/b.conf")); },
             [&] { root_.write("versions/5/more.conf", "x"); },
             [&] { fs::permissions(root_.path("versions/5/a.conf"), fs::perms{0600}); },
             [&] { fs::remove(root_.path("live")); },
             [&] { fs::remove_all(root_.path("versions/5")); },
             [&] { fs::remove_all(root_.path("manifests")); }}) {
        damage();
        ++attempt;
        const std::string suffix = "_" + std::to_string(attempt);
        const auto report = edge_->apply(repair_of(5, content_of_both(), suffix.c_str()));
        EXPECT_EQ(report.status, TaskStatus::success) << attempt << report.last_error;
        expect_whole();
    }
}

TEST_F(Repair, takes_the_content_by_reference) {
    edit();
    auto dispatch = repair_of(5, "", "_2");
    dispatch.is_by_reference = true;
    dispatch.sha256 = plain_digest(content_of_both());
    dispatch.content_sha256 = digest(content_of_both());
    EXPECT_EQ(edge_->apply(dispatch).status, TaskStatus::success);
    expect_whole();
}

TEST_F(Repair, puts_back_what_was_there_when_it_fails) {
    edit();
    root_.write("is_broken", "");
    const auto report = edge_->apply(repair_of(5, content_of_both(), "_2"));
    EXPECT_EQ(report.status, TaskStatus::failed);
    EXPECT_THAT(report.last_error, HasSubstr("verify failed"));
    EXPECT_EQ(root_.read("live/a.conf"), "edited");
    EXPECT_EQ(root_.read("reloads"), "aedited");
    EXPECT_EQ(root_.link("live"), "versions/5");
    EXPECT_EQ(edge_->state().live_is_whole, false);
    EXPECT_EQ(edge_->state().applied_version, Version{5}) << "it is what is live";
    // The next one cures it, also after a restart.
    fs::remove(root_.path("is_broken"));
    edge_.reset();
    edge_ = std::make_unique<Edge>(root_, settings_with(root_));
    EXPECT_EQ(edge_->apply(repair_of(5, content_of_both(), "_3")).status, TaskStatus::success);
    expect_whole();
}

TEST_F(Repair, fills_templates_in_with_the_facts_of_now) {
    const std::string text = payload({{"a.conf", "${label.region}"}}, true);
    EXPECT_EQ(edge_->apply(dispatch_of(6, text)).status, TaskStatus::success);
    EXPECT_TRUE(edge_->apply(repair_of(6, text, "_2")).steps.empty()) << "the labels are the same";
    for (const bool is_by_reference : {false, true}) {
        auto dispatch = repair_of(6, text, is_by_reference ? "_4" : "_3");
        dispatch.labels = {{"region", is_by_reference ? "as" : "us"}};
        dispatch.is_by_reference = is_by_reference;
        dispatch.sha256 = plain_digest(text);
        dispatch.content_sha256 = digest(text);
        EXPECT_EQ(edge_->apply(dispatch).status, TaskStatus::success);
        EXPECT_EQ(root_.read("live/a.conf"), is_by_reference ? "as" : "us");
    }
}

TEST_F(Repair, is_no_way_past_the_rules_of_versions) {
    edit();
    EXPECT_EQ(edge_->dispatch(repair_of(5, payload({{"a.conf", "other"}}), "_2")).error().code,
              release::code::wrong_state);
    EXPECT_EQ(edge_->apply(dispatch_of(6, payload({{"a.conf", "6"}}))).status, TaskStatus::success);
    EXPECT_EQ(edge_->dispatch(repair_of(5, content_of_both(), "_3")).error().code,
              release::code::wrong_state);
    auto banned = repair_of(6, payload({{"a.conf", "6"}}), "_2");
    banned.banned = {digest(payload({{"a.conf", "6"}}))};
    EXPECT_EQ(edge_->dispatch(banned).error().code, release::code::wrong_state);
}

TEST_F(Repair, gives_a_content_to_an_edge_that_lost_its_journal) {
    edge_.reset();
    fs::remove_all(root_.path("tasks"));
    edit();
    edge_ = std::make_unique<Edge>(root_, settings_with(root_));
    EXPECT_EQ(edge_->dispatch(dispatch_of(5, content_of_both(), "_2")).error().code,
              release::code::wrong_state)
        << "nobody knows what version 5 was";
    EXPECT_EQ(edge_->apply(repair_of(5, content_of_both(), "_2")).status, TaskStatus::success);
    expect_whole();
}

class RepairCrash : public ::testing::TestWithParam<std::pair<bool, bool>> {};

TEST_P(RepairCrash, leaves_all_the_old_files_or_all_the_new_ones) {
    const auto [dies_after, is_bad] = GetParam();
    int crashes_seen = 0, repaired = 0, put_back = 0;
    for (int fatal = 1; fatal < 200; ++fatal) {
        const TemporaryFolder root;
        {
            Edge edge(root, settings_with(root));
            ASSERT_EQ(edge.apply(dispatch_of(5, content_of_both())).status, TaskStatus::success);
        }
        root.write("versions/5/a.conf", "edited");
        root.write("versions/5/sub/b.conf", "edited");
        if (is_bad) root.write("is_broken", "");
        const auto expect_one = [&](bool is_new, const std::string& why) {
            EXPECT_EQ(root.link("live"), "versions/5") << fatal;
            EXPECT_EQ(root.read("live/a.conf"), is_new ? "a" : "edited") << fatal << why;
            EXPECT_EQ(root.read("live/sub/b.conf"), is_new ? "b" : "edited") << fatal << why;
        };
        const bool has_crashed = crashes([&, fatal = fatal, dies_after = dies_after] {
            Edge edge(root, settings_with(root), {}, [&](std::unique_ptr<Files> files) {
                return std::make_unique<MortalFiles>(std::move(files), fatal, dies_after);
            });
            (void)edge.apply(repair_of(5, content_of_both(), "_2"));
            edge.await(edge.executor().stop());
        });
        if (!has_crashed) break;
        ++crashes_seen;
        expect_one(root.read("live/a.conf") == "a", " after the crash");

        Edge edge(root, settings_with(root));
        const std::string task = "apply_config_127.0.0.1_5_2";
        if (const auto known = edge.await(edge.executor().report(task, Millis(20'000)))) {
            EXPECT_TRUE(release::is_final(known->status)) << fatal;
            const bool is_success = known->status == TaskStatus::success;
            expect_one(is_success, known->last_error);
            ++(is_success ? repaired : put_back);
        }
        fs::remove(root.path("is_broken"));
        EXPECT_EQ(edge.apply(repair_of(5, content_of_both(), "_3")).status, TaskStatus::success);
        expect_one(true, " at last");
        EXPECT_TRUE(edge.until([&] {
            return root.names("staging").empty() && root.names("tasks").size() == 1;
        })) << fatal;
    }
    EXPECT_GT(crashes_seen, 20);
    EXPECT_LT(crashes_seen, 199);
    EXPECT_GT(put_back, 3);
    EXPECT_EQ(repaired > 3, !is_bad);
}

INSTANTIATE_TEST_SUITE_P(_, RepairCrash,
                         ::testing::Values(std::pair(false, false), std::pair(true, false),
                                           std::pair(false, true), std::pair(true, true)));

}  // namespace
}  // namespace edgeroll::agent
