// The server's handling of valid and invalid requests, over a plain connection.
#include <gmock/gmock.h>

#include <boost/asio/steady_timer.hpp>

#include "raw_peer.hpp"

namespace edgeroll::tls::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ServerHttp : public testing::Test {
  protected:
    void start(ServerOptions options) {
        server_ = started(loop_, std::move(options), routes_.router);
    }
    RawClient connected() {
        if (!server_) start(server_options());
        return RawClient(loop_, server_->port());
    }
    /// Sends a request on a new connection; returns everything received until the close.
    std::string talk(const std::string& text) {
        RawClient client = connected();
        client.send(text);
        EXPECT_TRUE(client.is_closed());
        return client.read_until("");
    }
    std::string all_of(RawClient& client) { return client.read_until("no such text", Millis{50}); }
    void expect_recovery() {
        EXPECT_THAT(talk("GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
                    StartsWith("HTTP/1.1 200 OK\r\n"));
    }

    Loop loop_;
    TestRoutes routes_{loop_.executor()};
    std::unique_ptr<HttpServer> server_;
};

TEST_F(ServerHttp, answers_several_requests_on_one_connection) {
    RawClient client = connected();
    for (int i = 1; i <= 3; ++i) {
        client.send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_THAT(client.read_until("{\"ok\":true}"),
                    AllOf(StartsWith("HTTP/1.1 200 OK\r\n"),
                          HasSubstr("Content-Type: application/json\r\n"),
                          HasSubstr("Content-Length: 11\r\n")));
        EXPECT_EQ(routes_.calls, i);
    }
}

TEST_F(ServerHttp, answers_pipelined_requests_in_order) {
    RawClient client = connected();
    client.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none"
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\ntwo"
        "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string all = client.read_until("{\"ok\":true}");
    EXPECT_LT(all.find("one"), all.find("two"));
    EXPECT_NE(all.find("two"), std::string::npos);
}

TEST_F(ServerHttp, gives_the_handler_everything_decoded) {
    EXPECT_THAT(talk("GET /ok/a%2Fb?x=1%202&y HTTP/1.1\r\nHost: a\r\nX-Twice: 1\r\nx-twice: 2\r\n"
                     "Connection: close\r\n\r\n"),
                StartsWith("HTTP/1.1 200"));
    EXPECT_EQ(routes_.last.method, "GET");
    EXPECT_EQ(routes_.last.path, "/ok/a%2Fb");
    EXPECT_THAT(routes_.last.captures, testing::ElementsAre("a/b"));
    EXPECT_EQ(routes_.last.parameters.at("x"), "1 2");
    EXPECT_EQ(routes_.last.headers.at("x-twice"), "1, 2");
    EXPECT_EQ(routes_.last.peer.address, "127.0.0.1");
}

TEST_F(ServerHttp, reads_chunked_bodies_and_keeps_headers_on_their_line) {
    const std::string answer = talk(
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
        "Connection: close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    EXPECT_THAT(answer,
                AllOf(HasSubstr("X-Length: 5\r\n"), HasSubstr("\r\n\r\nabcde"),
                      HasSubstr("X-Odd: aSet-Cookie: b\r\n"), Not(HasSubstr("\nSet-Cookie"))));
}

TEST_F(ServerHttp, answers_head_without_a_body) {
    RawClient client = connected();
    client.send("HEAD /ok HTTP/1.1\r\nHost: a\r\n\r\nGET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string all = client.read_until("{\"ok\":true}");
    EXPECT_THAT(all, AllOf(HasSubstr("Content-Length: 11\r\n\r\nHTTP/1.1 200 OK")));
}

TEST_F(ServerHttp, closes_after_http_1_0) {
    EXPECT_THAT(talk("GET /ok HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.0 200 OK\r\n"));
}

TEST_F(ServerHttp, answers_404_and_405_in_the_programs_words) {
    RawClient client = connected();
    client.send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client.read_until("error 404"), StartsWith("HTTP/1.1 404 Not Found\r\n"));
    client.send("DELETE /ok HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client.read_until("error 405"),
                AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("Allow: GET, HEAD\r\n")));
    client.send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client.read_until("true"), StartsWith("HTTP/1.1 200"));
}

TEST_F(ServerHttp, says_100_continue_before_it_reads_a_body) {
    RawClient client = connected();
    client.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
        "Expect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("hello");
    EXPECT_THAT(client.read_until("hello"), StartsWith("HTTP/1.1 200 OK"));
}

TEST_F(ServerHttp, refuses_an_expected_body_at_once_when_there_is_no_such_path) {
    RawClient client = connected();
    client.send(
        "POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
        "Expect: 100-continue\r\n\r\n");
    EXPECT_THAT(client.read_until("error 404"), StartsWith("HTTP/1.1 404"));
    EXPECT_EQ(routes_.calls, 0);
}

TEST_F(ServerHttp, answers_500_without_detail_when_a_handler_throws) {
    RawClient client = connected();
    testing::internal::CaptureStderr();
    client.send("GET /throws HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string answer = client.read_until("error 500");
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 500"), Not(HasSubstr("secret"))));
    EXPECT_THAT(log, AllOf(HasSubstr("event=handler_failed"), HasSubstr("secret detail")));
    client.send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client.read_until("true"), StartsWith("HTTP/1.1 200"));
}

TEST_F(ServerHttp, answers_503_when_a_handler_takes_too_long) {
    ServerOptions options = server_options();
    options.limits.handler_timeout = Millis{30};
    start(std::move(options));
    EXPECT_THAT(talk("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"),
                AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("error 503")));
    routes_.gate.cancel();  // the handler still ends, without effect
    expect_recovery();
}

TEST_F(ServerHttp, answers_400_to_garbage) {
    for (const std::string text :
         {"hello\r\n\r\n", "\x16\x03\x01\x02 TLS to a plain port\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
          "GET\r\n\r\n", "GET /ok HTTP/1.1\r\nbad header\r\n\r\n",
          "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
          "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
          "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
          "GET ftp://a/ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
          "GET /ok%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
          "GET /ok?a=1&a=2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"}) {
        EXPECT_THAT(talk(text), AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("error 400"))) << text;
    }
    EXPECT_EQ(routes_.calls, 0);
    expect_recovery();
}

TEST_F(ServerHttp, refuses_lengths_that_could_smuggle_a_request) {
    for (const std::string headers :
         {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
          "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
          "Content-Length: 3\r\nContent-Length: 4\r\n", "Transfer-Encoding: gzip\r\n",
          "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked, gzip\r\n"}) {
        EXPECT_THAT(
            talk("POST /echo HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n3\r\nabc\r\n0\r\n\r\n"),
            StartsWith("HTTP/1.1 400"))
            << headers;
    }
    EXPECT_EQ(routes_.calls, 0);
    expect_recovery();
}

TEST_F(ServerHttp, refuses_and_closes_whatever_two_programs_could_read_differently) {
    using namespace std::string_literals;
    const std::string post = "POST /echo HTTP/1.1\r\nHost: a\r\n";
    const std::string chunks = post + "Transfer-Encoding: chunked\r\n";
    for (const std::string& text :
         {"GET /ok HTTP/1.1\r\n\r\n"s,
          "GET /ok HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"s,
          "GET /ok HTTP/1.1\r\nHost:\r\nHost: a\r\n\r\n"s,
          "GET /ok HTTP/1.1\r\nHost: a b\r\n\r\n"s,
          "GET /ok HTTP/1.1\r\nHost : a\r\n\r\n"s,
          "GET /ok HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"s,
          "GET /ok HTTP/1.1\r\nHost: a\r\nX: 1\r\n  2\r\n\r\n"s,
          "GET /ok HTTP/1.1\r\nHost: a\r\n X: 1\r\n\r\n"s,
          "GET /ok HTTP/1.1\nHost: a\n\n"s,
          "GET /ok HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n"s,
          "GET /ok HTTP/1.1\r\nHost: a\r\nX: 1\rY: 2\r\n\r\n"s,
          "GET /ok HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n"s,
          "GET /ok\0 HTTP/1.1\r\nHost: a\r\n\r\n"s,
          "\r\nGET /ok HTTP/1.1\r\nHost: a\r\n\r\n"s,
          "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"s,
          post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
          post + "Content-Length: 3, 3\r\n\r\nabc",
          post + "Content-Length: +3\r\n\r\nabc",
          post + "Content-Length: 3\x0B\r\n\r\nabc",
          post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
          post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
          post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
          chunks + "\r\n3\nabc\n0\n\n",
          chunks + "\r\n3\r\nabc\n0\r\n\r\n",
          chunks + "\r\n+3\r\nabc\r\n0\r\n\r\n",
          chunks + "\r\n0x3\r\nabc\r\n0\r\n\r\n",
          chunks + "\r\n3\r\nabcd\r\n0\r\n\r\n",
          chunks + "\r\n3\r\nabc\r\n0\r\nX-More: 1\r\n\r\n",
          chunks + "\r\n3\r\nabc\r\n0\r\nContent-Length: 5\r\n\r\n",
          chunks + "\r\n3\r\nabc\r\n0\r\nHost: b\r\n\r\n"}) {
        EXPECT_THAT(talk(text + "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n"),
                    AllOf(testing::AnyOf(StartsWith("HTTP/1.1 400"), StartsWith("HTTP/1.0 400")),
                          Not(HasSubstr("200 OK"))))
            << text;
    }
    EXPECT_EQ(routes_.calls, 0);
    expect_recovery();
}

TEST_F(ServerHttp, serves_absolute_targets) {
    EXPECT_THAT(talk("GET http://other:8080/ok/a?x=1 HTTP/1.1\r\nHost: a\r\n"
                     "Connection: close\r\n\r\n"),
                StartsWith("HTTP/1.1 200"));
    EXPECT_EQ(routes_.last.path, "/ok/a");
    EXPECT_EQ(routes_.last.parameters.at("x"), "1");
}

TEST_F(ServerHttp, dates_its_answers_and_has_them_taken_for_what_they_are) {
    RawClient client = connected();
    for (const std::string path : {"/ok", "/nothing"}) {
        client.send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_THAT(client.read_until(path == "/ok" ? "true" : "error 404"),
                    AllOf(testing::ContainsRegex("\r\nDate: [A-Z][a-z]+, [0-9]+ [A-Z][a-z]+ [0-9]+ "
                                                 "[0-9]+:[0-9]+:[0-9]+ GMT\r\n"),
                          HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n")));
    }
}

TEST_F(ServerHttp, survives_peers_that_leave_at_any_point) {
    const std::string whole = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    for (std::size_t length = 0; length < whole.size(); length += 3) {
        RawClient client = connected();
        client.send(whole.substr(0, length));
        all_of(client);
        client.close();
    }
    EXPECT_EQ(routes_.calls, 0);
    expect_recovery();
}

TEST_F(ServerHttp, lets_running_requests_end_when_it_stops) {
    RawClient idle = connected();
    idle.send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(idle.read_until("true"), HasSubstr("200 OK"));
    RawClient busy = connected();
    busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(loop_.until([&] { return routes_.calls == 2; }));
    asio::steady_timer release(loop_.executor(), Millis{20});
    release.async_wait([&](const boost::system::error_code&) { routes_.gate.cancel(); });
    loop_.wait(server_->stop(Millis{10'000}));
    EXPECT_TRUE(idle.is_closed());
    EXPECT_THAT(busy.read_until("late"), AllOf(HasSubstr("200 OK"), HasSubstr("close")));
    EXPECT_TRUE(busy.is_closed());
    EXPECT_THROW(RawClient(loop_, server_->port()), boost::system::system_error);
}

TEST_F(ServerHttp, cuts_off_requests_that_outlast_the_grace) {
    RawClient busy = connected();
    busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(loop_.until([&] { return routes_.calls == 1; }));
    loop_.wait(server_->stop(Millis{20}));
    EXPECT_TRUE(busy.is_closed());
}

TEST_F(ServerHttp, names_the_setting_when_it_cannot_bind) {
    start(server_options());
    for (const std::string& address :
         {own_address() + ":" + std::to_string(server_->port()), std::string("192.0.2.1:0"),
          std::string("nonsense"), std::string("127.0.0.1:99999")}) {
        ServerOptions options = server_options();
        options.address = address;
        const auto second = start_server(loop_.executor(), std::move(options), routes_.router);
        ASSERT_FALSE(second) << address;
        EXPECT_THAT(second.error().message, StartsWith("T_ADDR: '" + address + "' "));
    }
}

TEST_F(ServerHttp, listens_on_every_address_when_only_a_port_is_given) {
    ServerOptions options = server_options();
    options.address = ":0";
    start(std::move(options));
    expect_recovery();
}

}  // namespace
}  // namespace edgeroll::tls::test
