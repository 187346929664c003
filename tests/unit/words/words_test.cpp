// Every enum with words: each value has its own word and is parsed back from it.
#include "release/words.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "agent/apply/machine.hpp"
#include "control/api/tokens.hpp"
#include "control/store/db/url_tls.hpp"
#include "release/actions.hpp"
#include "release/conversation.hpp"
#include "release/reasons.hpp"
#include "release/states.hpp"
#include "tls/rt/log_format.hpp"

namespace edgeroll {
namespace {

/// Whether the first value is `none`, without a word.
template <class Enum>
constexpr bool has_none =
    std::is_same_v<Enum, release::BatchStatus> || std::is_same_v<Enum, release::FailureKind> ||
    std::is_same_v<Enum, release::Action> || std::is_same_v<Enum, release::ReasonKind> ||
    std::is_same_v<Enum, release::Hold>;

template <class Enum>
class EnumWords : public ::testing::Test {};
using EnumsWithWords =
    ::testing::Types<release::ReleaseStatus, release::BatchStatus, release::NodeStatus,
                     release::FailureKind, release::TaskStatus, release::Action, release::Hold,
                     release::OnFailure, release::TaskType, release::ReasonKind, release::Steering,
                     release::MinEvidence, release::Heard, control::TlsMode, control::api::Role,
                     agent::apply::StepName, rt::LogLevel>;
TYPED_TEST_SUITE(EnumWords, EnumsWithWords);

TYPED_TEST(EnumWords, are_one_for_each_value_and_no_two_equal) {
    std::set<std::string_view> seen;
    for (const TypeParam value : release::enum_values<TypeParam>) {
        const std::string_view word = to_text(value);
        const bool may_be_empty = has_none<TypeParam> && value == TypeParam{};
        EXPECT_EQ(word.empty(), may_be_empty) << static_cast<int>(value);
        EXPECT_TRUE(seen.insert(word).second) << word;
    }
    EXPECT_GE(seen.size(), 2U);
    EXPECT_EQ(seen.size(), release::enum_size<TypeParam>);
    EXPECT_EQ(to_text(static_cast<TypeParam>(seen.size())), "") << "no value of the enum";
}

template <class Enum, class From>
void come_back(From from_word) {
    for (const Enum value : release::enum_values<Enum>)
        EXPECT_EQ(from_word(to_text(value)), value) << to_text(value);
    EXPECT_FALSE(from_word("no such word"));
    EXPECT_FALSE(from_word("Pending"));
    EXPECT_EQ(from_word("").has_value(), has_none<Enum>);
}

template <class... Enums>
void come_back_from_text() {
    (come_back<Enums>(release::from_text<Enums>), ...);
}

TEST(EnumsFromWords, are_the_values_that_the_words_stand_for) {
    come_back_from_text<release::ReleaseStatus, release::BatchStatus, release::NodeStatus,
                        release::FailureKind, release::TaskStatus, release::Action, release::Hold,
                        release::OnFailure, release::TaskType, release::ReasonKind,
                        release::MinEvidence>();
    come_back<control::api::Role>(control::api::role_from_text);
    come_back<agent::apply::StepName>(agent::apply::step_from_text);
}

TEST(EnumsListed, name_their_words_for_people_and_without_the_empty_one) {
    EXPECT_EQ(release::listed<release::OnFailure>(" or "), "stop, pause or rollback");
    EXPECT_EQ(release::listed<control::api::Role>(" and "), "viewer and admin");
    EXPECT_EQ(release::choice<release::Action>(), "pause|continue|stop");
}

std::string page(const std::string& name) {
    std::ostringstream read;
    read << std::ifstream(std::string(EDGEROLL_DOCS "/") + name).rdbuf();
    return read.str();
}

TEST(TaskTypes, are_the_ones_that_the_documents_list) {
    const std::string in_ticks = "`" + release::listed<release::TaskType>("`, `", "`, `") + "`";
    EXPECT_NE(page("contract.md").find("| `type` | " + in_ticks + " | required |"),
              std::string::npos)
        << "docs/contract.md 5.2 must list the types of tasks: " << in_ticks;
    for (const release::TaskType type : release::enum_values<release::TaskType>) {
        const std::string word = "`" + std::string(to_text(type)) + "`";
        for (const char* name : {"contract.md", "api.md", "edge.md"}) {
            EXPECT_NE(page(name).find(word), std::string::npos) << name << " lacks " << word;
        }
    }
}

enum class Color { red, green, blue };
constexpr release::Words<Color> colors({
    {Color::red, "red"},
    {Color::green, "green"},
    {Color::blue, "blue"},
});
static_assert(release::enum_size<Color> == 3);
static_assert(release::enum_values<Color>.back() == Color::blue);
static_assert(!release::is_enumerator<static_cast<Color>(3)>());
static_assert(colors.value(colors.text(Color::green)) == Color::green);

}  // namespace
}  // namespace edgeroll
