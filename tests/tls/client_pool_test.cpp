// Kept connections, and the error for each way of breaking.
#include "tls/client_pool.hpp"

#include <gmock/gmock.h>

#include "raw_peer.hpp"

namespace edgeroll::tls::test {
namespace {

using testing::HasSubstr;

const std::string hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

class Pool : public testing::Test {
  protected:
    Reply ask(int port, Call call) {
        return loop_.wait(pool_->request(target_at(port, "edge-1"), std::move(call)));
    }
    std::shared_ptr<asio::ssl::context> agent_context() {
        return raw_context(TlsRole::server, &server_pair_, authority_.certificate_pem());
    }
    std::unique_ptr<RawServer> raw(std::vector<Script> scripts) {
        return std::make_unique<RawServer>(loop_, agent_context(), std::move(scripts));
    }
    Reply ask_script(Script script, Call call) {
        const auto server = raw({std::move(script)});
        return ask(server->port(), std::move(call));
    }
    void expect(const Reply& reply, const std::string& kind, const std::string& why = "") {
        EXPECT_EQ(to_text(reply.kind), kind) << reply.message;
        EXPECT_THAT(reply.message, HasSubstr(why));
    }

    Loop loop_;
    Folder folder_;
    Authority authority_;
    Pair server_pair_ = authority_.issue(agent_spec(own_address()));
    Pair client_pair_ = authority_.issue(control_spec());
    std::unique_ptr<ContextStore> store_ =
        good_store(write_files(folder_, "client", client_pair_, authority_.certificate_pem()),
                   TlsRole::client);
    std::unique_ptr<ClientPool> pool_ = make_client_pool(loop_.executor(), *store_);
};

TEST_F(Pool, sends_method_path_body_and_host) {
    FixedContexts contexts(agent_context());
    TestRoutes routes(loop_.executor());
    const auto server = started(loop_, server_options(&contexts), routes.router);
    const Reply reply = ask(server->port(), post("/echo", "payload"));
    expect(reply, "answered");
    EXPECT_EQ(reply.body, "payload");
    EXPECT_EQ(routes.last.headers.at("host"), own_address() + ":" + std::to_string(server->port()));
    EXPECT_EQ(routes.last.headers.at("content-type"), "application/json");
}

TEST_F(Pool, dials_no_address_with_a_zone) {
    FixedContexts contexts(agent_context());
    TestRoutes routes(loop_.executor());
    const auto server = started(loop_, server_options(&contexts), routes.router);
    Target target = target_at(server->port(), "edge-1");
    target.ip = "::ffff:" + target.ip + "%1";
    expect(loop_.wait(pool_->request(target, get("/ok"))), "not_sent", "zone");
    EXPECT_EQ(routes.calls, 0);
}

TEST_F(Pool, uses_a_connection_again_and_forgets_it_when_told) {
    Script script;
    script.answer = hello;
    script.answers_again = true;
    const auto server = raw({script});
    for (int i = 0; i < 5; ++i)
        expect(ask(server->port(), get("/a")), "answered");
    EXPECT_EQ(server->connections(), 1);
    pool_->prune(Millis{60'000}, Millis{60'000});
    expect(ask(server->port(), get("/a")), "answered");
    EXPECT_EQ(server->connections(), 1);
    loop_.until([] { return false; }, Millis{20});
    pool_->prune(Millis{5}, Millis{60'000});
    expect(ask(server->port(), get("/a")), "answered");
    EXPECT_EQ(server->connections(), 2);
    loop_.until([] { return false; }, Millis{20});
    pool_->prune(Millis{60'000}, Millis{5});
    expect(ask(server->port(), get("/a")), "answered");
    EXPECT_EQ(server->connections(), 3);
}

TEST_F(Pool, keeps_no_more_connections_than_it_may) {
    pool_ = make_client_pool(loop_.executor(), *store_, {1, {}});
    Script script;
    script.answer = hello;
    script.answers_again = true;
    const auto one = raw({script});
    const auto other = raw({script});
    for (int i = 0; i < 3; ++i) {
        expect(ask(one->port(), get("/a")), "answered");
        expect(ask(other->port(), get("/a")), "answered");
    }
    EXPECT_EQ(one->connections(), 1);
    EXPECT_EQ(other->connections(), 3);
    loop_.until([] { return false; }, Millis{20});
    pool_->prune(Millis{5}, Millis{60'000});
    expect(ask(other->port(), get("/a")), "answered");
    expect(ask(other->port(), get("/a")), "answered");
    EXPECT_EQ(other->connections(), 4) << "there is room again";
}

TEST_F(Pool, gives_up_when_all_its_time_is_over_however_long_each_part_may_take) {
    Script script;
    script.stays_open = true;
    const auto server = raw({script});
    Call call = get("/a");
    call.at_most = Millis{50};
    expect(ask(server->port(), call), "no_answer", "no complete answer within");
    EXPECT_EQ(server->connections(), 1);
}

TEST_F(Pool, opens_as_many_connections_as_there_are_requests_at_once) {
    FixedContexts contexts(agent_context());
    TestRoutes routes(loop_.executor());
    const auto server = started(loop_, server_options(&contexts), routes.router);
    std::vector<Reply> replies;
    for (int i = 0; i < 20; ++i) {
        asio::co_spawn(loop_.executor(),
                       pool_->request(target_at(server->port(), "edge-1"), get("/ok")),
                       [&](std::exception_ptr, Reply reply) { replies.push_back(reply); });
    }
    EXPECT_TRUE(loop_.until([&] { return replies.size() == 20; }));
    for (const Reply& reply : replies)
        expect(reply, "answered");
}

TEST_F(Pool, does_not_keep_a_connection_that_the_peer_wants_closed) {
    Script script;
    script.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    script.stays_open = true;
    const auto server = raw({script});
    expect(ask(server->port(), get("/a")), "answered");
    expect(ask(server->port(), get("/a")), "answered");
    EXPECT_EQ(server->connections(), 2);
}

TEST_F(Pool, replaces_a_kept_connection_that_was_closed_meanwhile) {
    Script script;
    script.answer = hello;
    const auto server = raw({script});
    for (const auto& call : {get("/a"), post("/a", "x"), post("/a", "x")}) {
        expect(ask(server->port(), call), "answered");
        loop_.until([] { return false; }, Millis{20});
    }
    EXPECT_EQ(server->connections(), 3);
}

TEST_F(Pool, repeats_only_a_get_when_a_kept_connection_dies_under_the_request) {
    Script dies;
    dies.answer = hello;
    dies.dies_on_next = true;
    Script good;
    good.answer = hello;
    const auto for_get = raw({dies, good});
    expect(ask(for_get->port(), get("/a")), "answered");
    expect(ask(for_get->port(), get("/a")), "answered");
    EXPECT_EQ(for_get->connections(), 2);

    const auto for_post = raw({dies, good});
    expect(ask(for_post->port(), get("/a")), "answered");
    expect(ask(for_post->port(), post("/a", "x")), "no_answer", "closed");
    EXPECT_EQ(for_post->connections(), 1) << "it may have been carried out";
    expect(ask(for_post->port(), post("/a", "x")), "answered");
}

TEST_F(Pool, calls_it_not_sent_when_there_is_no_connection) {
    auto server = raw({Script{}});
    const int port = server->port();
    server.reset();
    expect(ask(port, get("/a")), "not_sent", "refused");
    Target nonsense = target_at(1, "edge-1");
    nonsense.ip = "edge.example";
    expect(loop_.wait(pool_->request(nonsense, get("/a"))), "not_sent", "not an IP address");
}

TEST_F(Pool, calls_it_not_sent_when_the_handshake_breaks) {
    Script closes;
    closes.closes_before_handshake = true;
    expect(ask_script(closes, get("/a")), "not_sent");
    Script garbage;
    garbage.garbage_instead_of_handshake = "HTTP/1.1 400 Bad Request\r\n\r\n";
    expect(ask_script(garbage, get("/a")), "not_sent", "does not speak TLS");
}

TEST_F(Pool, calls_it_not_sent_when_the_handshake_takes_too_long) {
    tcp::acceptor silent(loop_.executor(), tcp::endpoint(asio::ip::make_address(own_address()), 0));
    Call call = get("/a");
    call.connect_timeout = Millis{50};
    expect(ask(silent.local_endpoint().port(), call), "not_sent", "within 50 ms");
}

TEST_F(Pool, calls_it_no_answer_when_the_peer_closes_after_the_request) {
    Script script;
    script.says_farewell = true;
    expect(ask_script(script, post("/a", "x")), "no_answer", "closed");
    script.says_farewell = false;
    expect(ask_script(script, post("/a", "x")), "no_answer", "closed");
    expect(ask_script(script, get("/a")), "no_answer", "closed");
}

TEST_F(Pool, calls_it_no_answer_when_the_answer_is_cut_short) {
    Script script;
    for (const std::string answer :
         {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", "HTTP/1.1 200 OK\r\nConte",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
        script.answer = answer;
        expect(ask_script(script, post("/a", "x")), "no_answer", "closed");
    }
    // Without a length, only a proper close_notify marks the end.
    script.answer = "HTTP/1.1 200 OK\r\n\r\nhello";
    expect(ask_script(script, get("/a")), "no_answer");
    script.says_farewell = true;
    expect(ask_script(script, get("/a")), "answered");
}

TEST_F(Pool, calls_it_no_answer_when_the_answer_takes_too_long) {
    Script script;
    script.stays_open = true;
    Call call = get("/a");
    call.request_timeout = Millis{50};
    expect(ask_script(script, call), "no_answer", "within 50 ms");
    script.answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhel";
    expect(ask_script(script, call), "no_answer", "within 50 ms");
}

TEST_F(Pool, calls_it_no_answer_when_the_answer_is_nonsense) {
    Script script;
    script.answer = "SMTP ready\r\n\r\n";
    expect(ask_script(script, get("/a")), "no_answer", "not HTTP");
    script.answer = "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n";
    expect(ask_script(script, get("/a")), "no_answer", "not HTTP");
}

TEST_F(Pool, calls_an_answer_above_the_limit_too_large) {
    Script script;
    Call call = get("/a");
    call.response_bytes_max = 1000;
    script.answer = "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'x');
    expect(ask_script(script, call), "too_large");
    script.answer = "HTTP/1.1 200 OK\r\n\r\n" + std::string(5000, 'x');
    expect(ask_script(script, call), "too_large");
    script.answer = "HTTP/1.1 200 OK\r\nX: " + std::string(200'000, 'x');
    expect(ask_script(script, call), "too_large");
    // Streams for ever: only its own request fails.
    script.answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 100; ++i)
        script.answer += "64\r\n" + std::string(100, 'x') + "\r\n";
    script.stays_open = true;
    expect(ask_script(script, call), "too_large");
}

TEST_F(Pool, passes_over_interim_answers) {
    Script script;
    script.answer = "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + hello;
    const Reply reply = ask_script(script, get("/a"));
    expect(reply, "answered");
    EXPECT_EQ(reply.body, "hello");
    script.answer.clear();
    for (int i = 0; i < 50; ++i)
        script.answer += "HTTP/1.1 100 Continue\r\n\r\n";
    expect(ask_script(script, get("/a")), "no_answer", "interim");
}

TEST_F(Pool, takes_an_answer_that_comes_before_the_request_is_written) {
    Script script;
    script.answer = "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy";
    script.says_farewell = false;
    const Reply reply = ask_script(script, post("/a", std::string(8U << 20, 'x')));
    expect(reply, "answered");
    EXPECT_EQ(reply.status, 503);
}

TEST_F(Pool, finds_the_refusal_of_its_certificate_behind_a_broken_write) {
    const Authority other("other CA");
    FixedContexts contexts(raw_context(TlsRole::server, &server_pair_, other.certificate_pem()));
    TestRoutes routes(loop_.executor());
    const auto server = started(loop_, server_options(&contexts), routes.router);
    const Reply reply = ask(server->port(), post("/echo", std::string(8U << 20, 'x')));
    expect(reply, "wrong_peer", "did not accept our certificate");
    EXPECT_EQ(routes.calls, 0);
}

TEST_F(Pool, goes_on_after_every_kind_of_trouble) {
    Script bad;
    bad.closes_before_handshake = true;
    Script silent;
    Script good;
    good.answer = hello;
    good.answers_again = true;
    const auto server = raw({bad, silent, good});
    expect(ask(server->port(), get("/a")), "not_sent");
    expect(ask(server->port(), get("/a")), "no_answer");
    for (int i = 0; i < 3; ++i)
        expect(ask(server->port(), get("/a")), "answered");
    EXPECT_EQ(server->connections(), 3);
}

TEST_F(Pool, outlives_its_owner_while_a_request_is_under_way) {
    FixedContexts contexts(agent_context());
    TestRoutes routes(loop_.executor());
    const auto server = started(loop_, server_options(&contexts), routes.router);
    std::optional<Reply> reply;
    asio::co_spawn(loop_.executor(),
                   pool_->request(target_at(server->port(), "edge-1"), get("/slow")),
                   [&](std::exception_ptr, Reply r) { reply = std::move(r); });
    EXPECT_TRUE(loop_.until([&] { return routes.calls == 1; }));
    pool_.reset();
    routes.gate.cancel();
    EXPECT_TRUE(loop_.until([&] { return reply.has_value(); }));
    expect(*reply, "answered");
}

}  // namespace
}  // namespace edgeroll::tls::test
