#include <gtest/gtest.h>

#include "release/crypto/sha256.hpp"
#include "release/wire/json_util.hpp"
#include "release/wire/payload.hpp"
#include "release/wire/task_payload.hpp"

namespace edgeroll::release::wire {
namespace {

std::string jobs_error(const std::string& text) {
    const auto jobs = parse_jobs(text);
    if (jobs) return "accepted";
    EXPECT_EQ(jobs.error().code, code::invalid);
    return jobs.error().message;
}

TEST(WireJobs, reads_one_job_with_all_it_may_have) {
    const auto jobs = parse_jobs(
        R"({"job":"warm-up_1.sh","args":["-n","a b;$x`y`"],"env":{"REGION":"eu","A1_":""},"sha256":")" +
        std::string(64, 'A') + R"(","timeoutSec":1.5})");
    ASSERT_TRUE(jobs) << jobs.error().message;
    ASSERT_EQ(jobs->size(), 1U);
    const Job& job = jobs->front();
    EXPECT_EQ(job.name, "warm-up_1.sh");
    EXPECT_EQ(job.args, (std::vector<std::string>{"-n", "a b;$x`y`"}));
    EXPECT_EQ(job.env,
              (std::vector<std::pair<std::string, std::string>>{{"A1_", ""}, {"REGION", "eu"}}));
    EXPECT_EQ(job.sha256, std::string(64, 'a'));
    EXPECT_EQ(job.timeout, Millis(1'500));
}

TEST(WireJobs, reads_a_flow_in_its_order) {
    const auto jobs = parse_jobs(R"({"flow":[{"job":"b"},{"job":"a"},{"job":"b"}]})");
    ASSERT_TRUE(jobs) << jobs.error().message;
    ASSERT_EQ(jobs->size(), 3U);
    EXPECT_EQ((*jobs)[1].name, "a");
    EXPECT_EQ((*jobs)[2].name, "b");
    EXPECT_FALSE((*jobs)[0].timeout);
}

TEST(WireJobs, refuses_every_name_that_could_leave_the_folder) {
    for (const char* name : {"", ".", "..", ".hidden", "a/b", "../x", "/bin/sh", "a b", "a\\u0000",
                             "a\\n", "a;b", "\\u00e4"}) {
        EXPECT_NE(jobs_error(std::string(R"({"job":")") + name + R"("})"), "accepted") << name;
    }
    EXPECT_NE(jobs_error(R"({"job":")" + std::string(101, 'x') + R"("})"), "accepted");
}

TEST(WireJobs, refuses_variables_that_would_bring_code_along) {
    for (const char* name : {"LD_PRELOAD", "LD_", "PATH", "EDGEROLL_LIVE", "EDGEROLL_", "HOME",
                             "BASH_ENV", "PYTHONPATH", "IFS", "lower", "1A", "A-B", "A=B", ""}) {
        const std::string text = std::string(R"({"job":"a","env":{")") + name + R"(":"x"}})";
        EXPECT_NE(jobs_error(text), "accepted") << name;
    }
    EXPECT_EQ(jobs_error(R"({"job":"a","env":{"LD_PRELOAD":"x"}})"),
              "payload: job a: variable 'LD_PRELOAD' is not for payloads to set");
    EXPECT_EQ(jobs_error(R"({"job":"a","env":{"PATHS":"x","LDA":"x","_":"x"}})"), "accepted");
}

TEST(WireJobs, know_which_variables_a_node_allows) {
    const auto fault = [](const std::string& text, const std::vector<std::string>& allowed = {}) {
        return job_variable_fault(*parse_jobs(text), allowed).value_or("");
    };
    EXPECT_EQ(fault(R"({"job":"a","env":{"JOB_":"x","JOB_A":"x"}})"), "");
    EXPECT_EQ(fault(R"({"job":"a"})"), "");
    for (const char* name :
         {"TAR_OPTIONS", "GIT_SSH_COMMAND", "MODE", "JOB", "XJOB_A", "LESSOPEN"}) {
        const std::string text = std::string(R"({"job":"a","env":{")") + name + R"(":"x"}})";
        EXPECT_EQ(fault(text), std::string("payload: job a: variable '") + name +
                                   "' may not be set on this node: rename it to JOB_" + name +
                                   ", or list it in the node's AGENT_JOB_ENV");
        EXPECT_EQ(fault(text, {"OTHER", name}), "");
        EXPECT_NE(fault(text, {std::string(name) + "X"}), "");
    }
    EXPECT_NE(fault(R"({"flow":[{"job":"a"},{"job":"b","env":{"MODE":"x"}}]})"), "");
}

TEST(WireJobs, read_the_list_of_a_node) {
    EXPECT_EQ(parse_job_variables("MODE, REGION").value(),
              (std::vector<std::string>{"MODE", "REGION"}));
    EXPECT_TRUE(parse_job_variables("")->empty());
    for (const char* list : {"mode", "PATH", "LD_PRELOAD", "A,,B", "A B", "JOB_*", ","}) {
        const auto names = parse_job_variables(list);
        EXPECT_FALSE(names) << list << " lets payloads set " << names->size();
    }
}

TEST(WireJobs, refuses_what_is_malformed) {
    for (const char* text : {"",
                             "[]",
                             "{}",
                             R"({"job":7})",
                             R"({"job":"a","colour":1})",
                             R"({"job":"a","args":"x"})",
                             R"({"job":"a","args":[1]})",
                             R"({"job":"a","args":["a\u0000b"]})",
                             R"({"job":"a","env":[]})",
                             R"({"job":"a","env":{"A":1}})",
                             R"({"job":"a","env":{"A":"\u0000"}})",
                             R"({"job":"a","sha256":"abc"})",
                             R"({"job":"a","sha256":""})",
                             R"({"job":"a","timeoutSec":0})",
                             R"({"job":"a","timeoutSec":"1"})",
                             R"({"flow":[]})",
                             R"({"flow":{}})",
                             R"({"flow":[1]})",
                             R"({"flow":[{"job":"a"}],"job":"b"})",
                             R"({"flow":[{"flow":[{"job":"a"}]}]})"}) {
        EXPECT_NE(jobs_error(text), "accepted") << text;
    }
    EXPECT_EQ(jobs_error(R"({"flow":[{"job":"a"},{"job":"b","args":["x",1]}]})"),
              "payload: flow[1] job b: args[1] must be a string");
}

TEST(WireJobs, bounds_numbers_and_sizes) {
    Json payload = {{"flow", Json(50, Json{{"job", "a"}})}};
    EXPECT_EQ(jobs_error(payload.dump()), "accepted");
    payload["flow"].push_back(Json{{"job", "a"}});
    EXPECT_NE(jobs_error(payload.dump()), "accepted");
    EXPECT_EQ(jobs_error(Json{{"job", "a"}, {"args", Json(256, "x")}}.dump()), "accepted");
    EXPECT_NE(jobs_error(Json{{"job", "a"}, {"args", Json(257, "x")}}.dump()), "accepted");
    const std::string big(64U << 10, 'x');
    EXPECT_EQ(jobs_error(Json{{"job", "a"}, {"args", Json(16, big)}}.dump()), "accepted");
    EXPECT_NE(jobs_error(Json{{"job", "a"}, {"args", Json(17, big)}}.dump()), "accepted");
    EXPECT_NE(jobs_error(Json{{"job", "a"}, {"args", {big + "x"}}}.dump()), "accepted");
}

TEST(WirePayloadDigest, is_the_contents_of_a_configuration) {
    const std::string text = R"({"files":[{"path":"a","content":"x"}]})";
    EXPECT_EQ(payload_digests(TaskType::apply_config, text).value().content,
              content_digest(*parse_payload(text)));
    EXPECT_EQ(payload_digests(TaskType::apply_config, "{}").value().content, "");
    EXPECT_FALSE(payload_digests(TaskType::apply_config, R"({"job":"a"})"));
}

TEST(WirePayloadDigest, fits_by_either_rule) {
    const auto digests = payload_digests(
        TaskType::apply_config, R"({"files":[{"path":"a","content":"x","template":true}]})");
    ASSERT_TRUE(digests);
    EXPECT_NE(digests->content, digests->plain);
    EXPECT_TRUE(digests->fit(digests->content));
    EXPECT_TRUE(digests->fit(digests->plain));
    EXPECT_FALSE(digests->fit(sha256_hex("")));
    const auto job = payload_digests(TaskType::run_job, R"({"job":"a"})");
    ASSERT_TRUE(job);
    EXPECT_EQ(job->content, job->plain);
}

TEST(WirePayloadDigest, of_the_other_types_does_not_depend_on_blanks_and_order) {
    const auto one = payload_digests(TaskType::purge_cache, R"({"urls":["a"], "all" : false})");
    ASSERT_TRUE(one);
    EXPECT_EQ(one->content, sha256_hex(R"({"all":false,"urls":["a"]})"));
    EXPECT_EQ(
        one->content,
        payload_digests(TaskType::purge_cache, R"({"all":false,"urls":["a"]})").value().content);
    EXPECT_EQ(payload_digests(TaskType::purge_cache, "{}").value().content, "");
    EXPECT_EQ(payload_digests(TaskType::run_job, R"({ "job":"a" })").value().content,
              sha256_hex(R"({"job":"a"})"));
    EXPECT_FALSE(payload_digests(TaskType::run_job, "{}"));
    EXPECT_EQ(payload_digests(TaskType::reload, "{}").value().content, "");
    EXPECT_EQ(payload_digests(TaskType::reload, R"({"files":[]})").value().content, "");
    EXPECT_FALSE(payload_digests(TaskType::reload, R"({"job":"a"})"));
    EXPECT_FALSE(payload_digests(TaskType::purge_cache, "[]"));
}

}  // namespace
}  // namespace edgeroll::release::wire
