// Limits on bytes, time and connections: the cost of a hostile peer.
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/write.hpp>
#include <vector>

#include "raw_peer.hpp"

namespace edgeroll::tls::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

GatedHandler gated_echo(TestRoutes& routes, bool is_urgent) {
    Request echo;
    echo.method = "POST";
    echo.path = "/echo";
    Pass pass;
    pass.is_urgent = is_urgent;
    return {*routes.router.find(echo).handler, [pass](const Request&) { return pass; }};
}

/// A socket that is never read.
class DeafClient {
  public:
    explicit DeafClient(int port) : socket_(std::make_unique<tcp::socket>(apart_)) {
        socket_->open(tcp::v4());
        socket_->set_option(asio::socket_base::receive_buffer_size(4096));
        socket_->connect(tcp::endpoint(asio::ip::make_address(own_address()),
                                       static_cast<unsigned short>(port)));
    }
    void send(const std::string& text) const { asio::write(*socket_, asio::buffer(text)); }

  private:
    asio::io_context apart_;
    std::unique_ptr<tcp::socket> socket_;
};

class ServerLimitsTest : public testing::Test {
  protected:
    ServerLimitsTest() {
        options_.limits.header_bytes_max = 2048;
        options_.limits.body_bytes_max = 10'000;
    }
    RawClient connected() {
        if (!server_) server_ = started(loop_, options_, routes_.router);
        return RawClient(loop_, server_->port());
    }
    void expect_recovery() {
        RawClient client = connected();
        client.send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_THAT(client.read_until("true"), StartsWith("HTTP/1.1 200"));
    }

    Loop loop_;
    TestRoutes routes_{loop_.executor()};
    ServerOptions options_ = server_options();
    std::unique_ptr<HttpServer> server_;
};

TEST_F(ServerLimitsTest, takes_a_body_up_to_the_limit_and_answers_413_above) {
    RawClient client = connected();
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n" +
                std::string(10'000, 'x'));
    EXPECT_THAT(client.read_until("xx"), HasSubstr("X-Length: 10000"));
    RawClient large = connected();
    large.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10001\r\n\r\n" +
               std::string(10'001, 'x'));
    EXPECT_THAT(large.read_until("error 413"),
                AllOf(StartsWith("HTTP/1.1 413"), HasSubstr("Connection: close")));
    EXPECT_TRUE(large.is_closed());
    EXPECT_EQ(routes_.calls, 1);
}

TEST_F(ServerLimitsTest, answers_413_to_a_claim_without_reading_the_body) {
    RawClient client = connected();
    client.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n"
        "Expect: 100-continue\r\n\r\n");
    EXPECT_THAT(client.read_until("error 413"), StartsWith("HTTP/1.1 413"));
}

TEST_F(ServerLimitsTest, answers_413_to_chunks_without_end) {
    RawClient client = connected();
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 100; ++i)
        client.send("3e8\r\n" + std::string(1000, 'x') + "\r\n");
    EXPECT_THAT(client.read_until("error 413"), StartsWith("HTTP/1.1 413"));
    EXPECT_TRUE(client.is_closed());
    EXPECT_EQ(routes_.calls, 0);
    expect_recovery();
}

TEST_F(ServerLimitsTest, lets_the_peer_read_the_413_though_it_sends_on) {
    RawClient client = connected();
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n" +
                std::string(4'000'000, 'x'));
    EXPECT_THAT(client.read_until("error 413"), StartsWith("HTTP/1.1 413"));
}

TEST_F(ServerLimitsTest, answers_431_to_a_header_that_is_too_large) {
    RawClient one = connected();
    one.send("GET /ok HTTP/1.1\r\nHost: a\r\nX-Large: " + std::string(3000, 'x') + "\r\n\r\n");
    EXPECT_THAT(one.read_until("error 431"), StartsWith("HTTP/1.1 431"));
    RawClient path = connected();
    path.send("GET /" + std::string(3000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(path.read_until("error 431"), StartsWith("HTTP/1.1 431"));
    RawClient endless = connected();
    endless.send("GET /ok HTTP/1.1\r\n");
    for (int i = 0; i < 300; ++i)
        endless.send("X-" + std::to_string(i) + ": y\r\n");
    EXPECT_THAT(endless.read_until("error 431"), StartsWith("HTTP/1.1 431"));
    EXPECT_EQ(routes_.calls, 0);
    expect_recovery();
}

TEST_F(ServerLimitsTest, cuts_off_a_header_that_drips) {
    options_.limits.header_timeout = Millis{100};
    RawClient client = connected();
    const auto begin = std::chrono::steady_clock::now();
    client.send("GET /ok HTTP/1.1\r\n");
    bool is_closed = false;
    // A byte now and then must not extend the time limit.
    for (int i = 0; i < 400 && !is_closed; ++i) {
        client.send("x");
        is_closed = client.is_closed(Millis{10});
    }
    EXPECT_TRUE(is_closed);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
    expect_recovery();
}

TEST_F(ServerLimitsTest, cuts_off_a_body_that_drips) {
    options_.limits.body_pace.small_limit = Millis{100};
    RawClient client = connected();
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n");
    bool is_closed = false;
    for (int i = 0; i < 400 && !is_closed; ++i) {
        client.send("x");
        is_closed = client.is_closed(Millis{10});
    }
    EXPECT_TRUE(is_closed);
    EXPECT_EQ(routes_.calls, 0);
    expect_recovery();
}

TEST_F(ServerLimitsTest, closes_connections_that_stay_silent) {
    options_.limits.header_timeout = Millis{50};
    options_.limits.idle_timeout = Millis{100};
    RawClient silent = connected();
    EXPECT_TRUE(silent.is_closed());
    RawClient idle = connected();
    idle.send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(idle.read_until("true"), StartsWith("HTTP/1.1 200"));
    EXPECT_TRUE(idle.is_closed());
}

TEST_F(ServerLimitsTest, cuts_off_a_peer_that_does_not_read_its_answer) {
    options_.limits.write_timeout = Millis{100};
    RawClient probe = connected();
    // 3 MiB do not fit into its buffers.
    const DeafClient deaf(server_->port());
    const std::string request = "GET /big HTTP/1.1\r\nHost: a\r\n\r\n";
    deaf.send(request);
    EXPECT_TRUE(loop_.until([&] { return routes_.calls == 1; }));
    // It remains to check that stop() has no connection to wait for.
    probe.close();
    loop_.until([] { return false; }, Millis{300});
    const auto begin = std::chrono::steady_clock::now();
    loop_.wait(server_->stop(Millis{20'000}));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST_F(ServerLimitsTest, makes_few_answers_for_a_peer_that_reads_none) {
    int made = 0;
    routes_.router.add("GET", "/page", [&](const Request&) -> asio::awaitable<Response> {
        ++made;
        Response page;
        page.body = std::string(16U << 10, 'x');
        co_return page;
    });
    (void)connected();
    const DeafClient deaf(server_->port());
    std::string requests;
    for (int i = 0; i < 400; ++i)
        requests += "GET /page HTTP/1.1\r\nHost: a\r\n\r\n";
    deaf.send(requests);
    EXPECT_TRUE(loop_.until([&] { return made > 0; }));
    for (int before = 0; before != made;) {
        before = made;
        loop_.until([] { return false; }, Millis{100});
    }
    EXPECT_LT(made, 40) << "the kernel would take some megabytes for one connection";
    expect_recovery();
}

TEST_F(ServerLimitsTest, cuts_off_a_large_body_that_goes_too_slowly_and_lets_others_finish) {
    options_.limits.body_bytes_max = 1U << 20;
    options_.limits.body_pace.small_limit = Millis{1};
    options_.limits.body_pace.window = Millis{300};
    options_.limits.body_pace.window_bytes = 1000;
    const std::string header = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n";
    RawClient slow = connected();
    slow.send(header);
    bool is_closed = false;
    for (int i = 0; i < 400 && !is_closed; ++i) {
        slow.send("x");
        is_closed = slow.is_closed(Millis{10});
    }
    EXPECT_TRUE(is_closed);
    EXPECT_GE(server_->figures().slow, 1);
    RawClient steady = connected();
    steady.send(header);
    steady.send(std::string(69'999, 'x'));
    EXPECT_FALSE(steady.is_closed(Millis{50}));
    steady.send("x");
    EXPECT_THAT(steady.read_until("X-Length"), StartsWith("HTTP/1.1 200"));
}

TEST_F(ServerLimitsTest, takes_memory_for_what_has_arrived_and_gives_it_back) {
    options_.limits.body_bytes_max = 8U << 20;
    std::vector<RawClient> clients;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(connected());
        clients.back().send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n" +
                            std::string(10'000, 'x'));
    }
    EXPECT_TRUE(loop_.until([&] { return server_->figures().body_bytes >= 20 * 10'000; }));
    EXPECT_LE(server_->figures().body_bytes, 20 * 2 * 16'384U);
    for (RawClient& client : clients)
        client.close();
    EXPECT_TRUE(loop_.until([&] { return server_->figures().body_bytes == 0; }));
}

TEST_F(ServerLimitsTest, answers_503_when_bodies_take_all_of_the_memory) {
    options_.limits.body_bytes_max = 100'000;
    options_.limits.bodies_bytes_max = 60'000;
    options_.limits.urgent_bodies_bytes = 20'000;
    routes_.router.add("POST", "/urgent", gated_echo(routes_, true));
    RawClient first = connected();
    first.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 39000\r\n\r\n" +
               std::string(38'000, 'x'));
    EXPECT_TRUE(loop_.until([&] { return server_->figures().body_bytes >= 38'000; }));
    RawClient second = connected();
    second.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n" +
                std::string(5000, 'x'));
    EXPECT_THAT(second.read_until("error 503"),
                AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("Retry-After: ")));
    EXPECT_TRUE(second.is_closed());
    EXPECT_EQ(server_->figures().no_room, 1);
    RawClient urgent = connected();
    urgent.send("POST /urgent HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n" +
                std::string(5000, 'x'));
    EXPECT_THAT(urgent.read_until("X-Length: 5000"), StartsWith("HTTP/1.1 200"));
    first.send(std::string(1000, 'x'));
    EXPECT_THAT(first.read_until("X-Length: 39000"), StartsWith("HTTP/1.1 200"));
}

class TlsServerLimits : public testing::Test {
  protected:
    Loop loop_;
    Folder folder_;
    Authority authority_;
    Pair client_pair_ = authority_.issue(control_spec());
    TestRoutes routes_{loop_.executor()};
    std::unique_ptr<ContextStore> store_ =
        good_store(write_files(folder_, "server", authority_.issue(agent_spec(own_address())),
                               authority_.certificate_pem()),
                   TlsRole::server);
    std::unique_ptr<ContextStore> client_store_ =
        good_store(write_files(folder_, "client", client_pair_, authority_.certificate_pem()),
                   TlsRole::client);
    std::unique_ptr<ClientPool> pool_ = make_client_pool(loop_.executor(), *client_store_);

    Reply ask(HttpServer& server, Call call) {
        return loop_.wait(pool_->request(target_at(server.port(), "edge-1"), std::move(call)));
    }
};

TEST_F(TlsServerLimits, survives_garbage_and_silence_instead_of_a_handshake) {
    ServerOptions options = server_options(store_.get());
    options.limits.handshake_timeout = Millis{100};
    const auto server = started(loop_, std::move(options), routes_.router);
    for (const std::string& text :
         {std::string("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n"), std::string(5000, '\0'),
          std::string("\x16\x03\x01\xFF\xFF", 5) + std::string(70'000, 'x'),
          std::string("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03", 10), std::string()}) {
        RawClient client(loop_, server->port());
        client.send(text);
        EXPECT_TRUE(client.is_closed());
    }
    EXPECT_EQ(routes_.calls, 0);
    EXPECT_STREQ(to_text(ask(*server, get("/ok")).kind), "answered");
}

TEST_F(TlsServerLimits, strangers_to_its_authority_keep_nobody_out) {
    ServerOptions options = server_options(store_.get());
    options.limits.door.strangers_max = 4;
    const auto server = started(loop_, std::move(options), routes_.router);
    EXPECT_STREQ(to_text(ask(*server, get("/ok")).kind), "answered");
    EXPECT_EQ(server->figures().known, 1U);
    std::vector<RawClient> silent;
    for (int i = 0; i < 9; ++i)
        silent.emplace_back(loop_, server->port());
    EXPECT_TRUE(loop_.until([&] { return server->figures().evicted == 5; }));
    EXPECT_EQ(server->figures().strangers, 4U);
    EXPECT_STREQ(to_text(ask(*server, get("/ok")).kind), "answered");
    pool_->prune(Millis{0}, Millis{0});
    EXPECT_STREQ(to_text(ask(*server, get("/ok")).kind), "answered") << "on a new connection";
}

TEST_F(TlsServerLimits, tells_of_probes_now_and_then_and_counts_them) {
    const auto server = started(loop_, server_options(store_.get()), routes_.router);
    testing::internal::CaptureStderr();
    for (int i = 0; i < 20; ++i) {
        RawClient client(loop_, server->port());
        client.send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_TRUE(client.is_closed());
    }
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_THAT(log, AllOf(HasSubstr("event=tls_refused"), HasSubstr("count=1")));
    const auto lines = std::count(log.begin(), log.end(), '\n');
    EXPECT_LE(lines, 3) << log;
}

TEST_F(TlsServerLimits, lets_the_client_read_the_413_though_it_sends_on) {
    const auto server = started(loop_, server_options(store_.get()), routes_.router);
    const Reply reply = ask(*server, post("/echo", std::string(6U << 20, 'x')));
    EXPECT_STREQ(to_text(reply.kind), "answered") << reply.message;
    EXPECT_EQ(reply.status, 413);
    EXPECT_EQ(routes_.calls, 0);
}

TEST_F(TlsServerLimits, takes_a_large_body_where_the_limit_allows_it) {
    ServerOptions options = server_options(store_.get());
    options.limits.body_bytes_max = 9U << 20;
    const auto server = started(loop_, std::move(options), routes_.router);
    Call call = post("/echo", std::string(8U << 20, 'x'));
    call.response_bytes_max = 9U << 20;
    const Reply reply = ask(*server, std::move(call));
    ASSERT_STREQ(to_text(reply.kind), "answered") << reply.message;
    EXPECT_EQ(reply.body.size(), 8U << 20);
}

}  // namespace
}  // namespace edgeroll::tls::test
