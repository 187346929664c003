// kill -9 at every single change on disk, followed by the next start.
#include <gtest/gtest.h>

#include "tests/unit/agent/edge.hpp"
#include "tests/unit/agent/mortal_files.hpp"

namespace edgeroll::agent {
namespace {

using namespace edgeroll::agent::testing;
using release::TaskStatus;

std::string two_files(int number) {
    return payload(
        {{"a.conf", "a" + std::to_string(number)}, {"sub/b.conf", "b" + std::to_string(number)}});
}

ExecutorSettings settings(bool is_bad) {
    ExecutorSettings made;
    made.commands.check = "cd $EDGEROLL_STAGED && cat a.conf sub/b.conf";
    made.commands.reload = "true";
    // In the bad world version 2 is not served, so that the agent goes back to version 1.
    if (is_bad) made.commands.verify = "test $EDGEROLL_VERSION != 2";
    made.commands.verify_url = "http://server/edgeroll-version";
    made.commands.verify_pace = {Millis(1), Millis(0), Millis(0)};
    return made;
}

/// At this moment a web server reads one whole version through `live`.
void expect_live_is_whole(const TemporaryFolder& root, int at) {
    const std::string version = root.link("live").substr(std::string("versions/").size());
    EXPECT_TRUE(version == "1" || version == "2") << at << ": " << root.link("live");
    EXPECT_EQ(root.read("live/a.conf"), "a" + version) << at;
    EXPECT_EQ(root.read("live/sub/b.conf"), "b" + version) << at;
    EXPECT_EQ(root.read("live/edgeroll-version"), version + "\n") << at;
    for (const std::string& name : root.names("versions")) {
        const std::string text = root.read("versions/" + name + "/edgeroll-version");
        // It may be renamed and removed during this check.
        if (root.has("versions/" + name)) {
            EXPECT_EQ(text, name + "\n") << at;
        }
    }
}

/// Applies version 2 in a child process that dies at a change. False when it survived.
bool crash_while_applying(const TemporaryFolder& root, int fatal, bool dies_after, bool is_bad) {
    return crashes([&] {
        Edge edge(root, settings(is_bad), {}, [&](std::unique_ptr<Files> files) {
            return std::make_unique<MortalFiles>(std::move(files), fatal, dies_after);
        });
        (void)edge.apply(dispatch_of(2, two_files(2)));
        edge.await(edge.executor().stop());
    });
}

class Crash : public ::testing::TestWithParam<std::pair<bool, bool>> {};

TEST_P(Crash, leaves_a_whole_version_and_no_task_open_wherever_it_happens) {
    const auto [dies_after, is_bad] = GetParam();
    int crashes = 0, finished_by_recovery = 0, failed = 0;
    for (int fatal = 1; fatal < 200; ++fatal) {
        const TemporaryFolder root;
        {
            Edge edge(root, settings(false));
            ASSERT_EQ(edge.apply(dispatch_of(1, two_files(1))).status, TaskStatus::success);
        }
        if (!crash_while_applying(root, fatal, dies_after, is_bad)) break;
        ++crashes;
        expect_live_is_whole(root, fatal);

        Edge edge(root, settings(is_bad));
        const std::string task = "apply_config_127.0.0.1_2";
        if (const auto known = edge.await(edge.executor().report(task, Millis(20'000)))) {
            EXPECT_TRUE(release::is_final(known->status)) << fatal;
            ++(known->status == TaskStatus::success ? finished_by_recovery : failed);
            EXPECT_EQ(root.link("live"),
                      known->status == TaskStatus::success ? "versions/2" : "versions/1")
                << fatal << " " << known->last_error;
            EXPECT_EQ(edge.dispatch(dispatch_of(2, two_files(2))).value(), known->status)
                << "the agent runs it once";
        }
        expect_live_is_whole(root, fatal);
        // It then recovers: the next version goes live, and no leftovers remain.
        EXPECT_EQ(edge.apply(dispatch_of(3, two_files(3))).status, TaskStatus::success) << fatal;
        EXPECT_EQ(root.link("live"), "versions/3");
        EXPECT_TRUE(edge.until([&] {
            return root.names("staging").empty() && root.names("tasks").size() == 1;
        })) << fatal;
    }
    EXPECT_GT(crashes, 20) << "it must have crashed at many places to prove anything";
    EXPECT_LT(crashes, 199);
    EXPECT_GT(failed, 3);
    if (!is_bad) {
        EXPECT_GT(finished_by_recovery, 3);
    }
    RecordProperty("crashes", crashes);
    std::cout << crashes << " crashes: " << finished_by_recovery << " finished after the restart, "
              << failed << " failed\n";
}

INSTANTIATE_TEST_SUITE_P(Executor, Crash,
                         ::testing::Values(std::pair(false, false), std::pair(true, false),
                                           std::pair(false, true), std::pair(true, true)),
                         [](const auto& parameter) {
                             return std::string(parameter.param.first ? "in_the_middle"
                                                                      : "before") +
                                    (parameter.param.second ? "_of_a_bad_version" : "");
                         });

}  // namespace
}  // namespace edgeroll::agent
