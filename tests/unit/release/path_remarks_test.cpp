#include "release/path_remarks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgeroll::release {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr auto remarks = [](std::string_view text) { return path_remarks("a.conf", text); };

TEST(PathRemarks, names_a_relative_root_with_file_and_line) {
    EXPECT_THAT(path_remarks("conf.d/site.conf", "server {\n  listen 80;\n  root html/en;\n}"),
                ElementsAre(AllOf(StartsWith("conf.d/site.conf, line 3: root html/en is relative"),
                                  HasSubstr("write /var/lib/edgeroll-agent/live/html/en"))));
    EXPECT_THAT(remarks("location /a { alias \"files/a\"; }"),
                ElementsAre(HasSubstr("alias files/a is relative")));
}

TEST(PathRemarks, finds_nothing_wrong_with_what_is_served_from_live) {
    EXPECT_THAT(
        remarks("server { root /var/lib/edgeroll-agent/live/html; include conf.d/*.conf; }"),
        IsEmpty());
    EXPECT_THAT(remarks("root $documents; root /srv/www; root_of html;"), IsEmpty());
    EXPECT_THAT(remarks("# root html;\nlog_format a 'root html;';"), IsEmpty());
}

TEST(PathRemarks, takes_only_nginx_statements_for_nginx) {
    EXPECT_THAT(remarks("example.org {\n  root * html\n}\n"), IsEmpty());  // Caddy
    EXPECT_THAT(remarks("root = html;"), IsEmpty());
    EXPECT_THAT(remarks("sub root html;"), IsEmpty());
}

TEST(PathRemarks, names_absolute_paths_through_live_that_the_check_reads) {
    EXPECT_THAT(
        remarks("http {\n include /var/lib/edgeroll-agent/live/conf.d/*.conf;\n"
                " modsecurity_rules_file '/var/lib/edgeroll-agent/live/waf.conf';\n}"),
        ElementsAre(AllOf(HasSubstr(
                        "line 2: /var/lib/edgeroll-agent/live/conf.d/*.conf: before the switch")),
                    HasSubstr("line 3: /var/lib/edgeroll-agent/live/waf.conf: before")));
    EXPECT_THAT(remarks("bind :443 crt:/var/lib/edgeroll-agent/live/a.pem"),
                ElementsAre(HasSubstr("before the switch")));
}

TEST(PathRemarks, names_paths_into_one_version_even_where_they_are_served) {
    EXPECT_THAT(remarks("root /var/lib/edgeroll-agent/versions/41/html;"),
                ElementsAre(HasSubstr("goes on meaning that one folder")));
    EXPECT_THAT(remarks("include /var/lib/edgeroll-agent/staging/41/a;"),
                ElementsAre(HasSubstr("that one folder")));
}

TEST(PathRemarks, knows_other_roots_and_other_folders) {
    EXPECT_THAT(path_remarks("a", "include /srv/edge/live/b;", "/srv/edge"),
                ElementsAre(HasSubstr("/srv/edge/live/b")));
    EXPECT_THAT(path_remarks("a", "include /var/lib/edgeroll-agent/live/b;", "/srv/edge"),
                IsEmpty());
    EXPECT_THAT(remarks("include /var/lib/edgeroll-agent-2/live/b; include "
                        "/mnt/var/lib/edgeroll-agent/live/b;"),
                IsEmpty());
    EXPECT_THAT(
        remarks("include /var/lib/edgeroll-agent/live2/b; include /var/lib/edgeroll-agent/tasks;"),
        IsEmpty());
}

TEST(PathRemarks, says_ten_of_a_file_at_most_and_survives_any_text) {
    std::string many;
    for (int line = 0; line < 100; ++line)
        many += "root html;\n";
    EXPECT_EQ(remarks(many).size(), 10U);
    for (const char* text : {"", "\"", "'", "root", "root ", "root \"", "root ''", "root '';", "#",
                             "{};", "\n\n", "root;"}) {
        EXPECT_THAT(remarks(text), IsEmpty()) << text;
    }
}

}  // namespace
}  // namespace edgeroll::release
