#include "agent/digest_migration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/agent/edge.hpp"

namespace edgeroll::agent {
namespace {

using namespace edgeroll::agent::testing;
using release::TaskStatus;
using release::Version;
using ::testing::ElementsAre;

const std::string text_of_a = "on ${node.name}";

std::string literal() {
    return payload({{"a", text_of_a}});
}

std::string filled_in() {
    return payload({{"a", text_of_a}}, true);
}

/// The state left by a program without templates: its digests everywhere.
void make_old(const TemporaryFolder& root) {
    apply::Book book = apply::decode_journal(root.read("tasks/journal")).book;
    for (auto& [id, entry] : book.ledger.tasks)
        entry.sha256 = plain_digest(literal());
    book.ledger.applied_sha256 = plain_digest(literal());
    book.ledger.digest_rule = 0;
    root.write("tasks/journal", apply::encode_book(book));
    for (const std::string& name : root.names("contents")) {
        const std::string version = name.substr(0, name.find('-'));
        std::filesystem::rename(
            root.path("contents/" + name),
            root.path("contents/" + version + "-" + plain_digest(literal()) + ".json"));
    }
}

/// Version 1 is the plain text, version 2 the same text as a template.
void apply_both(const TemporaryFolder& root) {
    Edge edge(root);
    ASSERT_EQ(edge.apply(dispatch_of(1, literal())).status, TaskStatus::success);
    ASSERT_EQ(edge.apply(dispatch_of(2, filled_in())).status, TaskStatus::success);
    ASSERT_TRUE(edge.until([&] { return root.names("contents").size() == 2; }));
}

TEST(Recount, tells_what_is_kept_by_the_rule_that_sees_templates) {
    const TemporaryFolder root;
    apply_both(root);
    make_old(root);
    Edge edge(root);
    EXPECT_THAT(root.names("contents"), ElementsAre("1-" + digest(literal()) + ".json",
                                                    "2-" + digest(filled_in()) + ".json"));
    EXPECT_EQ(edge.state().sha256, digest(filled_in()));
    auto again = dispatch_of(2, filled_in(), "_2");
    EXPECT_EQ(edge.dispatch(again).value(), TaskStatus::success);
    EXPECT_EQ(edge.finished(again.task_id).steps.size(), 0U) << "it has that content";
    auto reference = dispatch_of(3, "");
    reference.is_by_reference = true;
    reference.sha256 = plain_digest(literal());
    reference.content_sha256 = digest(literal());
    ASSERT_EQ(edge.apply(reference).status, TaskStatus::success);
    EXPECT_EQ(root.read("live/a"), text_of_a);
}

TEST(Recount, is_done_again_when_it_was_cut_short) {
    const TemporaryFolder root;
    apply_both(root);
    make_old(root);
    // The machine crashed after the content was renamed.
    std::filesystem::rename(root.path("contents/2-" + plain_digest(filled_in()) + ".json"),
                            root.path("contents/2-" + digest(filled_in()) + ".json"));
    Edge edge(root);
    EXPECT_EQ(edge.state().sha256, digest(filled_in()));
}

TEST(Recount, is_done_once) {
    const TemporaryFolder root;
    apply_both(root);
    make_old(root);
    { const Edge edge(root); }
    EXPECT_EQ(apply::decode_journal(root.read("tasks/journal")).book.ledger.digest_rule, 2);
    // Later damage is found by the next reader, not at every start.
    const std::string file = "contents/1-" + digest(literal()) + ".json";
    root.write(file, filled_in());
    const Edge edge(root);
    EXPECT_TRUE(root.has(file));
}

TEST(Recount, leaves_what_cannot_be_counted_any_more) {
    const TemporaryFolder root;
    apply_both(root);
    make_old(root);
    std::filesystem::remove_all(root.path("contents"));
    Edge edge(root);
    EXPECT_EQ(edge.state().sha256, plain_digest(filled_in()));
    EXPECT_FALSE(edge.dispatch(dispatch_of(2, filled_in(), "_2")))
        << "no success without knowing that it is the same";
}

}  // namespace
}  // namespace edgeroll::agent
