#include <gtest/gtest.h>

#include "release/result.hpp"
#include "release/wire/limit_change.hpp"

namespace edgeroll::release::wire {
namespace {

LimitChange change(const char* max_parallel, const char* per = nullptr) {
    LimitChange wanted;
    if (max_parallel != nullptr) wanted.max_parallel = max_parallel;
    if (per != nullptr) wanted.max_parallel_per = per;
    return wanted;
}

TEST(WireLimits, takes_sizes_and_null) {
    for (const char* good : {"0", "1", "1000000", "null"})
        EXPECT_TRUE(merge_batch_config("", change(good))) << good;
    for (const char* bad : {"-1", "1000001", "2.5", "\"4\"", "true", "[1]", "", "4 5"})
        EXPECT_FALSE(merge_batch_config("", change(bad))) << bad;
    for (const char* good :
         {"null", R"({"region":2})", R"({"region":{"eu":2,"*":1}})", R"({"a":1,"b":2})"}) {
        EXPECT_TRUE(merge_batch_config("", change(nullptr, good))) << good;
    }
    for (const char* bad : {"2", R"({"region":0})", R"({"region":{}})", R"({"region":{"eu":0}})",
                            R"({"":1})", R"({"region":"2"})", R"({"region":[1]})"}) {
        const auto refused = merge_batch_config("", change(nullptr, bad));
        ASSERT_FALSE(refused) << bad;
        EXPECT_EQ(refused.error().code, code::invalid);
        EXPECT_NE(refused.error().message.find("max_parallel_per"), std::string::npos);
    }
}

TEST(WireLimits, changes_its_keys_and_no_other) {
    const std::string text = R"({"failure_threshold":1,"max_parallel":4})";
    EXPECT_EQ(*merge_batch_config(text, change("9")),
              R"({"failure_threshold":1,"max_parallel":9})");
    EXPECT_EQ(*merge_batch_config(text, change("null", R"({"region":2})")),
              R"({"failure_threshold":1,"max_parallel_per":{"region":2}})");
    EXPECT_EQ(*merge_batch_config(text, change(nullptr, "null")), text);
    EXPECT_EQ(*merge_batch_config("", change("3")), R"({"max_parallel":3})");
    EXPECT_FALSE(merge_batch_config("[]", change("3")));
    EXPECT_FALSE(merge_batch_config("{", change("3")));
}

TEST(WireLimits, names_the_field_as_it_was_sent) {
    const auto said = [](const std::string& config, const LimitChange& wanted) {
        const auto merged = merge_batch_config(config, wanted);
        return merged ? "accepted" : merged.error().message;
    };
    EXPECT_EQ(said("", change("-1")), "field 'max_parallel' must be from 0 to 1000000");
    EXPECT_EQ(said("", change("true")).find("field 'max_parallel' "), 0U);
    EXPECT_EQ(said("", change(nullptr, "2")).find("field 'max_parallel_per' "), 0U);
    EXPECT_EQ(said("", change(nullptr, R"({"":1})")).find("field 'max_parallel_per"), 0U);
    EXPECT_EQ(said(R"({"colour":1})", change("4")), "batch_config: key 'colour' is unknown")
        << "that one is in the release's own row";
}

}  // namespace
}  // namespace edgeroll::release::wire
