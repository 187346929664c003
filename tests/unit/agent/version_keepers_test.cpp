// Servers started in a version's folder, seen in a fake /proc.
#include "agent/version_keepers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/agent/world.hpp"
#include "tls/rt/log.hpp"

namespace edgeroll::agent {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct VersionKeepers : ::testing::Test {
    testing::TemporaryFolder folder;
    const std::string top = folder.path(), root = top + "/agent", proc = top + "/proc";

    VersionKeepers() {
        fs::create_directories(root + "/versions/41");
        fs::create_symlink("versions/41", root + "/live");
        fs::create_directories(proc + "/sys");
    }

    void process(int pid, const std::string& cwd, std::string_view command_line = "nginx",
                 int terminal = 0, const std::string& program = "nginx") {
        const std::string place = proc + "/" + std::to_string(pid);
        fs::create_directory(place);
        std::ofstream(place + "/stat") << pid << " (" << program << ") S 1 " << pid << " " << pid
                                       << " " << terminal << " -1 4194560";
        std::ofstream(place + "/cmdline") << command_line;
        if (!cwd.empty()) fs::create_symlink(cwd, place + "/cwd");
    }

    [[nodiscard]] std::vector<VersionKeeper> found() const {
        return find_version_keepers(root, proc);
    }
};

TEST_F(VersionKeepers, finds_working_directories_in_any_version) {
    process(7, root + "/versions/41");
    process(8, root + "/versions/40/conf.d (deleted)", "caddy", 0, "caddy (odd) name");
    process(9, "/");
    EXPECT_THAT(found(), ElementsAre(VersionKeeper{7, "nginx", root + "/versions/41"},
                                     VersionKeeper{8, "caddy (odd) name",
                                                   root + "/versions/40/conf.d (deleted)"}));
}

TEST_F(VersionKeepers, finds_a_version_that_is_being_removed_but_no_staged_one) {
    process(7, root + "/staging/old-41 (deleted)");
    process(8, root + "/staging/42");
    EXPECT_THAT(found(),
                ElementsAre(VersionKeeper{7, "nginx", root + "/staging/old-41 (deleted)"}));
}

TEST_F(VersionKeepers, finds_versions_on_the_command_line) {
    process(7, "/", "nginx: master process nginx -c " + root + "/versions/41/nginx.conf -g x");
    process(8, "/",
            std::string("haproxy\0-f\0", 11) + root + std::string("/versions/40/a.cfg\0-W", 21));
    process(9, "/", "nginx -p " + root + "/live/");
    EXPECT_THAT(found(), ElementsAre(VersionKeeper{7, "nginx", root + "/versions/41/nginx.conf"},
                                     VersionKeeper{8, "nginx", root + "/versions/40/a.cfg"}));
}

TEST_F(VersionKeepers, leaves_out_shells_at_terminals_and_itself) {
    process(7, root + "/versions/41", "bash", 34816, "bash");
    process(::getpid(), root + "/versions/41");
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(VersionKeepers, follows_links_to_the_root_and_survives_what_it_cannot_read) {
    fs::create_symlink(root, top + "/link");
    process(7, root + "/versions/41");
    process(8, "");
    fs::create_directory(proc + "/9");
    fs::create_directory(proc + "/12x");
    EXPECT_THAT(find_version_keepers(top + "/link", proc),
                ElementsAre(VersionKeeper{7, "nginx", root + "/versions/41"}));
    EXPECT_THAT(find_version_keepers(top + "/none", proc), IsEmpty());
    EXPECT_THAT(find_version_keepers(root, top + "/none"), IsEmpty());
}

TEST_F(VersionKeepers, says_what_to_do) {
    EXPECT_EQ(describe({7, "nginx", "/x/versions/41"}, "/x"),
              "process 7 (nginx) was started in /x/versions/41 and keeps that version whatever is "
              "live: start it in "
              "another folder, with /x/live in its settings");
}

TEST(KeeperWatch, logs_once_at_the_first_look_and_later_at_the_second_in_a_row) {
    const VersionKeeper first{7, "nginx", "/x/versions/41"}, later{8, "caddy", "/x/versions/42"};
    KeeperWatch watch;
    const auto logged = [&](const std::vector<VersionKeeper>& keepers) {
        ::testing::internal::CaptureStderr();
        watch.note(keepers, "/x");
        return ::testing::internal::GetCapturedStderr();
    };
    rt::set_up_log("info", "text", "test");
    EXPECT_THAT(logged({first}), HasSubstr("event=server_keeps_version pid=7"));
    EXPECT_THAT(logged({first, later}), IsEmpty());
    EXPECT_THAT(logged({first, later}), HasSubstr("pid=8"));
    EXPECT_THAT(logged({first, later}), IsEmpty());
    EXPECT_THAT(logged({}), IsEmpty());
}

}  // namespace
}  // namespace edgeroll::agent
