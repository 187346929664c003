#include "agent/housekeeping.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/files_posix.hpp"
#include "agent/layout.hpp"
#include "tests/unit/agent/world.hpp"

namespace edgeroll::agent {
namespace {

using release::TaskStatus;
using release::Version;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

void add(apply::Book& book, std::int64_t version, TaskStatus status,
         std::optional<std::int64_t> previous = std::nullopt, const std::string& sha = "aa") {
    apply::Entry entry;
    entry.task_id = "t" + std::to_string(book.ledger.tasks.size());
    entry.version = Version{version};
    entry.sha256 = sha;
    entry.course.status = status;
    entry.course.is_reload_only = sha.empty();
    apply::Details details;
    if (previous) details.previous = Version{*previous};
    book.details.emplace(entry.task_id, details);
    if (status == TaskStatus::success && !sha.empty()) book.ledger.applied_version = entry.version;
    book.ledger.tasks.emplace(entry.task_id, entry);
}

std::vector<Version> versions(std::initializer_list<std::int64_t> numbers) {
    std::vector<Version> made;
    for (const auto number : numbers)
        made.push_back(Version{number});
    return made;
}

TEST(Housekeeping, keeps_the_newest_old_versions) {
    apply::Book book;
    add(book, 9, TaskStatus::success, 8);
    EXPECT_THAT(versions_to_remove(versions({3, 5, 7, 8, 9}), book, Version{9}, 2),
                ElementsAre(Version{5}, Version{3}));
    EXPECT_THAT(versions_to_remove(versions({3, 5, 7, 8, 9}), book, Version{9}, 5), IsEmpty());
}

TEST(Housekeeping, never_removes_live_or_the_version_before_it) {
    apply::Book book;
    add(book, 9, TaskStatus::success, 3);
    EXPECT_THAT(versions_to_remove(versions({3, 5, 7, 9}), book, Version{9}, 0),
                ElementsAre(Version{7}, Version{5}));
    EXPECT_THAT(versions_to_remove(versions({3, 5, 7, 9}), book, Version{9}, 1),
                ElementsAre(Version{7}, Version{5}));
    EXPECT_THAT(versions_to_remove(versions({3, 5, 9}), book, Version{5}, 0), IsEmpty())
        << "live, applied and previous are three different ones";
}

TEST(Housekeeping, removes_versions_that_never_worked) {
    apply::Book book;
    add(book, 1, TaskStatus::success);
    add(book, 2, TaskStatus::failed, 1);
    add(book, 3, TaskStatus::failed, 1);
    add(book, 3, TaskStatus::success, 1);
    EXPECT_THAT(versions_to_remove(versions({1, 2, 3}), book, Version{3}, 5),
                ElementsAre(Version{2}));
    add(book, 2, TaskStatus::running, 3);
    EXPECT_THAT(versions_to_remove(versions({1, 2, 3}), book, Version{3}, 5), IsEmpty())
        << "it is being tried again";
}

TEST(Housekeeping, removes_folders_by_renaming_them_away_first) {
    const testing::TemporaryFolder root;
    const auto files = std::move(open_root(root.path()).value());
    root.write("versions/4/deep/file", "x");
    root.write("versions/5/file", "x");
    root.write("versions/notes.txt", "mine");
    root.write("staging/old-4/rest", "of a crash");
    EXPECT_THAT(present_versions(*files).value(), ElementsAre(Version{4}, Version{5}));
    ASSERT_TRUE(remove_versions(*files, versions({4})));
    EXPECT_THAT(root.names("versions"), ElementsAre("5", "notes.txt"));
    EXPECT_THAT(root.names("staging"), IsEmpty());
}

TEST(Housekeeping, removes_leftovers_but_not_what_waiting_tasks_need) {
    const testing::TemporaryFolder root;
    const auto files = std::move(open_root(root.path()).value());
    root.write("staging/7/half", "x");
    root.write("tasks/payload-1", "x");
    root.write("tasks/payload-2", "x");
    root.write("tasks/journal", "x");
    ASSERT_TRUE(remove_leftovers(*files, {"payload-2"}));
    EXPECT_THAT(root.names("staging"), IsEmpty());
    EXPECT_THAT(root.names("tasks"), ElementsAre("journal", "payload-2"));
}

TEST(Layout, reads_only_names_that_it_writes) {
    EXPECT_EQ(layout::version_from("42"), Version{42});
    for (const char* bad : {"", "0", "-1", "042", "4x", "99999999999999999999", " 4"}) {
        EXPECT_EQ(layout::version_from(bad), std::nullopt) << bad;
    }
    EXPECT_EQ(layout::version_from_target("versions/42"), Version{42});
    EXPECT_EQ(layout::version_from_target("/x/versions/42"), std::nullopt);
    EXPECT_EQ(layout::version_from_target("versions/42/.."), std::nullopt);
}

}  // namespace
}  // namespace edgeroll::agent
