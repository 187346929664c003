#include "release/sent_content.hpp"

#include <gtest/gtest.h>

namespace edgeroll::release {
namespace {

Snapshot of_version(std::int64_t version, std::string sha256) {
    Snapshot seen;
    seen.version = Version{version};
    seen.content_sha256 = std::move(sha256);
    return seen;
}

TEST(SentContent, is_the_releases_own_unless_the_row_names_another) {
    Snapshot seen = of_version(7, "seven");
    Content three;
    three.sha256 = "three";
    seen.other_contents.emplace_back(Version{3}, three);

    const WantedContent own = wanted_content(seen, std::nullopt);
    EXPECT_EQ(own.version, Version{7});
    EXPECT_EQ(own.sha256, "seven");
    EXPECT_FALSE(own.is_nothing);
    const WantedContent other = wanted_content(seen, Version{3});
    EXPECT_EQ(other.version, Version{3});
    EXPECT_EQ(other.sha256, "three");
    EXPECT_EQ(wanted_content(seen, Version{4}).sha256, "") << "no digest is known of it";
}

TEST(SentContent, is_nothing_for_a_mere_reload) {
    const Snapshot seen = of_version(7, std::string(reload_only_mark));
    EXPECT_TRUE(wanted_content(seen, std::nullopt).is_nothing);
    EXPECT_FALSE(wanted_content(seen, Version{3}).is_nothing);
}

TEST(SentContent, of_a_configuration_is_asked_for_where_it_may_be_there_from_before) {
    FoundContent found{"digest", "plain", false};
    ContentNames names = names_of(TaskType::apply_config, found, std::nullopt);
    EXPECT_EQ(names.sha256, "digest");
    EXPECT_EQ(names.plain_sha256, "plain");
    EXPECT_EQ(names.compared_sha256, "");
    EXPECT_FALSE(names.may_be_held);
    EXPECT_TRUE(names_of(TaskType::apply_config, found, Version{3}).may_be_held);
    found.is_repeated = true;
    EXPECT_TRUE(names_of(TaskType::apply_config, found, std::nullopt).may_be_held);
    found.sha256.clear();
    EXPECT_FALSE(names_of(TaskType::apply_config, found, Version{3}).may_be_held);
}

TEST(SentContent, of_other_types_is_compared_and_never_named) {
    const FoundContent found{"digest", "plain", true};
    const ContentNames names = names_of(TaskType::run_job, found, std::nullopt);
    EXPECT_EQ(names.sha256, "");
    EXPECT_EQ(names.plain_sha256, "");
    EXPECT_EQ(names.compared_sha256, "digest");
    EXPECT_FALSE(names.may_be_held);
}

}  // namespace
}  // namespace edgeroll::release
