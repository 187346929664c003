// Which groups may read secret files. The kernel's rules depend on the process: as root, the test
// runs in a child with another user.
#include "agent/secret_group.hpp"

#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <vector>

#include "agent/files_posix.hpp"
#include "tests/unit/agent/world.hpp"

namespace edgeroll::agent {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr unsigned nobody = 65534, games_user = 5, games = 60;

struct Person {
    unsigned user = 0, group = 0;
    std::vector<unsigned> groups;
};

/// Result of `what` in a process of that person.
std::string said_by(const Person& person, const std::function<std::string()>& what) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        if (::setgroups(person.groups.size(), person.groups.data()) != 0 ||
            ::setgid(person.group) != 0 || ::setuid(person.user) != 0) {
            ::_exit(1);
        }
        const std::string text = what();
        (void)!::write(ends[1], text.data(), text.size());
        ::_exit(0);
    }
    ::close(ends[1]);
    std::string text;
    char chunk[1024];
    for (ssize_t size = 0; (size = ::read(ends[0], chunk, sizeof chunk)) > 0;)
        text.append(chunk, static_cast<std::size_t>(size));
    ::close(ends[0]);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    return text;
}

std::string judged(const std::string& name) {
    const auto found = find_secret_group(name);
    if (!found) return found.error().message;
    return *found ? std::to_string(**found) : "none";
}

class SecretGroup : public ::testing::Test {
  protected:
    void SetUp() override {
        if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
        const group* const found = ::getgrnam("games");
        if (found == nullptr || found->gr_gid != games) GTEST_SKIP() << "not a Debian";
    }
};

TEST_F(SecretGroup, is_one_that_the_agent_may_give_files_to) {
    const auto games_by = [](const Person& person) {
        return said_by(person, [] { return judged("games"); });
    };
    EXPECT_EQ(judged(""), "none");
    EXPECT_EQ(judged("games"), "60") << "root";
    EXPECT_EQ(games_by({nobody, nobody, {games}}), "60") << "a member";
    EXPECT_EQ(games_by({nobody, games, {}}), "60") << "its own group";
    const std::string refused = games_by({nobody, nobody, {1, 2}});
    EXPECT_THAT(refused,
                StartsWith("AGENT_SECRET_GROUP games: the user nobody is no member of it"));
    EXPECT_THAT(refused, HasSubstr("usermod -aG games nobody"));
}

TEST_F(SecretGroup, says_that_a_membership_is_newer_than_the_process) {
    const auto said = said_by({games_user, nobody, {}}, [] { return judged("games"); });
    EXPECT_THAT(said, StartsWith("AGENT_SECRET_GROUP games: the user games is a member of it only "
                                 "since"));
    EXPECT_THAT(said, EndsWith("start it again"));
}

TEST_F(SecretGroup, must_be_there) {
    const auto said = said_by({nobody, nobody, {}}, [] { return judged("no-such-group"); });
    EXPECT_EQ(said,
              "AGENT_SECRET_GROUP no-such-group: there is no such group: groupadd --system "
              "no-such-group && usermod -aG no-such-group nobody, or unset it");
}

TEST_F(SecretGroup, is_given_by_its_members_and_nobody_else) {
    const testing::TemporaryFolder folder;
    ASSERT_EQ(::chown(folder.path().c_str(), nobody, nobody), 0);
    const auto create = [&](const std::string& name, int mode) {
        auto files = open_root(folder.path());
        if (!files) return files.error().message;
        const auto done = (*files)->create_file(name, "secret", FileAccess{mode, games});
        return done ? std::string("done") : done.error().message;
    };
    const auto mode_and_group = [&](const std::string& name) {
        struct stat info {};
        if (::stat(folder.path(name).c_str(), &info) != 0) return std::string("absent");
        return std::to_string(info.st_mode & 07777) + ":" + std::to_string(info.st_gid);
    };
    EXPECT_EQ(said_by({nobody, nobody, {games}}, [&] { return create("shared", 0640); }), "done");
    EXPECT_EQ(mode_and_group("shared"), std::to_string(0640) + ":60");
    EXPECT_EQ(said_by({nobody, nobody, {games}}, [&] { return create("closed", 0600); }), "done");
    EXPECT_EQ(mode_and_group("closed"), std::to_string(0600) + ":60");
    EXPECT_EQ(said_by({nobody, nobody, {}}, [&] { return create("refused", 0640); }),
              "cannot give the group of AGENT_SECRET_GROUP " + folder.path("refused") +
                  ": Operation not permitted");
    EXPECT_EQ(mode_and_group("refused"), "absent");
}

}  // namespace
}  // namespace edgeroll::agent
