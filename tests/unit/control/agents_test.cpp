#include "control/agents/agents.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "release/wire/agent_messages.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::control {
namespace {

using release::Answer;
using release::Heard;
using release::Millis;
using release::TaskStatus;
using tls::Reply;

class FakePool final : public tls::ClientPool {
  public:
    Reply reply;
    std::optional<Reply> of_content;  ///< to GET /contents/…; else the answer to all requests
    tls::Target target;
    tls::Call call;
    std::vector<std::string> asked;

    boost::asio::awaitable<Reply> request(tls::Target to, tls::Call what) override {
        target = std::move(to);
        call = std::move(what);
        asked.push_back(call.target);
        const bool is_of_content = call.target.rfind("/contents/", 0) == 0;
        co_return is_of_content&& of_content ? *of_content : reply;
    }
    void prune(Millis, Millis) override {}
};

class AgentsTest : public ::testing::Test {
  protected:
    AgentsTest() {
        to.name = "edge-1";
        to.ip = "10.0.0.7";
        to.port = 9443;
        to.fingerprint = std::string(64, 'f');
        to.labels = {{"region", "eu"}};
        pool.reply.kind = Reply::Kind::answered;
        pool.reply.status = 200;
        release::wire::TaskReport report;
        report.task_id = "t 1";
        report.status = TaskStatus::running;
        pool.reply.body = release::wire::write_task_status(report);
    }
    Answer run(awaitable<Answer> work) {
        std::optional<Answer> result;
        boost::asio::co_spawn(loop, std::move(work),
                              [&](const std::exception_ptr& thrown, Answer answer) {
                                  EXPECT_FALSE(thrown);
                                  result = std::move(answer);
                              });
        loop.restart();
        loop.run();
        return result.value_or(Answer{});
    }
    Millis left{9'000};  ///< upper bound, whatever the time limit of a single request is
    Answer query(Millis hold = Millis{0}) { return run(agents->query(to, "t 1", hold, left)); }
    Answer dispatch(bool has_secrets = false) {
        auto parcel = std::make_shared<Parcel>();
        parcel->has_secrets = has_secrets;
        parcel->version = release::Version{42};
        parcel->order_id = "order-a";
        parcel->epoch = release::Epoch{3};
        parcel->payload = std::make_shared<const std::string>(R"({"files":[]})");
        parcel->sha256 = std::string(64, 'a');
        parcel->plain_sha256 = std::string(64, 'b');
        return run(
            agents->dispatch(to, "t 1", parcel, Agents::Sending::whole, Millis{600'000}, left));
    }

    FakePool pool;
    AgentOptions options{Millis{1'000}, Millis{2'000}};
    std::unique_ptr<Agents> agents = make_agents(pool, options);
    release::Address to;
    boost::asio::io_context loop;
};

TEST_F(AgentsTest, sends_secrets_only_where_they_are_kept) {
    const std::string digest(64, 'a');
    const auto says = [&](int status, std::string body) {
        Reply reply;
        reply.kind = Reply::Kind::answered;
        reply.status = status;
        reply.body = std::move(body);
        pool.of_content = std::move(reply);
        pool.asked.clear();
    };
    says(200, release::wire::write_content_held(false, digest));
    EXPECT_EQ(dispatch(true).heard, Heard::accepted);
    EXPECT_EQ(pool.asked, (std::vector<std::string>{"/contents/" + digest, "/tasks/dispatch"}));
    // An older agent, an agent written elsewhere, and an agent that sends nonsense.
    for (const auto& [status, body] :
         {std::pair{200, R"({"code":0,"data":{"held":false,"contentSha256":")" + digest + "\"}}"},
          std::pair{404, std::string(R"({"code":3001,"message":"no such path"})")},
          std::pair{404, std::string("not found")}, std::pair{200, std::string("secrets")}}) {
        says(status, body);
        const Answer answer = dispatch(true);
        EXPECT_EQ(answer.heard, Heard::refused) << body;
        EXPECT_EQ(answer.message,
                  "edge-1 at 10.0.0.7:9443: its agent does not say that it can keep secret files, "
                  "so it was sent none: update edgeroll-agent there");
        EXPECT_EQ(pool.asked, (std::vector<std::string>{"/contents/" + digest})) << "none was sent";
    }
    says(503, R"({"code":5003,"message":"full"})");
    EXPECT_EQ(dispatch(true).heard, Heard::server_error);
    EXPECT_EQ(pool.asked.size(), 1U);
    pool.of_content->kind = Reply::Kind::no_answer;
    EXPECT_EQ(dispatch(true).heard, Heard::not_sent) << "nothing can have arrived";
    pool.of_content->kind = Reply::Kind::wrong_peer;
    EXPECT_EQ(dispatch(true).heard, Heard::wrong_peer);
    says(404, "");
    EXPECT_EQ(dispatch(false).heard, Heard::accepted) << "of others nobody is asked";
    EXPECT_EQ(pool.asked.size(), 1U);
}

TEST_F(AgentsTest, dispatches_what_the_agent_can_read) {
    const Answer answer = dispatch();
    EXPECT_EQ(answer.heard, Heard::accepted);
    EXPECT_EQ(answer.status, TaskStatus::running);
    EXPECT_EQ(pool.target.ip, "10.0.0.7");
    EXPECT_EQ(pool.target.port, 9443);
    EXPECT_EQ(pool.target.name, "edge-1");
    EXPECT_EQ(pool.target.fingerprint, to.fingerprint);
    EXPECT_EQ(pool.call.method, "POST");
    EXPECT_EQ(pool.call.target, "/tasks/dispatch");
    EXPECT_EQ(pool.call.connect_timeout, Millis{1'000});
    EXPECT_EQ(pool.call.request_timeout, Millis{2'000});
    EXPECT_EQ(pool.call.response_bytes_max, 1U << 20);
    const auto read = release::wire::read_dispatch(*pool.call.body);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->task_id, "t 1");
    EXPECT_EQ(read->version, release::Version{42});
    EXPECT_EQ(read->payload, R"({"files":[]})");
    EXPECT_EQ(read->timeout, Millis{600'000});
    EXPECT_EQ(read->epoch, release::Epoch{3});
    EXPECT_EQ(read->order_id, "order-a");
    EXPECT_EQ(read->node_name, "edge-1");
    EXPECT_EQ(read->node_ip, "10.0.0.7");
    EXPECT_EQ(read->labels, to.labels);
}

TEST_F(AgentsTest, queries_with_the_task_id_encoded) {
    EXPECT_EQ(query().heard, Heard::accepted);
    EXPECT_EQ(pool.call.method, "GET");
    EXPECT_EQ(pool.call.target, "/tasks/t%201");
    EXPECT_EQ(pool.call.at_most, left);
    EXPECT_EQ(pool.call.body, nullptr);
}

TEST_F(AgentsTest, waits_longer_for_a_held_answer) {
    (void)query(Millis{20'000});
    EXPECT_EQ(pool.call.target, "/tasks/t%201?wait=20");
    EXPECT_EQ(pool.call.request_timeout, Millis{23'000});
    (void)query(Millis{1'500});
    EXPECT_EQ(pool.call.target, "/tasks/t%201?wait=1.500");
    (void)query(Millis{3'600'000});
    EXPECT_EQ(pool.call.target, "/tasks/t%201?wait=50");
    EXPECT_EQ(pool.call.request_timeout, Millis{53'000});
}

TEST_F(AgentsTest, cancels) {
    EXPECT_EQ(run(agents->cancel(to, "t 1", left)).heard, Heard::accepted);
    EXPECT_EQ(pool.call.method, "POST");
    EXPECT_EQ(pool.call.target, "/tasks/t%201/cancel");
    EXPECT_EQ(pool.call.at_most, left);
}

TEST_F(AgentsTest, tells_every_kind_of_trouble_apart) {
    const std::pair<Reply::Kind, Heard> kinds[] = {{Reply::Kind::not_sent, Heard::not_sent},
                                                   {Reply::Kind::no_answer, Heard::no_answer},
                                                   {Reply::Kind::wrong_peer, Heard::wrong_peer},
                                                   {Reply::Kind::too_large, Heard::nonsense}};
    for (const auto& [kind, heard] : kinds) {
        pool.reply = Reply{};
        pool.reply.kind = kind;
        pool.reply.message = "10.0.0.7:9443: connection refused\nby somebody";
        const Answer answer = query();
        EXPECT_EQ(answer.heard, heard);
        EXPECT_EQ(answer.message, kind == Reply::Kind::too_large
                                      ? "edge-1 at 10.0.0.7:9443: the answer is larger than 1 MiB"
                                      : "edge-1 at 10.0.0.7:9443: connection refused by somebody");
    }
}

TEST_F(AgentsTest, hears_that_a_task_id_was_used_for_another_release) {
    pool.reply.status = 409;
    pool.reply.body = release::wire::error_envelope(3002, "task t 1 was used for another release");
    const Answer answer = dispatch();
    EXPECT_EQ(answer.heard, Heard::used_id);
    EXPECT_NE(answer.message.find("task t 1 was used for another release"), std::string::npos);
}

TEST_F(AgentsTest, names_the_node_when_the_agent_says_no) {
    pool.reply.status = 409;
    pool.reply.body =
        release::wire::error_envelope(3003, "version 43 is applied " + std::string(5'000, 'x'));
    const Answer answer = dispatch();
    EXPECT_EQ(answer.heard, Heard::wrong_state);
    EXPECT_EQ(answer.message.find("edge-1 at 10.0.0.7:9443: HTTP 409 code 3003: version 43"), 0U);
    EXPECT_LE(answer.message.size(), 600U);
}

}  // namespace
}  // namespace edgeroll::control
