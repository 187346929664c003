// Secret files: who may read them, and that no part of them appears elsewhere.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "agent/redact.hpp"
#include "tests/unit/agent/secret_contents.hpp"

namespace edgeroll::agent {
namespace {

using namespace edgeroll::agent::testing;
using release::TaskStatus;
using release::wire::Json;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
namespace code = release::code;

class SecretFiles : public ::testing::Test {
  protected:
    [[nodiscard]] std::string mode_of(const std::string& path) const {
        struct stat info {};
        if (::lstat(root_.path(path).c_str(), &info) != 0) return "absent";
        char text[16];
        std::snprintf(text, sizeof text, "%04o", info.st_mode & 07777U);
        return text;
    }
    [[nodiscard]] unsigned group_of(const std::string& path) const {
        struct stat info {};
        return ::lstat(root_.path(path).c_str(), &info) == 0 ? info.st_gid : ~0U;
    }
    /// Files below the root that contain the text.
    [[nodiscard]] std::vector<std::string> holders(const std::string& text) const {
        std::vector<std::string> found;
        for (const auto& entry : fs::recursive_directory_iterator(root_.path())) {
            if (!entry.is_regular_file()) continue;
            const std::string below = entry.path().string().substr(root_.path().size() + 1);
            if (root_.read(below).find(text) != std::string::npos) found.push_back(below);
        }
        std::sort(found.begin(), found.end());
        return found;
    }
    bool settled(Edge& edge) const {
        return edge.until(
            [&] { return root_.names("tasks").size() == 1 && root_.names("staging").empty(); });
    }
    /// Hooks, a purge and a job that print a given text.
    void print_by_hooks(const std::string& text) const {
        for (const char* name : {"preinstall", "postinstall", "rollback", "job"}) {
            programs_.write(name, "#!/bin/sh\necho by $0; " + text + "\n", 0755);
        }
    }
    [[nodiscard]] ExecutorSettings settings() const {
        ExecutorSettings made;
        made.commands.hooks_folder = made.commands.jobs_folder = programs_.path();
        made.commands.verify_pace.repeat_for = Millis(0);
        return made;
    }

    TemporaryFolder root_, programs_;
};

TEST_F(SecretFiles, have_their_mode_and_their_group_and_lie_nowhere_open) {
    ExecutorSettings made;
    // A group other than the agent's own, where that is allowed.
    const unsigned group = ::geteuid() == 0 ? 60 : ::getegid();
    made.commands.secret_group = group;
    made.commands.check = "stat -c %a " + root_.path("tasks") + "/payload-* $EDGEROLL_STAGED/own";
    Edge edge(root_, made);
    const auto text =
        payload_of({secret_file("own", key_of(1), "0600"), secret_file("shared", key_of(1)),
                    Json{{"path", "plain"}, {"content", "x"}, {"mode", "0640"}}});
    const auto report = edge.apply(dispatch_of(1, text));
    ASSERT_EQ(report.status, TaskStatus::success) << report.last_error;
    EXPECT_EQ(output_of(report, "check"), "600\n600\n");
    EXPECT_EQ(output_of(report, "stage"), "") << "nothing to remark: the group is set";
    EXPECT_EQ(mode_of("versions/1/own"), "0600");
    EXPECT_EQ(mode_of("versions/1/shared"), "0640");
    EXPECT_EQ(group_of("versions/1/own"), group);
    EXPECT_EQ(group_of("versions/1/shared"), group);
    EXPECT_EQ(mode_of("versions/1/plain"), "0640");
    EXPECT_EQ(group_of("versions/1/plain"), ::getegid());
    ASSERT_TRUE(settled(edge));
    const std::string kept = "contents/1-" + digest(text) + ".json";
    EXPECT_EQ(mode_of(kept), "0600");
    EXPECT_EQ(mode_of("tasks/journal"), "0600");
    EXPECT_THAT(holders(line_of(1)),
                ::testing::ElementsAre(kept, "versions/1/own", "versions/1/shared"));
}

TEST_F(SecretFiles, without_a_group_are_remarked_upon) {
    Edge edge(root_);
    const std::string said = output_of(edge.apply(dispatch_of(1, site_and_key(1))), "stage");
    EXPECT_EQ(
        said,
        "remark: tls/site.key: a secret with mode 0640 belongs to the agent's own group, so a "
        "server of another user cannot read it unless AGENT_SECRET_GROUP is set\n");
    const auto closed = payload_of({secret_file("own", key_of(2), "0600")});
    EXPECT_EQ(output_of(edge.apply(dispatch_of(2, closed)), "stage"), "");
    const auto two = payload_of({secret_file("a", key_of(3)), secret_file("b", key_of(3))});
    EXPECT_THAT(output_of(edge.apply(dispatch_of(3, two)), "stage"),
                HasSubstr("remark: a and 1 more: a secret"));
}

TEST_F(SecretFiles, are_not_quoted_by_messages) {
    Edge edge(root_);
    auto lost = secret_file("a.key", "first\npassword=${label.nowhere-to-be-seen}\n");
    lost["template"] = true;
    const auto report = edge.apply(dispatch_of(1, payload_of({lost})));
    EXPECT_EQ(report.last_error,
              "stage failed: file 'a.key': a ${…} in this secret is unknown: there are node.name, "
              "node.ip and the node's labels");
    // In any other file this causes a remark that contains the path.
    const std::string quoting = "root html/short;\n";
    const auto secret =
        edge.apply(dispatch_of(2, payload_of({secret_file("site.conf", quoting, "0600")})));
    EXPECT_EQ(output_of(secret, "stage"), "");
    EXPECT_THAT(output_of(edge.apply(dispatch_of(3, payload({{"site.conf", quoting}}))), "stage"),
                HasSubstr("html/short"));
    ASSERT_TRUE(settled(edge));
    EXPECT_THAT(holders("nowhere-to-be-seen"), IsEmpty());
}

/// Each step prints the keys of the staged, live and kept versions, and each step fails once.
TEST_F(SecretFiles, are_redacted_in_whatever_a_step_says) {
    const std::string print = "cat $EDGEROLL_STAGED/tls/site.key $EDGEROLL_LIVE/tls/site.key " +
                              root_.path("versions") + "/1/tls/site.key; test ! -e " +
                              programs_.path("fail-");
    print_by_hooks(print + "$(basename $0)");
    ExecutorSettings made = settings();
    made.commands.check = print + "check";
    made.commands.reload = print + "reload";
    made.commands.verify = print + "verify";
    Edge edge(root_, made);
    ASSERT_EQ(edge.apply(dispatch_of(1, site_and_key(1))).status, TaskStatus::success);
    int version = 1;
    for (const std::string failing :
         {"preinstall", "check", "reload", "verify", "postinstall", "none"}) {
        ++version;
        programs_.write("fail-" + failing, "");
        const auto report = edge.apply(dispatch_of(version, site_and_key(version)));
        fs::remove(programs_.path("fail-" + failing));
        EXPECT_EQ(report.status == TaskStatus::success, failing == "none") << report.last_error;
        const std::string all = everything(report);
        EXPECT_THAT(all, Not(::testing::AnyOf(HasSubstr(line_of(1)), HasSubstr(line_of(version)))))
            << failing;
        EXPECT_THAT(all, HasSubstr("[secret]"));
        if (failing != "none") {
            EXPECT_THAT(report.last_error, HasSubstr(failing + " failed: exit status 1: "));
            EXPECT_THAT(report.last_error, HasSubstr("[secret] | [secret] | [secret]"));
        }
    }
    ASSERT_TRUE(settled(edge));
    EXPECT_THAT(root_.read("tasks/journal"),
                AllOf(Not(HasSubstr("line-of-the-key")), HasSubstr("[secret]")));
    EXPECT_THAT(
        holders("line-of-the-key"),
        Each(::testing::AnyOf(EndsWith("tls/site.key"), ::testing::StartsWith("contents/"))));
}

TEST_F(SecretFiles, of_the_live_version_are_redacted_in_tasks_of_every_type) {
    const std::string print = "cat $EDGEROLL_LIVE/tls/site.key; false";
    print_by_hooks(print);
    ExecutorSettings made = settings();
    made.commands.purge = print;
    {
        Edge edge(root_, made);
        ASSERT_EQ(edge.apply(dispatch_of(1, site_and_key(1))).status, TaskStatus::failed)
            << "the hook fails, and nothing is live";
        programs_.write("preinstall", "#!/bin/sh\n", 0755);
        programs_.write("postinstall", "#!/bin/sh\n", 0755);
        ASSERT_EQ(edge.apply(dispatch_of(2, site_and_key(2))).status, TaskStatus::success);
        ASSERT_TRUE(settled(edge));
    }
    made.commands.reload = print;
    Edge edge(root_, made);
    for (const auto& [type, text] :
         {std::pair("reload", "{}"), std::pair("purge_cache", R"({"all":true})"),
          std::pair("run_job", R"({"job":"job"})")}) {
        const auto report = edge.apply(secret_task(type, 3, text));
        EXPECT_EQ(report.status, TaskStatus::failed);
        EXPECT_THAT(everything(report),
                    AllOf(Not(HasSubstr("line-of-the-key")), HasSubstr("[secret]")))
            << type;
    }
}

TEST_F(SecretFiles, that_are_templates_are_redacted_in_both_forms) {
    auto file = secret_file("a", "token=${node.name}-token-of-one\nplain-of-both-forms");
    file["template"] = true;
    std::string text = payload_of({file});
    // A JSON writer may produce this form.
    text.replace(text.find("\"secret\""), 8, "\"\\u0073ecret\"");
    ExecutorSettings made;
    const std::string raw = "echo 'token=${node.name}-token-of-one'; ";
    made.commands.check = raw + "cat $EDGEROLL_STAGED/a";
    made.commands.reload = raw + "cat $EDGEROLL_LIVE/a";
    Edge edge(root_, made);
    const auto report = edge.apply(dispatch_of(1, text));
    ASSERT_EQ(report.status, TaskStatus::success) << report.last_error;
    EXPECT_EQ(output_of(report, "check"), "[secret]\n[secret]\n[secret]");
    EXPECT_EQ(output_of(report, "reload"), "[secret]\n[secret]\n[secret]");
    ASSERT_TRUE(settled(edge));
    // The template was filled in for the node at that time, and the file was edited since.
    root_.write("versions/1/a", "token=edge-1-token-of-one\nby-hand-in-the-night", 0640);
    auto later = secret_task("reload", 2, "{}");
    later.node_name = "renamed";
    EXPECT_EQ(output_of(edge.apply(later), "reload"), "[secret]\n[secret]\n[secret]");
}

TEST_F(SecretFiles, are_not_in_what_the_server_answered) {
    // Longer than the quoted part of an answer.
    const std::string line = std::string(60, 'k') + std::string(60, 'e') + "y";
    ExecutorSettings made;
    made.commands.verify_url = "http://x/";
    made.commands.timeout = Millis(100);
    Edge edge(root_, made, [&] { return answers(200, "it says: " + line); });
    const auto report = edge.apply(dispatch_of(1, payload_of({secret_file("a", line)})));
    EXPECT_THAT(report.last_error, HasSubstr("its last answer was 'it says: [secret]'"));
}

/// A long output keeps its two ends: wherever it is cut, no part of the key stays.
TEST_F(SecretFiles, are_redacted_at_the_cut_of_a_long_output) {
    const std::string line = line_of(1);
    ExecutorSettings made;
    made.commands.check =
        "head -c $EDGEROLL_VERSION /dev/zero | tr '\\0' x; while cat "
        "$EDGEROLL_STAGED/key; do echo; i=x$i; test ${#i} -lt 120 || exit 1; done";
    Edge edge(root_, made);
    const auto text = payload_of({secret_file("key", line)});
    for (int version = 1; version <= static_cast<int>(line.size()) + 1; version += 3) {
        const auto report = edge.apply(dispatch_of(version, text));
        ASSERT_EQ(report.status, TaskStatus::failed);
        const std::string output = output_of(report, "check");
        EXPECT_THAT(output, HasSubstr("bytes left out) ..."));
        for (const std::string& said : {output, report.last_error}) {
            EXPECT_THAT(said, HasSubstr("[secret]"));
            // No piece of it stays: neither its ends nor three bytes from in between.
            EXPECT_THAT(said, Not(HasSubstr("\nl\n"))) << version;
            for (std::size_t at = 0; at + 3 <= line.size(); ++at) {
                const std::string part = line.substr(at, 3);
                if (std::string("check failed: exit status bytes left out").find(part) !=
                    std::string::npos) {
                    continue;
                }
                EXPECT_EQ(said.find(part), std::string::npos) << version << ": " << part;
            }
        }
    }
}

TEST_F(SecretFiles, are_redacted_when_half_a_line_was_written) {
    ExecutorSettings made;
    made.commands.check = "head -c 30 $EDGEROLL_STAGED/tls/site.key; sleep 60";
    made.commands.timeout = Millis(300);
    Edge edge(root_, made);
    const auto report = edge.apply(dispatch_of(1, site_and_key(1)));
    EXPECT_EQ(output_of(report, "check"), "[secret]\n[secret]");
    EXPECT_THAT(report.last_error, EndsWith("killed: [secret] | [secret]"));
}

/// lastError joins the lines of an output.
TEST_F(SecretFiles, are_redacted_when_a_message_makes_one_of_its_lines) {
    ExecutorSettings made;
    made.commands.check = "echo left; echo right; false";
    Edge edge(root_, made);
    const auto report = edge.apply(dispatch_of(1, payload_of({secret_file("a", "left | right")})));
    EXPECT_EQ(report.last_error, "check failed: exit status 1: [secret]");
}

TEST_F(SecretFiles, stay_as_they_are_when_their_version_is_put_back) {
    ExecutorSettings made;
    const unsigned group = ::geteuid() == 0 ? 60 : ::getegid();
    made.commands.secret_group = group;
    made.commands.reload = "test ! -e $EDGEROLL_LIVE/bad";
    Edge edge(root_, made);
    const auto text = payload_of({secret_file("own", key_of(1), "0600"), secret_file("a", "s")});
    ASSERT_EQ(edge.apply(dispatch_of(1, text)).status, TaskStatus::success);
    EXPECT_EQ(edge.apply(dispatch_of(2, payload({{"bad", ""}, {"a", "open"}}))).status,
              TaskStatus::failed);
    EXPECT_EQ(root_.link("live"), "versions/1");
    EXPECT_EQ(mode_of("live/own"), "0600");
    EXPECT_EQ(mode_of("live/a"), "0640");
    EXPECT_EQ(group_of("live/a"), group);
    EXPECT_EQ(root_.read("live/own"), key_of(1));
    // When the content comes again, by its name only.
    auto again = dispatch_of(3, "");
    again.is_by_reference = true;
    again.sha256 = plain_digest(text);
    again.content_sha256 = digest(text);
    ASSERT_TRUE(settled(edge));
    const auto report = edge.apply(again);
    ASSERT_EQ(report.status, TaskStatus::success) << report.last_error;
    EXPECT_EQ(report.sha256, digest(text));
    EXPECT_EQ(mode_of("live/own"), "0600");
    EXPECT_EQ(mode_of("live/a"), "0640");
    EXPECT_EQ(group_of("live/a"), group);
    EXPECT_EQ(root_.read("live/own"), key_of(1));
}

TEST_F(SecretFiles, that_are_sealed_are_refused_at_the_door) {
    Edge edge(root_);
    const Json sealed{{"key", "0123456789abcdef"},
                      {"nonce", "AAAAAAAAAAAAAAAA"},
                      {"data", "AAAAAAAAAAAAAAAAAAAAAAA="},
                      {"bytes", 1},
                      {"sha256", std::string(64, 'a')}};
    const auto refused = edge.dispatch(
        dispatch_of(1, payload_of({Json{{"path", "a"}, {"secret", true}, {"sealed", sealed}}})));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, code::invalid);
    EXPECT_EQ(refused.error().message,
              "payload: file 'a': 'sealed' is how edgeroll-control keeps a secret: send 'content'");
    EXPECT_THAT(root_.names("tasks"), ::testing::ElementsAre("journal"));
}

/// A disk that refuses to set `live` back to version 1.
class HeldFiles final : public ForwardingFiles {
  public:
    using ForwardingFiles::ForwardingFiles;
    Result<void> point_link(const std::string& path, const std::string& target) override {
        if (target == "versions/1") return release::fail("Input/output error");
        return inner().point_link(path, target);
    }
};

TEST_F(SecretFiles, of_a_version_that_could_not_be_put_back_are_known) {
    ExecutorSettings made = settings();
    made.commands.reload = "cat $EDGEROLL_LIVE/tls/site.key; test ! -e $EDGEROLL_LIVE/tls/site.key";
    {
        Edge edge(root_);
        ASSERT_EQ(edge.apply(dispatch_of(1, payload({{"a", "1"}}))).status, TaskStatus::success);
        ASSERT_TRUE(settled(edge));
    }
    {
        Edge edge(root_, made, {}, [](std::unique_ptr<Files> files) -> std::unique_ptr<Files> {
            return std::make_unique<HeldFiles>(std::move(files));
        });
        ASSERT_EQ(edge.apply(dispatch_of(2, site_and_key(2))).status, TaskStatus::failed);
        ASSERT_EQ(root_.link("live"), "versions/2");
        ASSERT_TRUE(settled(edge));
    }
    const auto reloaded = [&](int version) {
        Edge edge(root_, made);
        return everything(edge.apply(secret_task("reload", version, "{}")));
    };
    EXPECT_THAT(reloaded(3), AllOf(Not(HasSubstr("line-of-the-key")), HasSubstr("[secret]")));
    // The state after a crash right after the task's end: the content is still among the tasks.
    const std::string journal = root_.read("tasks/journal");
    const auto task = journal.rfind(dispatch_of(2, "").task_id);
    const auto at = journal.rfind("payload-", task);
    const std::string name = journal.substr(at, journal.find('"', at) - at);
    fs::rename(root_.path("contents/2-" + digest(site_and_key(2)) + ".json"),
               root_.path("tasks/" + name));
    EXPECT_THAT(reloaded(4), AllOf(Not(HasSubstr("line-of-the-key")), HasSubstr("[secret]")));
}

TEST_F(SecretFiles, that_nobody_can_read_leave_nothing_to_be_shown) {
    ExecutorSettings made;
    Edge first(root_, made);
    ASSERT_EQ(first.apply(dispatch_of(1, site_and_key(1))).status, TaskStatus::success);
    ASSERT_TRUE(settled(first));
    const std::string kept = "contents/1-" + digest(site_and_key(1)) + ".json";
    first.await(first.executor().stop());
    root_.write(kept, R"({"files":[{"secret":true,)", 0600);
    // A second edge cannot have the root while the first holds it: the same edge continues.
    const auto files = make_files(root_.path(), Descriptor(::open(root_.path().c_str(), O_RDONLY)));
    const auto processes = make_processes();
    CommandSettings commands;
    commands.reload = "cat $EDGEROLL_LIVE/tls/site.key; false";
    StepRunner runner(*files, *processes, commands);
    Task task;
    task.task_id = "reload_127.0.0.1_2";
    task.type = apply::TaskType::reload;
    task.live = release::Version{1};
    StepTime time;
    time.of_task = Millis(10'000);
    const auto result = runner.run(apply::StepName::reload, task, time, Interrupt());
    EXPECT_FALSE(result.is_ok);
    EXPECT_THAT(result.output, HasSubstr("(not shown, since its secrets are unknown: "));
    EXPECT_THAT(result.output + result.error, Not(HasSubstr("line-of-the-key")));
    EXPECT_THAT(runner.shown_answer(task, "x"), HasSubstr("(not shown"));
}

}  // namespace
}  // namespace edgeroll::agent
