// Streamed answers: their framing, and how they end.
#include <gmock/gmock.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/write.hpp>
#include <deque>

#include "raw_peer.hpp"

namespace edgeroll::tls::test {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// The source of a stream, controlled by the test.
struct Tap {
    explicit Tap(const asio::any_io_executor& executor) : bell(executor) {}
    asio::steady_timer bell;
    std::deque<std::optional<std::string>> pieces;
    bool throws = false;
    bool is_endless = false;
    std::size_t endless_bytes = 100'000;  ///< then pieces of this size
    int asked = 0;
    int open = 0;  ///< number of existing sources

    void give(std::optional<std::string> piece) {
        pieces.push_back(std::move(piece));
        bell.cancel();
    }

    static asio::awaitable<std::optional<std::string>> next(std::shared_ptr<Tap> tap) {
        ++tap->asked;
        if (tap->throws) throw std::runtime_error("secret detail");
        if (tap->is_endless) co_return std::string(tap->endless_bytes, 'x');
        while (tap->pieces.empty()) {
            tap->bell.expires_at(asio::steady_timer::time_point::max());
            co_await tap->bell.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        auto piece = std::move(tap->pieces.front());
        tap->pieces.pop_front();
        co_return piece;
    }
};

struct OpenSource {
    explicit OpenSource(std::shared_ptr<Tap> given) : tap(std::move(given)) { ++tap->open; }
    ~OpenSource() { --tap->open; }
    OpenSource(const OpenSource&) = delete;
    OpenSource& operator=(const OpenSource&) = delete;
    std::shared_ptr<Tap> tap;
};

asio::awaitable<Response> flow(std::shared_ptr<Tap> tap) {
    Response response;
    response.content_type = "text/plain";
    response.body = "never sent";
    response.headers["X-More"] = "yes";
    auto source = std::make_shared<OpenSource>(std::move(tap));
    response.next_chunk = [source] { return Tap::next(source->tap); };
    co_return response;
}

class ServerStreamTest : public testing::Test {
  protected:
    ServerStreamTest() {
        routes_.router.add("GET", "/flow", [tap = tap_](Request) { return flow(tap); });
        routes_.router.add("GET", "/other", [tap = other_](Request) { return flow(tap); });
    }
    RawClient connected() {
        if (!server_) server_ = started(loop_, options_, routes_.router);
        return RawClient(loop_, server_->port());
    }
    RawClient streaming(const std::string& path = "/flow") {
        RawClient client = connected();
        client.send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_THAT(client.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 200"));
        return client;
    }
    /// A peer that requests a stream and never reads.
    tcp::socket deaf(int buffer_bytes = 4096) {
        tcp::socket socket(apart_);
        socket.open(tcp::v4());
        socket.set_option(asio::socket_base::receive_buffer_size(buffer_bytes));
        socket.connect(tcp::endpoint(asio::ip::make_address(own_address()),
                                     static_cast<unsigned short>(server_->port())));
        const std::string request = "GET /flow HTTP/1.1\r\nHost: a\r\n\r\n";
        asio::write(socket, asio::buffer(request));
        return socket;
    }
    /// Until the source is no longer asked: a write is pending that does not end.
    void wait_until_stuck() {
        int asked = -1;
        while (asked != tap_->asked) {
            asked = tap_->asked;
            loop_.until([] { return false; }, Millis{200});
        }
        EXPECT_GT(asked, 0);
    }
    bool is_open(const Tap& tap, int count = 1) {
        return loop_.until([&] { return tap.open == count; }, Millis{10'000});
    }
    void expect_recovery() {
        RawClient client = connected();
        client.send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_THAT(client.read_until("true"), StartsWith("HTTP/1.1 200"));
    }

    asio::io_context apart_;
    Loop loop_;
    TestRoutes routes_{loop_.executor()};
    std::shared_ptr<Tap> tap_ = std::make_shared<Tap>(loop_.executor());
    std::shared_ptr<Tap> other_ = std::make_shared<Tap>(loop_.executor());
    ServerOptions options_ = server_options();
    std::unique_ptr<HttpServer> server_;
};

TEST_F(ServerStreamTest, sends_each_piece_when_it_comes_and_closes_after_the_last) {
    RawClient client = connected();
    client.send("GET /flow HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client.read_until("\r\n\r\n"),
                AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Transfer-Encoding: chunked\r\n"),
                      HasSubstr("Connection: close\r\n"), HasSubstr("Content-Type: text/plain\r\n"),
                      HasSubstr("X-More: yes\r\n"), Not(HasSubstr("Content-Length")),
                      Not(HasSubstr("never sent"))));
    tap_->give("hello");
    EXPECT_EQ(client.read_until("hello\r\n"), "5\r\nhello\r\n");
    tap_->give("");  // an empty piece must not end the body
    tap_->give(std::string(26, 'z'));
    EXPECT_EQ(client.read_until("z\r\n"), "1a\r\n" + std::string(26, 'z') + "\r\n");
    tap_->give(std::nullopt);
    EXPECT_TRUE(client.is_closed());
    EXPECT_EQ(client.read_until(""), "0\r\n\r\n");
    EXPECT_EQ(tap_->open, 0);
    expect_recovery();
}

TEST_F(ServerStreamTest, speaks_http_1_0_without_chunks) {
    RawClient client = connected();
    client.send("GET /flow HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_THAT(
        client.read_until("\r\n\r\n"),
        AllOf(StartsWith("HTTP/1.0 200"), Not(HasSubstr("chunked")), Not(HasSubstr("keep-alive"))));
    tap_->give("hello");
    tap_->give(std::nullopt);
    EXPECT_TRUE(client.is_closed());
    EXPECT_EQ(client.read_until(""), "hello");
}

TEST_F(ServerStreamTest, answers_head_without_asking_the_source_and_keeps_the_connection) {
    RawClient client = connected();
    client.send("HEAD /flow HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client.read_until("\r\n\r\n"),
                AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Content-Type: text/plain"),
                      Not(HasSubstr("Content-Length")), EndsWith("\r\n\r\n")));
    client.send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client.read_until("true"), StartsWith("HTTP/1.1 200"));
    EXPECT_EQ(tap_->asked, 0);
    EXPECT_EQ(tap_->open, 0);
}

TEST_F(ServerStreamTest, ends_at_once_when_the_peer_goes_away_though_nothing_is_sent) {
    RawClient client = streaming();
    EXPECT_TRUE(is_open(*tap_));
    client.close();
    EXPECT_TRUE(is_open(*tap_, 0));
    expect_recovery();
}

TEST_F(ServerStreamTest, ends_at_once_when_the_peer_goes_away_in_a_write_that_hangs) {
    RawClient probe = connected();
    tap_->is_endless = true;
    tcp::socket socket = deaf();
    wait_until_stuck();
    socket.shutdown(tcp::socket::shutdown_send);  // a reset would end the write
    EXPECT_TRUE(is_open(*tap_, 0));
}

TEST_F(ServerStreamTest, cuts_off_a_reader_that_is_too_slow_and_nobody_else) {
    options_.limits.write_timeout = Millis{1'000};
    RawClient good = streaming("/other");
    tap_->is_endless = true;
    tap_->endless_bytes = 20U << 20;
    tcp::socket socket = deaf(64 << 10);
    EXPECT_TRUE(is_open(*tap_));
    // A small read now and then, so that the kernel does not regard the connection as dead.
    const auto sips = [&] {
        boost::system::error_code ignored;
        std::array<char, 16384> sip{};
        if (socket.available(ignored) > 0) socket.read_some(asio::buffer(sip), ignored);
        return tap_->open == 0;
    };
    EXPECT_TRUE(loop_.until(sips, Millis{10'000})) << "the slow one is gone";
    EXPECT_EQ(tap_->asked, 1) << "a piece is asked for when the one before is written";
    other_->give("still here");
    EXPECT_EQ(good.read_until("here\r\n"), "a\r\nstill here\r\n");
}

TEST_F(ServerStreamTest, is_not_cut_by_the_time_limits_of_requests) {
    options_.limits.handler_timeout = Millis{50};
    options_.limits.body_pace.small_limit = Millis{50};
    options_.limits.write_timeout = Millis{50};
    options_.limits.header_timeout = Millis{50};
    options_.limits.idle_timeout = Millis{50};
    RawClient client = streaming();
    EXPECT_FALSE(client.is_closed(Millis{400}));
    tap_->give("late");
    EXPECT_EQ(client.read_until("late\r\n"), "4\r\nlate\r\n");
}

TEST_F(ServerStreamTest, ends_streams_whole_when_the_server_stops) {
    RawClient silent = streaming();
    RawClient busy = streaming("/other");
    other_->give("abc");
    EXPECT_EQ(busy.read_until("abc\r\n"), "3\r\nabc\r\n");
    const auto begin = std::chrono::steady_clock::now();
    loop_.wait(server_->stop(Millis{20'000}));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
    EXPECT_TRUE(silent.is_closed());
    EXPECT_EQ(silent.read_until(""), "0\r\n\r\n");
    EXPECT_TRUE(busy.is_closed());
    EXPECT_EQ(tap_->open + other_->open, 0);
}

TEST_F(ServerStreamTest, stops_within_its_grace_though_a_reader_hangs) {
    RawClient probe = connected();
    tap_->is_endless = true;
    tcp::socket socket = deaf();
    wait_until_stuck();
    const auto begin = std::chrono::steady_clock::now();
    loop_.wait(server_->stop(Millis{300}));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
    EXPECT_TRUE(is_open(*tap_, 0));
}

TEST_F(ServerStreamTest, refuses_one_stream_too_many_and_still_answers_requests) {
    options_.limits.streams_max = 1;
    RawClient first = streaming();
    RawClient second = connected();
    second.send("GET /flow HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(second.read_until("error 503"),
                AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("Retry-After")));
    EXPECT_EQ(tap_->open, 1);
    second.send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(second.read_until("true"), StartsWith("HTTP/1.1 200"));
    first.close();
    EXPECT_TRUE(is_open(*tap_, 0));
    RawClient third = streaming();
    EXPECT_TRUE(is_open(*tap_, 1));
}

TEST_F(ServerStreamTest, counts_streams_as_connections) {
    RawClient first = streaming();
    EXPECT_EQ(server_->figures().strangers, 1U);
    first.close();
    EXPECT_TRUE(is_open(*tap_, 0));
    EXPECT_TRUE(loop_.until([&] { return server_->figures().strangers == 0; }));
}

TEST_F(ServerStreamTest, shows_that_a_stream_was_cut_off_by_a_failure) {
    RawClient client = streaming();
    tap_->throws = true;
    tap_->give("one");
    EXPECT_TRUE(client.is_closed());
    EXPECT_EQ(client.read_until(""), "3\r\none\r\n");
    expect_recovery();
}

TEST_F(ServerStreamTest, throws_away_what_the_peer_sends_meanwhile) {
    RawClient client = connected();
    client.send("GET /flow HTTP/1.1\r\nHost: a\r\n\r\nGET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 200"));
    client.send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
    tap_->give("one");
    EXPECT_EQ(client.read_until("one\r\n"), "3\r\none\r\n");
    tap_->give(std::nullopt);
    EXPECT_EQ(client.read_until("0\r\n\r\n"), "0\r\n\r\n");
    EXPECT_TRUE(client.is_closed());
    EXPECT_EQ(routes_.calls, 0) << "the connection ends with the stream";
}

TEST_F(ServerStreamTest, ends_when_the_peer_sends_without_end) {
    RawClient client = streaming();
    client.send(std::string(200'000, 'x'));
    EXPECT_TRUE(is_open(*tap_, 0));
    expect_recovery();
}

class TlsServerStream : public ServerStreamTest {
  protected:
    TlsServerStream() { options_.contexts = store_.get(); }
    ~TlsServerStream() override { server_.reset(); }  // destroyed before its certificates
    Reply ask(Call call) {
        if (!server_) server_ = started(loop_, options_, routes_.router);
        return loop_.wait(pool_->request(target_at(server_->port(), "edge-1"), std::move(call)));
    }

    Folder folder_;
    Authority authority_;
    std::unique_ptr<ContextStore> store_ =
        good_store(write_files(folder_, "server", authority_.issue(agent_spec(own_address())),
                               authority_.certificate_pem()),
                   TlsRole::server);
    std::unique_ptr<ContextStore> client_store_ =
        good_store(write_files(folder_, "client", authority_.issue(control_spec()),
                               authority_.certificate_pem()),
                   TlsRole::client);
    std::unique_ptr<ClientPool> pool_ = make_client_pool(loop_.executor(), *client_store_);
};

TEST_F(TlsServerStream, sends_pieces_over_tls_and_takes_the_next_request_afresh) {
    for (int i = 0; i < 2; ++i) {
        tap_->give("one ");
        tap_->give(std::string(200'000, 'x'));
        tap_->give(std::nullopt);
        const Reply reply = ask(get("/flow"));
        ASSERT_STREQ(to_text(reply.kind), "answered") << reply.message;
        EXPECT_EQ(reply.body, "one " + std::string(200'000, 'x'));
    }
    EXPECT_EQ(tap_->open, 0);
}

TEST_F(TlsServerStream, ends_at_once_when_the_peer_goes_away) {
    Call call = get("/flow");
    call.request_timeout = Millis{500};
    EXPECT_STREQ(to_text(ask(std::move(call)).kind), "no_answer");
    EXPECT_TRUE(is_open(*tap_, 0));
    EXPECT_STREQ(to_text(ask(get("/ok")).kind), "answered");
}

TEST_F(TlsServerStream, stops_with_an_open_stream) {
    Call call = get("/flow");
    server_ = started(loop_, options_, routes_.router);
    std::optional<Reply> reply;
    asio::co_spawn(loop_.executor(),
                   pool_->request(target_at(server_->port(), "edge-1"), std::move(call)),
                   [&](std::exception_ptr, Reply given) { reply = std::move(given); });
    EXPECT_TRUE(is_open(*tap_));
    const auto begin = std::chrono::steady_clock::now();
    loop_.wait(server_->stop(Millis{20'000}));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
    EXPECT_TRUE(loop_.until([&] { return reply.has_value(); }));
    EXPECT_STREQ(to_text(reply->kind), "answered") << reply->message;
}

}  // namespace
}  // namespace edgeroll::tls::test
