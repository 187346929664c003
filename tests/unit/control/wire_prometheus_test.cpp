// Answers of Prometheus: what is read, and what is no answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "release/evidence.hpp"
#include "release/wire/json_util.hpp"
#include "release/wire/prometheus_answer.hpp"

namespace edgeroll::release::wire {
namespace {

using AnswerKind = GateAnswer::Kind;
using testing::HasSubstr;

std::string vector_of(const std::string& samples) {
    return R"({"status":"success","data":{"resultType":"vector","result":[)" + samples + "]}}";
}

std::string sample(const std::string& value, const std::string& edge = "e1") {
    return R"({"metric":{"edge":")" + edge + R"("},"value":[1700000000.5,")" + value + "\"]}";
}

PrometheusRule rule() {
    PrometheusRule made;
    made.pass = {Comparison::Op::less, 0.01};
    return made;
}

GateAnswer judged(const std::string& body, int status = 200) {
    return judged_reply(rule(), "up", {status, body, Millis{12}});
}

TEST(WirePrometheus, reads_vectors_and_scalars) {
    const auto read = parse_prometheus_answer(
        vector_of(R"({"metric":{"__name__":"up","job":"x","edge":"e1"},"value":[1,"0.5"]},)" +
                  sample("-1e-7")));
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->size(), 2U);
    EXPECT_EQ(read->at(0).labels, "up{edge=\"e1\",job=\"x\"}");
    EXPECT_EQ(read->at(0).value, 0.5);
    EXPECT_EQ(read->at(1).value, -1e-7);
    const auto scalar = parse_prometheus_answer(
        R"({"status":"success","data":{"resultType":"scalar","result":[1700000000,"7"]},"infos":["x"]})");
    ASSERT_TRUE(scalar);
    EXPECT_EQ(scalar->at(0).value, 7);
    EXPECT_TRUE(std::isnan(parse_prometheus_answer(vector_of(sample("NaN")))->at(0).value));
    EXPECT_TRUE(std::isinf(parse_prometheus_answer(vector_of(sample("-Inf")))->at(0).value));
    EXPECT_TRUE(parse_prometheus_answer(vector_of(""))->empty());
}

TEST(WirePrometheus, refuses_what_is_no_whole_answer) {
    const std::string whole = vector_of(sample("0.001"));
    EXPECT_EQ(judged(whole).kind, AnswerKind::pass);
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_EQ(judged(whole.substr(0, size)).kind, AnswerKind::unsure) << size;
    for (
        const std::string& body : {
            whole + whole,
            whole + "x",
            std::string("[]"),
            std::string("null"),
            std::string(R"({"status":"success"})"),
            std::string(R"({"status":"success","data":{"resultType":"vector"}})"),
            std::string(R"({"data":{"resultType":"vector","result":[]}})"),
            std::string(R"({"status":"success","data":{"resultType":"matrix","result":[]}})"),
            std::string(R"({"status":"success","data":{"resultType":"string","result":[1,"0"]}})"),
            std::string(
                R"({"status":"success","warnings":["half of it"],"data":{"resultType":"scalar","result":[1,"0"]}})"),
            vector_of(R"({"metric":{},"histogram":[1,{}]})"),
            vector_of(R"({"metric":{"a":1},"value":[1,"0"]})"),
            vector_of(R"({"metric":{},"value":[1,0]})"),
            vector_of(R"({"metric":{},"value":["1","0"]})"),
            vector_of(R"({"metric":{},"value":[1,"0",2]})"),
            vector_of(R"({"value":[1,"0"]})"),
            vector_of(sample("")),
            vector_of(sample("0x0")),
            vector_of(sample(" 0")),
            vector_of(sample("0 ")),
            vector_of(sample("nan(1)")),
            vector_of(sample("1e999")),
            vector_of(sample("0.001") + ",null"),
        }) {
        EXPECT_EQ(judged(body).kind, AnswerKind::unsure) << body;
    }
}

TEST(WirePrometheus, refuses_too_many_samples) {
    std::string samples = sample("0.001");
    for (std::size_t i = 1; i < samples_max; ++i)
        samples += "," + sample("0.001", std::to_string(i));
    EXPECT_EQ(judged(vector_of(samples)).kind, AnswerKind::pass);
    EXPECT_THAT(judged(vector_of(samples + "," + sample("0.001"))).message,
                HasSubstr("has 1001 samples"));
}

TEST(WirePrometheus, is_unsure_of_every_other_status) {
    for (const int status : {201, 204, 206, 302, 400, 401, 404, 422, 500, 503})
        EXPECT_EQ(judged(vector_of(sample("0.001")), status).kind, AnswerKind::unsure) << status;
    EXPECT_EQ(judged("", 302).message, "302: redirects are not followed");
    EXPECT_EQ(judged("secret-access-key", 500).message, "500");
    const GateAnswer slip =
        judged(R"({"status":"error","errorType":"bad_data","error":"unexpected end"})", 400);
    EXPECT_EQ(slip.message, "400 bad_data: unexpected end");
}

TEST(WirePrometheus, tells_what_was_judged) {
    std::string many;
    for (int i = 0; i < 80; ++i)
        many += (i == 0 ? "" : ",") + sample("0.001", std::string(400, 'x') + std::to_string(i));
    const GateAnswer answer =
        judged_reply(rule(), std::string(60'000, '"'), {200, vector_of(many), Millis{12}});
    EXPECT_LE(answer.detail.size(), evidence_detail_bytes_max);
    const Json detail = Json::parse(answer.detail);
    EXPECT_EQ(detail["count"], 80);
    EXPECT_EQ(detail["samples"].size(), 50U);
    EXPECT_EQ(detail["tookMs"], 12);
    EXPECT_EQ(detail["data"], true);
    EXPECT_EQ(Json::parse(judged(vector_of(sample("NaN"))).detail)["data"], false);
    EXPECT_EQ(Json::parse(judged("").detail)["data"], false);
}

}  // namespace
}  // namespace edgeroll::release::wire
