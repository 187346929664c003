#include "control/cli/table.hpp"

#include <gtest/gtest.h>

namespace edgeroll::cli {
namespace {

TEST(Table, aligns_and_leaves_out_empty_columns) {
    Table table({{"ID", Align::right}, {"NAME"}, {"NOTHING"}, {"STATUS"}});
    table.add({"7", "edge-1", "", "online"});
    table.add({"1234", "größe", "", ""});
    EXPECT_EQ(table.text(),
              "  ID  NAME    STATUS\n"
              "   7  edge-1  online\n"
              "1234  größe\n");
}

TEST(Table, is_not_broken_by_hostile_cells) {
    Table table({{"ERROR", Align::left, 12}});
    table.add({"a\nb\x1b[2J and much more"});
    EXPECT_EQ(table.text(), "ERROR\na\\nb\\x1b[...\n");
}

TEST(RenderFields, leaves_out_what_is_empty) {
    EXPECT_EQ(render_fields({{"release", "7"}, {"last error", ""}, {"by", "a\nb"}}),
              "release  7\nby       a\\nb\n");
}

}  // namespace
}  // namespace edgeroll::cli
