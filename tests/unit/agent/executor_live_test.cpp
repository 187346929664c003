// `live` changed by an operator: the agent accepts the change and never overwrites it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/edge.hpp"

namespace edgeroll::agent {
namespace {

using namespace edgeroll::agent::testing;
using release::TaskStatus;
using release::Version;
using ::testing::HasSubstr;

class MovedLive : public ::testing::Test {
  protected:
    MovedLive() {
        // A reload of version 5 and above waits for `go`; a reload of version 7 and above fails.
        settings_.commands.reload = "echo $EDGEROLL_VERSION >>" + root_.path("reloads") +
                                    "; [ $EDGEROLL_VERSION -lt 5 ] || { touch " +
                                    root_.path("begun") + "; while [ ! -e " + root_.path("go") +
                                    " ]; do sleep 0.02; done; }"
                                    "; [ $EDGEROLL_VERSION -lt 7 ]";
        edge_ = std::make_unique<Edge>(root_, settings_);
        for (int version = 1; version <= 3; ++version) {
            EXPECT_EQ(edge_->apply(dispatch_of(version, numbered_payload(version))).status,
                      TaskStatus::success);
        }
        root_.write("go", "");
    }

    void move_live(const std::string& target) {
        fs::remove_all(root_.path("live"));
        if (!target.empty()) fs::create_symlink(target, root_.path("live"));
    }
    std::optional<Version> applied() { return edge_->state().applied_version; }
    std::string last_reload() {
        const std::string all = root_.read("reloads");
        return all.substr(all.rfind('\n', all.size() - 2) + 1);
    }
    /// Version `version`, held in its reload; `meanwhile` happens, then the reload continues.
    release::wire::TaskReport disturbed(int version, const std::function<void()>& meanwhile) {
        fs::remove(root_.path("go"));
        fs::remove(root_.path("begun"));
        EXPECT_TRUE(edge_->dispatch(dispatch_of(version, numbered_payload(version))));
        EXPECT_TRUE(edge_->until([&] { return root_.has("begun"); }));
        meanwhile();
        root_.write("go", "");
        return edge_->finished(dispatch_of(version, "").task_id);
    }

    const TemporaryFolder root_;
    ExecutorSettings settings_;
    std::unique_ptr<Edge> edge_;
};

TEST_F(MovedLive, is_what_a_failed_release_puts_back) {
    move_live("versions/2");
    const auto report = edge_->apply(dispatch_of(7, numbered_payload(7)));
    EXPECT_EQ(report.status, TaskStatus::failed);
    EXPECT_EQ(report.last_error, "reload failed: exit status 1");
    EXPECT_EQ(root_.link("live"), "versions/2");
    EXPECT_EQ(last_reload(), "2\n");
    EXPECT_EQ(applied(), Version{2});
}

TEST_F(MovedLive, is_what_is_applied_for_state_and_rules) {
    move_live("versions/1");
    const auto state = edge_->state();
    EXPECT_EQ(state.applied_version, Version{1});
    EXPECT_EQ(state.sha256, digest(numbered_payload(1)));
    EXPECT_EQ(edge_->dispatch(dispatch_of(1, numbered_payload(1), "_2")).value(),
              TaskStatus::success);
    EXPECT_EQ(edge_->apply(dispatch_of(3, numbered_payload(3), "_2")).status, TaskStatus::success)
        << "it is above what is live";
    EXPECT_EQ(root_.link("live"), "versions/3");
    EXPECT_EQ(last_reload(), "3\n");
    // The state survives a restart.
    move_live("versions/2");
    EXPECT_EQ(applied(), Version{2});
    edge_.reset();
    edge_ = std::make_unique<Edge>(root_, settings_);
    EXPECT_EQ(applied(), Version{2});
}

TEST_F(MovedLive, may_be_gone_or_name_a_version_that_is_not_there) {
    for (const std::string target : {"", "versions/99"}) {
        move_live(target);
        EXPECT_EQ(applied(), std::nullopt);
        const auto report =
            edge_->apply(dispatch_of(7, numbered_payload(7), target.empty() ? "" : "_2"));
        EXPECT_EQ(report.status, TaskStatus::failed);
        EXPECT_FALSE(root_.has("live")) << "nothing was live";
        EXPECT_EQ(applied(), std::nullopt);
    }
    EXPECT_EQ(edge_->apply(dispatch_of(4, numbered_payload(4))).status, TaskStatus::success);
}

TEST_F(MovedLive, is_not_touched_when_it_is_something_else) {
    const auto check = [&](const std::string& suffix, const std::string& words) {
        const auto report = edge_->apply(dispatch_of(4, numbered_payload(4), suffix));
        EXPECT_EQ(report.status, TaskStatus::failed);
        EXPECT_THAT(report.last_error, HasSubstr(words));
        EXPECT_EQ(report.steps.size(), 1U) << "nothing was run";
        EXPECT_EQ(applied(), std::nullopt) << "nothing of ours";
    };
    move_live("/etc");
    check("", "points to /etc, not to versions/<version>");
    EXPECT_EQ(root_.link("live"), "/etc");
    fs::remove(root_.path("live"));
    root_.write("live/precious", "x");
    check("_2", "must be a symbolic link or absent");
    EXPECT_EQ(root_.read("live/precious"), "x");
    move_live("versions/3");
    EXPECT_EQ(applied(), Version{3});
    EXPECT_EQ(edge_->apply(dispatch_of(4, numbered_payload(4), "_3")).status, TaskStatus::success);
}

TEST_F(MovedLive, during_a_task_fails_it_and_stays_where_it_was_moved) {
    const auto report = disturbed(5, [&] { move_live("versions/1"); });
    EXPECT_EQ(report.status, TaskStatus::failed);
    EXPECT_EQ(report.last_error,
              "verify failed: live was changed from outside meanwhile: it points to version 1");
    EXPECT_EQ(root_.link("live"), "versions/1");
    EXPECT_EQ(last_reload(), "1\n");
    EXPECT_EQ(applied(), Version{1});
    EXPECT_EQ(root_.read("versions/1/conf.d/a.conf"), "1") << "it is still there";
}

TEST_F(MovedLive, gone_during_a_task_lets_the_version_before_be_put_back) {
    for (const int version : {5, 8}) {
        const auto report = disturbed(version, [&] { move_live(""); });
        EXPECT_EQ(report.status, TaskStatus::failed);
        EXPECT_EQ(root_.link("live"), "versions/3");
        EXPECT_EQ(last_reload(), "3\n");
        EXPECT_EQ(applied(), Version{3});
    }
}

TEST_F(MovedLive, replaced_by_a_folder_during_a_task_is_left_alone) {
    const auto report = disturbed(5, [&] {
        fs::remove(root_.path("live"));
        root_.write("live/precious", "x");
    });
    EXPECT_EQ(report.status, TaskStatus::failed);
    EXPECT_THAT(report.last_error, HasSubstr("put_back failed too: "));
    EXPECT_THAT(report.last_error, HasSubstr("must be a symbolic link or absent"));
    EXPECT_EQ(root_.read("live/precious"), "x");
}

TEST_F(MovedLive, while_the_agent_is_down_is_not_moved_over_by_its_recovery) {
    fs::remove(root_.path("go"));
    ASSERT_TRUE(edge_->dispatch(dispatch_of(5, numbered_payload(5))));
    ASSERT_TRUE(edge_->until([&] { return root_.has("begun"); }));
    edge_->await(edge_->executor().stop());
    edge_.reset();
    move_live("versions/1");
    root_.write("go", "");
    edge_ = std::make_unique<Edge>(root_, settings_);
    const auto report = edge_->finished(dispatch_of(5, "").task_id);
    EXPECT_EQ(report.status, TaskStatus::failed);
    EXPECT_THAT(report.last_error, HasSubstr("found that live points to another version"));
    EXPECT_EQ(root_.link("live"), "versions/1");
    EXPECT_EQ(last_reload(), "1\n");
    EXPECT_EQ(applied(), Version{1});
}

}  // namespace
}  // namespace edgeroll::agent
