#include "control/cli/times.hpp"
#include "noon.hpp"

#include <gtest/gtest.h>

namespace edgeroll::cli {
namespace {

TEST(ParseMoment, reads_every_form_of_rfc_3339) {
    EXPECT_EQ(parse_moment("1970-01-01T00:00:00Z")->since_epoch.count(), 0);
    EXPECT_EQ(parse_moment("1970-01-01T00:00:01.5Z")->since_epoch.count(), 1500);
    EXPECT_EQ(parse_moment("1970-01-01T00:00:00.123456Z")->since_epoch.count(), 123);
    EXPECT_EQ(parse_moment("1970-01-01T08:00:00+08:00")->since_epoch.count(), 0);
    EXPECT_EQ(parse_moment("1969-12-31T23:30:00-00:30")->since_epoch.count(), 0);
    EXPECT_EQ(parse_moment("2024-02-29T00:00:00Z")->since_epoch.count(), 1709164800000);
}

TEST(ParseMoment, refuses_everything_else) {
    for (const char* text :
         {"", "yesterday", "2026-11-21", "2026-11-21T12:00:00", "2026-02-29T00:00:00Z",
          "2026-13-01T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T12:00:00Zx",
          "2026-11-21T12:00:00.Z", "-026-11-21T12:00Z"}) {
        EXPECT_FALSE(parse_moment(text)) << text;
    }
}

TEST(ToText, is_the_inverse_to_the_second) {
    EXPECT_EQ(to_text(noon), "2026-11-21T12:00:00Z");
    EXPECT_EQ(to_text(*parse_moment("2024-02-29T23:59:59.999Z")), "2024-02-29T23:59:59Z");
}

TEST(DurationText, uses_two_units) {
    EXPECT_EQ(duration_text(Millis(-5)), "0.0 s");
    EXPECT_EQ(duration_text(Millis(1234)), "1.2 s");
    EXPECT_EQ(duration_text(Millis(59'999)), "59 s");
    EXPECT_EQ(duration_text(Millis(192'000)), "3 min 12 s");
    EXPECT_EQ(duration_text(Millis(3'600'000)), "1 h");
    EXPECT_EQ(duration_text(Millis(90'000'000)), "1 d 1 h");
}

TEST(RelativeText, looks_back_and_ahead) {
    EXPECT_EQ(relative_text("2026-11-21T11:59:48.000Z", noon), "12 s ago");
    EXPECT_EQ(relative_text("2026-11-21T11:56:01Z", noon), "3 min ago");
    EXPECT_EQ(relative_text("2026-11-21T07:00:00Z", noon), "5 h ago");
    EXPECT_EQ(relative_text("2026-11-17T12:00:00Z", noon), "4 d ago");
    EXPECT_EQ(relative_text("2026-11-21T12:00:30Z", noon), "in 30 s");
    EXPECT_EQ(relative_text("2026-11-21T12:00:00.400Z", noon), "now");
    EXPECT_EQ(relative_text("", noon), "");
    EXPECT_EQ(relative_text("soon", noon), "soon");
}

TEST(TookText, counts_to_now_while_it_runs) {
    EXPECT_EQ(took_text("2026-11-21T11:59:00Z", "2026-11-21T11:59:02.5Z", noon), "2.5 s");
    EXPECT_EQ(took_text("2026-11-21T11:59:00Z", "", noon), "1 min");
    EXPECT_EQ(took_text("", "", noon), "");
}

}  // namespace
}  // namespace edgeroll::cli
