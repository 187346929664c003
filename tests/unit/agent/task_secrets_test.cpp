// Secrets that an agent redacts from the output of commands, also when it kept no content.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/unit/agent/secret_contents.hpp"

namespace edgeroll::agent {
namespace {

using namespace edgeroll::agent::testing;
using release::TaskStatus;
using release::wire::Json;

class TaskSecretsTest : public ::testing::Test {
  protected:
    /// The output of the task's reload, after a start of the agent.
    [[nodiscard]] std::string reloaded(int version, const ExecutorSettings& settings) const {
        Edge edge(root_, settings);
        return output_of(edge.apply(secret_task("reload", version, "{}")), "reload");
    }
    bool settled(Edge& edge) const {
        return edge.until(
            [&] { return root_.names("tasks").size() == 1 && root_.names("staging").empty(); });
    }

    TemporaryFolder root_;
};

/// A disk that keeps no content.
class ForgetfulFiles final : public ForwardingFiles {
  public:
    using ForwardingFiles::ForwardingFiles;
    Result<void> rename(const std::string& from, const std::string& to) override {
        if (to.starts_with("contents/")) return release::fail("No space left on device");
        return inner().rename(from, to);
    }
};

TEST_F(TaskSecretsTest, are_known_where_their_content_was_not_kept) {
    ExecutorSettings made;
    made.commands.reload = "cat $EDGEROLL_LIVE/a/b/own $EDGEROLL_LIVE/shared $EDGEROLL_LIVE/plain";
    const auto text =
        payload_of({secret_file("a/b/own", line_of(1), "0600"), secret_file("shared", line_of(2)),
                    Json{{"path", "plain"}, {"content", "open-to-everybody"}}});
    {
        Edge edge(root_, made, {}, [](std::unique_ptr<Files> files) -> std::unique_ptr<Files> {
            return std::make_unique<ForgetfulFiles>(std::move(files));
        });
        ASSERT_EQ(edge.apply(dispatch_of(1, text)).status, TaskStatus::success);
        const auto report = edge.apply(secret_task("reload", 2, "{}"));
        EXPECT_EQ(output_of(report, "reload"), "[secret]open-to-everybody");
    }
    EXPECT_EQ(reloaded(3, made), "[secret]open-to-everybody") << "from here on it is kept";
    for (const std::string& name : root_.names("contents"))
        fs::remove(root_.path("contents/" + name));
    // Entries that are no files of a content: a link to another secret, a pipe without a writer.
    root_.write("elsewhere", "of-another-folder", 0600);
    fs::create_symlink(root_.path("elsewhere"), root_.path("versions/1/link"));
    ASSERT_EQ(::mkfifo(root_.path("versions/1/pipe").c_str(), 0600), 0);
    EXPECT_EQ(reloaded(4, made), "[secret]open-to-everybody");
    made.commands.reload += " $EDGEROLL_LIVE/link";
    EXPECT_EQ(reloaded(5, made), "[secret]open-to-everybodyof-another-folder");
    // Also for a version that may be put back.
    made.commands.check = "cat " + root_.path("versions/1/shared");
    Edge edge(root_, made);
    EXPECT_EQ(output_of(edge.apply(dispatch_of(6, payload({{"a", "1"}}))), "check"), "[secret]");
}

/// The answer names the file and the remedy.
TEST_F(TaskSecretsTest, that_are_too_large_to_look_for_are_named) {
    ExecutorSettings made;
    made.commands.reload = "echo something";
    {
        Edge edge(root_);
        ASSERT_EQ(edge.apply(dispatch_of(1, site_and_key(1))).status, TaskStatus::success);
        ASSERT_TRUE(settled(edge));
    }
    fs::resize_file(root_.path("versions/1/tls/site.key"), 40U << 20);
    const std::string said =
        "(not shown, since its secrets are unknown: " + root_.path("versions/1/tls/site.key") +
        " is larger than 8454144 bytes; make it smaller, or release two versions without it)";
    EXPECT_EQ(reloaded(2, made), said);
    fs::remove(root_.path("contents/1-" + digest(site_and_key(1)) + ".json"));
    EXPECT_EQ(reloaded(3, made), said);
    fs::resize_file(root_.path("versions/1/tls/site.key"), 10);
    EXPECT_EQ(reloaded(4, made), "something\n");
}

TEST_F(TaskSecretsTest, that_fill_in_to_more_than_a_payload_are_refused) {
    std::string many;
    while (many.size() < (60U << 10))
        many += "${label.long}\n";
    auto file = secret_file("a.key", many);
    file["template"] = true;
    auto dispatch = dispatch_of(1, payload_of({file}));
    dispatch.labels = {{"long", std::string(4'000, 'x')}};
    Edge edge(root_);
    EXPECT_EQ(edge.apply(dispatch).last_error,
              "stage failed: file 'a.key': this secret has " +
                  std::to_string(many.size() / 14 * 4'001) +
                  " bytes when it is filled in, and may have at most 8388608");
    file["secret"] = false;
    dispatch = dispatch_of(2, payload_of({file}));
    dispatch.labels = {{"long", std::string(4'000, 'x')}};
    EXPECT_EQ(edge.apply(dispatch).status, TaskStatus::success) << "any other file may";
}

/// Line ends and signatures of editors and of Windows: programs print the text between them.
TEST_F(TaskSecretsTest, are_known_whatever_their_lines_end_with) {
    ExecutorSettings made;
    made.commands.check = "echo first-of-lines; echo second-of-lines; echo third-of-lines";
    Edge edge(root_, made);
    const auto text = payload_of(
        {secret_file("a",
                     "\xef\xbb\xbf"
                     "first-of-lines\rsecond-of-lines\r\xc2\xa0 third-of-lines\xc2\xa0\r")});
    EXPECT_EQ(output_of(edge.apply(dispatch_of(1, text)), "check"),
              "[secret]\n[secret]\n[secret]\n");
}

}  // namespace
}  // namespace edgeroll::agent
