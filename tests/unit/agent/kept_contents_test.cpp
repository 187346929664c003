#include "agent/kept_contents.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/edge.hpp"

namespace edgeroll::agent {
namespace {

using namespace edgeroll::agent::testing;
using release::TaskStatus;
using release::Version;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace code = release::code;

/// The same content again, without its payload.
release::wire::Dispatch reference_to(std::int64_t version, const std::string& text) {
    auto dispatch = dispatch_of(version, "");
    dispatch.is_by_reference = true;
    dispatch.sha256 = plain_digest(text);
    dispatch.content_sha256 = digest(text);
    return dispatch;
}

std::string file_of(int version, const std::string& text) {
    return std::to_string(version) + "-" + digest(text) + ".json";
}

bool is_held(Edge& edge, const std::string& text) {
    return edge.await(edge.executor().holds(digest(text)));
}

/// The edge has finished all work that follows a task's end.
bool settled(Edge& edge, const TemporaryFolder& root) {
    return edge.until(
        [&] { return root.names("tasks").size() == 1 && root.names("staging").empty(); });
}

TEST(Contents, takes_a_held_content_by_its_digest) {
    const TemporaryFolder root;
    Edge edge(root);
    ASSERT_EQ(edge.apply(dispatch_of(1, numbered_payload(1))).status, TaskStatus::success);
    ASSERT_EQ(edge.apply(dispatch_of(2, numbered_payload(2))).status, TaskStatus::success);
    ASSERT_TRUE(settled(edge, root));
    EXPECT_TRUE(is_held(edge, numbered_payload(1)));
    EXPECT_FALSE(is_held(edge, numbered_payload(3)));
    const auto report = edge.apply(reference_to(3, numbered_payload(1)));
    EXPECT_EQ(report.status, TaskStatus::success) << report.last_error;
    EXPECT_EQ(root.link("live"), "versions/3");
    EXPECT_EQ(root.read("live/conf.d/a.conf"), "1");
    EXPECT_EQ(root.read("live/edgeroll-version"), "3\n");
    ASSERT_TRUE(settled(edge, root));
    EXPECT_THAT(root.names("contents"),
                ElementsAre(file_of(1, numbered_payload(1)), file_of(2, numbered_payload(2)),
                            file_of(3, numbered_payload(1))));
}

TEST(Contents, says_that_a_content_is_not_here) {
    const TemporaryFolder root;
    Edge edge(root);
    const auto refused = edge.dispatch(reference_to(1, numbered_payload(1)));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, code::not_found);
    EXPECT_EQ(refused.error().message, "content " + digest(numbered_payload(1)) + " is not here");
    EXPECT_TRUE(edge.state().versions.empty());
    EXPECT_EQ(edge.apply(dispatch_of(1, numbered_payload(1))).status, TaskStatus::success)
        << "the same task id, now with the payload";
}

TEST(Contents, fills_templates_in_anew) {
    const TemporaryFolder root;
    Edge edge(root);
    const std::string text = payload({{"a", "on ${node.name}"}}, true);
    ASSERT_EQ(edge.apply(dispatch_of(1, text)).status, TaskStatus::success);
    EXPECT_EQ(root.read("live/a"), "on edge-1");
    ASSERT_TRUE(settled(edge, root));
    auto again = reference_to(2, text);
    again.node_name = "renamed";
    EXPECT_EQ(edge.apply(again).status, TaskStatus::success);
    EXPECT_EQ(root.read("live/a"), "on renamed");
    EXPECT_EQ(edge.state().sha256, digest(text));
}

TEST(Contents, of_an_applied_version_is_success_without_being_here) {
    const TemporaryFolder root;
    Edge edge(root);
    ASSERT_EQ(edge.apply(dispatch_of(1, numbered_payload(1))).status, TaskStatus::success);
    ASSERT_TRUE(settled(edge, root));
    std::filesystem::remove_all(root.path("contents"));
    auto again = reference_to(1, numbered_payload(1));
    again.task_id += "_2";
    EXPECT_EQ(edge.dispatch(again).value(), TaskStatus::success);
}

TEST(Contents, of_a_template_is_not_that_of_the_same_text_taken_literally) {
    const TemporaryFolder root;
    Edge edge(root);
    const std::string literal = payload({{"a", "on ${node.name}"}});
    const std::string filled_in = payload({{"a", "on ${node.name}"}}, true);
    ASSERT_EQ(edge.apply(dispatch_of(1, literal)).status, TaskStatus::success);
    EXPECT_EQ(root.read("live/a"), "on ${node.name}");
    ASSERT_TRUE(settled(edge, root));
    EXPECT_FALSE(is_held(edge, filled_in));
    EXPECT_EQ(edge.dispatch(reference_to(2, filled_in)).error().code, code::not_found);
    ASSERT_EQ(edge.apply(dispatch_of(2, filled_in)).status, TaskStatus::success);
    EXPECT_EQ(root.read("live/a"), "on edge-1");
}

TEST(Contents, is_not_taken_by_a_digest_that_two_contents_may_have) {
    const TemporaryFolder root;
    Edge edge(root);
    ASSERT_EQ(edge.apply(dispatch_of(1, numbered_payload(1))).status, TaskStatus::success);
    ASSERT_TRUE(settled(edge, root));
    auto by_an_older_control = reference_to(2, numbered_payload(1));
    by_an_older_control.content_sha256.clear();
    const auto refused = edge.dispatch(by_an_older_control);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, code::not_found) << "it sends the payload then";
}

TEST(Contents, that_are_damaged_count_as_absent_and_are_removed) {
    const TemporaryFolder root;
    Edge edge(root);
    ASSERT_EQ(edge.apply(dispatch_of(1, numbered_payload(1))).status, TaskStatus::success);
    ASSERT_TRUE(settled(edge, root));
    const std::string file = "contents/" + file_of(1, numbered_payload(1));
    for (const std::string& damaged : {numbered_payload(2), std::string("{"), std::string()}) {
        root.write(file, damaged);
        const auto refused = edge.dispatch(reference_to(2, numbered_payload(1)));
        ASSERT_FALSE(refused) << damaged;
        EXPECT_EQ(refused.error().code, code::not_found);
        EXPECT_FALSE(root.has(file));
    }
}

TEST(Contents, never_follows_a_link) {
    const TemporaryFolder root, outside;
    Edge edge(root);
    outside.write("secret", numbered_payload(1));
    std::filesystem::create_directories(root.path("contents"));
    std::filesystem::create_symlink(outside.path("secret"),
                                    root.path("contents/" + file_of(1, numbered_payload(1))));
    EXPECT_FALSE(edge.dispatch(reference_to(2, numbered_payload(1))));
    EXPECT_TRUE(outside.has("secret"));
}

TEST(Contents, are_removed_together_with_their_versions) {
    const TemporaryFolder root;
    ExecutorSettings settings;
    settings.keep_versions = 1;
    settings.commands.check = "! grep -q bad $EDGEROLL_STAGED/conf.d/a.conf";
    Edge edge(root, settings);
    for (const int number : {1, 2, 3}) {
        ASSERT_EQ(edge.apply(dispatch_of(number, numbered_payload(number))).status,
                  TaskStatus::success);
        ASSERT_TRUE(settled(edge, root));
    }
    EXPECT_TRUE(edge.until([&] { return root.names("contents").size() == 2; }));
    EXPECT_THAT(root.names("versions"), ElementsAre("2", "3"));
    EXPECT_FALSE(is_held(edge, numbered_payload(1)));
    const auto failed = edge.apply(dispatch_of(4, payload({{"conf.d/a.conf", "bad"}})));
    EXPECT_EQ(failed.status, TaskStatus::failed);
    ASSERT_TRUE(settled(edge, root));
    EXPECT_THAT(root.names("contents"),
                ElementsAre(file_of(2, numbered_payload(2)), file_of(3, numbered_payload(3))))
        << "a content that did not work is not kept";
}

TEST(Contents, are_kept_by_the_next_start_when_a_crash_came_between) {
    const TemporaryFolder root;
    {
        Edge edge(root);
        ASSERT_EQ(edge.apply(dispatch_of(1, numbered_payload(1))).status, TaskStatus::success);
        ASSERT_TRUE(settled(edge, root));
        edge.await(edge.executor().stop());
    }
    // The state after a crash right after the success: the payload is still among the tasks.
    const std::string journal = root.read("tasks/journal");
    const auto at = journal.rfind("\"payloadFile\":\"") + 15;
    const std::string name = journal.substr(at, journal.find('"', at) - at);
    ASSERT_THAT(name, ::testing::StartsWith("payload-"));
    std::filesystem::rename(root.path("contents/" + file_of(1, numbered_payload(1))),
                            root.path("tasks/" + name));
    Edge edge(root);
    EXPECT_THAT(root.names("contents"), ElementsAre(file_of(1, numbered_payload(1))));
    EXPECT_THAT(root.names("tasks"), ElementsAre("journal"));
    EXPECT_EQ(edge.apply(reference_to(2, numbered_payload(1))).status, TaskStatus::success);
}

TEST(Contents, ignores_and_tidies_away_what_it_did_not_write) {
    const TemporaryFolder root;
    root.write("contents/note.txt", "x");
    root.write("contents/0-" + digest(numbered_payload(1)) + ".json", numbered_payload(1));
    root.write("contents/7-" + digest(numbered_payload(1)) + ".json",
               numbered_payload(1));  // of an unknown version
    const Edge edge(root);
    EXPECT_THAT(root.names("contents"), IsEmpty());
}

TEST(Bans, refuse_a_content_until_the_list_changes) {
    const TemporaryFolder root;
    {
        Edge edge(root);
        auto first = dispatch_of(1, numbered_payload(1));
        first.banned = std::vector<std::string>{digest(numbered_payload(2))};
        ASSERT_EQ(edge.apply(first).status, TaskStatus::success);
        const auto refused = edge.dispatch(dispatch_of(2, numbered_payload(2)));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, code::wrong_state);
        EXPECT_THAT(refused.error().message, HasSubstr(digest(numbered_payload(2)) + " is banned"));
        edge.await(edge.executor().stop());
    }
    Edge edge(root);
    EXPECT_FALSE(edge.dispatch(reference_to(2, numbered_payload(2)))) << "kept over a restart";
    auto own = dispatch_of(2, numbered_payload(3));
    own.banned = std::vector<std::string>{digest(numbered_payload(3))};
    EXPECT_FALSE(edge.dispatch(own)) << "the list of the very dispatch counts";
    EXPECT_FALSE(edge.dispatch(dispatch_of(2, numbered_payload(3)))) << "and stays";
    own.is_forced = true;
    EXPECT_EQ(edge.apply(own).status, TaskStatus::success);
    EXPECT_EQ(edge.apply(dispatch_of(3, numbered_payload(2))).status, TaskStatus::success)
        << "it was replaced, so version 2's content is no longer banned";
    auto none = dispatch_of(4, numbered_payload(3));
    none.banned = std::vector<std::string>();
    EXPECT_EQ(edge.apply(none).status, TaskStatus::success);
}

TEST(Bans, are_not_taken_from_an_owner_that_was_replaced) {
    const TemporaryFolder root;
    Edge edge(root);
    auto newer = dispatch_of(1, numbered_payload(1));
    newer.epoch = release::Epoch{5};
    ASSERT_EQ(edge.apply(newer).status, TaskStatus::success);
    auto older = dispatch_of(1, numbered_payload(1), "_2");
    older.epoch = release::Epoch{4};
    older.banned = std::vector<std::string>{digest(numbered_payload(2))};
    EXPECT_FALSE(edge.dispatch(older));
    EXPECT_TRUE(edge.dispatch(dispatch_of(2, numbered_payload(2))));
}

}  // namespace
}  // namespace edgeroll::agent
