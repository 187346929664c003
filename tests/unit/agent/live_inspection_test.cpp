// What an agent tells of the files below `live` (docs/contract.md 5.1).
#include "agent/live_inspection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/agent/edge.hpp"

namespace edgeroll::agent {
namespace {

namespace fs = std::filesystem;
using namespace edgeroll::agent::testing;
using release::TaskStatus;
using ::testing::HasSubstr;

class LiveInspection : public ::testing::Test {
  protected:
    void apply(std::int64_t version, const std::string& text) {
        const release::wire::Dispatch dispatch = dispatch_of(version, text);
        const std::string id = dispatch.task_id;
        ASSERT_TRUE(edge_.dispatch(dispatch));
        const auto report = edge_.await(edge_.executor().report(id, Millis{20'000}));
        ASSERT_TRUE(report);
        ASSERT_EQ(report->status, TaskStatus::success) << report->last_error;
        // The content is kept after the report.
        const fs::path kept = fs::path(root_.path()) / "contents" /
                              (std::to_string(version) + "-" + digest(text) + ".json");
        while (!fs::exists(kept))
            (void)edge_.state();
    }
    [[nodiscard]] fs::path live(const std::string& path) const {
        return fs::path(root_.path()) / "live" / path;
    }
    void expect_whole(const std::string& text) {
        const auto state = edge_.state();
        EXPECT_EQ(state.live_sha256, digest(text));
        EXPECT_EQ(state.live_is_whole, true) << state.live_remark;
        EXPECT_EQ(state.live_remark, "");
    }
    void expect_changed(const std::string& remark) {
        const auto state = edge_.state();
        EXPECT_EQ(state.live_is_whole, false);
        EXPECT_NE(state.live_sha256, state.sha256);
        EXPECT_THAT(state.live_remark, HasSubstr(remark));
    }

    TemporaryFolder root_;
    Edge edge_{root_};
    const std::string text_ = payload({{"a", "1"}, {"d/b", "2"}});
};

TEST_F(LiveInspection, knows_nothing_before_the_first_version) {
    const auto state = edge_.state();
    EXPECT_FALSE(state.live_sha256);
    EXPECT_FALSE(state.live_is_whole);
    EXPECT_GT(state.disk_free_bytes.value_or(0), 0);
}

TEST_F(LiveInspection, tells_the_digest_of_what_was_applied_while_it_is_there) {
    apply(1, text_);
    expect_whole(text_);
    const std::string other = payload({{"a", "other"}});
    apply(2, other);
    expect_whole(other);
    EXPECT_EQ(edge_.state().last_task->version, release::Version{2});
    EXPECT_EQ(edge_.state().queue, 0);
}

TEST_F(LiveInspection, sees_every_kind_of_change) {
    apply(1, text_);
    expect_whole(text_);
    std::ofstream(live("d/b")) << "3";  // as long as before
    expect_changed("d/b was changed");
    std::ofstream(live("d/b")) << "2";
    expect_whole(text_);
    fs::permissions(live("a"), fs::perms(0600));
    expect_changed("a has another mode");
    fs::permissions(live("a"), fs::perms(0644));
    std::ofstream(live("d/c")) << "";
    expect_changed("d/c was added");
    fs::remove(live("d/c"));
    fs::create_symlink("/etc/passwd", live("z"));
    expect_changed("z was added");
    fs::remove(live("z"));
    fs::remove(live("a"));
    fs::create_symlink("d/b", live("a"));
    expect_changed("a is no regular file any more");
    fs::remove(live("a"));
    expect_changed("a is missing");
    std::ofstream(live("a")) << "1";
    expect_whole(text_);
    fs::remove(live("edgeroll-version"));
    expect_changed("edgeroll-version is missing");
}

TEST_F(LiveInspection, does_not_believe_a_time_of_change_that_was_set_by_hand) {
    apply(1, text_);
    expect_whole(text_);
    const auto before = fs::last_write_time(live("a"));
    std::ofstream(live("a")) << "x";
    fs::last_write_time(live("a"), before);
    expect_changed("a was changed");
}

TEST_F(LiveInspection, is_about_the_version_that_live_points_to) {
    apply(1, text_);
    const std::string other = payload({{"a", "other"}});
    apply(2, other);
    const fs::path link = fs::path(root_.path()) / "live";
    fs::remove(link);
    fs::create_symlink("versions/1", link);
    expect_whole(text_);
    fs::remove(link);
    fs::create_symlink("versions/7", link);
    expect_changed("version 7, whose folder is not there");
    fs::remove(link);
    fs::create_symlink("/etc", link);
    expect_changed("live");
}

TEST_F(LiveInspection, compares_with_the_content_where_an_older_agent_wrote_no_manifest) {
    apply(1, text_);
    fs::remove(fs::path(root_.path()) / "manifests" / "1.json");
    expect_whole(text_);
    std::ofstream(live("a")) << "x";
    expect_changed("a was changed");
    std::ofstream(live("a")) << "1";
    const std::string filled =
        R"({"files":[{"path":"t","content":"${node.name}","template":true}]})";
    apply(2, filled);
    EXPECT_EQ(edge_.state().facts_sha256.size(), 64U);
    expect_whole(filled);
    fs::remove(fs::path(root_.path()) / "manifests" / "2.json");
    const auto state = edge_.state();
    EXPECT_FALSE(state.live_is_whole) << "nobody knows how it was filled in";
    EXPECT_FALSE(state.live_sha256);
    EXPECT_THAT(state.live_remark, HasSubstr("an older agent applied it"));
}

TEST_F(LiveInspection, forgets_the_manifests_of_removed_versions) {
    for (int version = 1; version <= 9; ++version)
        apply(version, payload({{"a", std::to_string(version)}}));
    const auto count = [&](const char* folder) {
        return std::distance(fs::directory_iterator(fs::path(root_.path()) / folder),
                             fs::directory_iterator());
    };
    // It tidies up after the report.
    for (int i = 0; i < 5'000 && count("versions") != count("manifests"); ++i)
        (void)edge_.state();
    EXPECT_LT(count("versions"), 9);
    EXPECT_EQ(count("versions"), count("manifests"));
    EXPECT_EQ(count("staging"), 0);
}

}  // namespace
}  // namespace edgeroll::agent
