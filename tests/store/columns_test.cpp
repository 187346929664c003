#include "control/store/rows/columns.hpp"

#include <gmock/gmock.h>

#include "control/store/rows/version_range.hpp"
#include "tests/store/store_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using ::testing::ElementsAre;

struct Inner {
    int small = 7;
    release::Hold hold = release::Hold::none;
};

struct Read {
    std::string text = "before";
    std::int64_t number = 7;
    bool flag = true, is_there = true;
    release::Millis span{7};
    release::NodeId id{7};
    std::optional<release::ReleaseId> other;
    std::optional<release::Version> version;
    Inner inner;
    std::string order;
};

Columns<Read> all_kinds() {
    return {
        {"t", into<&Read::text>},
        {"n", into<&Read::number>},
        {"f", into<&Read::flag>},
        {"p", presence_into<&Read::is_there>},
        {"s", into<&Read::span>},
        {"i", into<&Read::id>},
        {"o", into<&Read::other>},
        {"v", possible_version_into<&Read::version>},
        {"c", into<&Read::inner, &Inner::small>},
        {"h", word_into<release::Hold::review, &Read::inner, &Inner::hold>},
        {"l", [](Read& read, const Field& field) { read.order = read.text + field.text(); }},
    };
}

Row row_of(std::size_t count, const Value& value) {
    return Row(Values(count, value));
}

TEST(ColumnsTest, puts_each_column_where_the_list_says) {
    EXPECT_EQ(all_kinds().list(), "t, n, f, p, s, i, o, v, c, h, l");
    const Read read =
        all_kinds().read(Row({std::string("a"), std::int64_t{1}, std::int64_t{2}, std::int64_t{0},
                              std::int64_t{4}, std::int64_t{5}, std::string("6"), std::int64_t{7},
                              std::int64_t{8}, std::string("gate"), std::string("b")}));
    EXPECT_EQ(read.text, "a");
    EXPECT_EQ(read.number, 1);
    EXPECT_TRUE(read.flag);
    EXPECT_TRUE(read.is_there);
    EXPECT_EQ(read.span, release::Millis{4});
    EXPECT_EQ(read.id, release::NodeId{5});
    EXPECT_EQ(read.other, release::ReleaseId{6});
    EXPECT_EQ(read.version, release::Version{7});
    EXPECT_EQ(read.inner.small, 8);
    EXPECT_EQ(read.inner.hold, release::Hold::gate);
    EXPECT_EQ(read.order, "ab") << "those before it are read";
}

TEST(ColumnsTest, reads_what_nobody_expects) {
    for (const Value& value : {Value{}, Value{std::string("no number")}}) {
        const Read read = all_kinds().read(row_of(11, value));
        EXPECT_EQ(read.number, 0);
        EXPECT_FALSE(read.flag);
        EXPECT_EQ(read.is_there, value != Value{});
        EXPECT_EQ(read.span, release::Millis{0});
        EXPECT_EQ(read.id, release::NodeId{0});
        EXPECT_EQ(read.other, std::nullopt);
        EXPECT_EQ(read.version, std::nullopt);
        EXPECT_EQ(read.inner.small, 0);
    }
    EXPECT_EQ(all_kinds().read(row_of(11, Value{})).text, "");
    EXPECT_EQ(all_kinds().read(row_of(11, Value{})).inner.hold, release::Hold::none);
    EXPECT_EQ(all_kinds().read(row_of(11, std::string("soon"))).inner.hold, release::Hold::review);
    EXPECT_EQ(all_kinds().read(row_of(11, std::int64_t{-1})).version, std::nullopt);
}

class SelectTest : public StoreTest {};

TEST_P(SelectTest, selects_what_is_read) {
    add_node("a", "10.0.0.1");
    add_node("b", "10.0.0.2");
    const Columns<Read> columns{
        {"id + ?", into<&Read::id>},
        {"name", into<&Read::text>},
        {hand().dialect().rfc3339("NULL"), presence_into<&Read::is_there>},
    };
    const auto nodes = select_rows(hand(), columns, "FROM nodes WHERE main_ip <> ? ORDER BY id",
                                   {std::int64_t{10}, std::string("10.0.0.9")});
    ASSERT_EQ(nodes.size(), 2U);
    EXPECT_EQ(nodes[0].id.value, 11);
    EXPECT_EQ(nodes[1].text, "b");
    EXPECT_FALSE(nodes[1].is_there);
    const auto last = select_row(hand(), columns, "FROM nodes ORDER BY id DESC", {std::int64_t{0}});
    ASSERT_TRUE(last);
    EXPECT_EQ(last->text, "b");
    EXPECT_FALSE(select_row(hand(), columns, "FROM nodes WHERE id > 9", {std::int64_t{0}}));
}

EDGEROLL_ON_BOTH_DATABASES(SelectTest);

}  // namespace
}  // namespace edgeroll::control::testing
