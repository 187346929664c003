// Which connections are admitted, which are evicted, and decisions before a body is read.
#include <gmock/gmock.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/write.hpp>
#include <vector>

#include "raw_peer.hpp"

namespace edgeroll::tls::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class ServerDoor : public testing::Test {
  protected:
    static constexpr const char* token = "GET /known HTTP/1.1\r\nHost: a\r\n\r\n";
    static constexpr const char* health = "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n";
    ServerDoor() {
        tls::Pass known;
        known.is_known = true;
        routes_.router.add("GET", "/known",
                           GatedHandler{answers(), [known](const Request&) { return known; }});
        known.is_urgent = true;
        routes_.router.add("GET", "/stop",
                           GatedHandler{answers(), [known](const Request&) { return known; }});
        routes_.router.add("GET", "/known-slow",
                           GatedHandler{waits(), [known](const Request&) { return known; }});
    }
    RawClient connected() {
        if (!server_) server_ = started(loop_, options_, routes_.router);
        return RawClient(loop_, server_->port());
    }
    Handler answers() {
        return [this](Request) { return answer(&routes_.calls); };
    }
    Handler waits() {
        return [this](Request) { return wait(&routes_); };
    }
    static asio::awaitable<Response> answer(int* calls) {
        ++*calls;
        Response response;
        response.body = "done";
        co_return response;
    }
    static asio::awaitable<Response> wait(TestRoutes* routes) {
        ++routes->calls;
        co_await routes->gate.async_wait(asio::as_tuple(asio::use_awaitable));
        co_return Response{};
    }
    RawClient known(const char* request = token) {
        RawClient client = connected();
        client.send(request);
        EXPECT_THAT(client.read_until("done"), StartsWith("HTTP/1.1 200"));
        return client;
    }
    [[nodiscard]] std::size_t open_ones() const {
        return server_->figures().strangers + server_->figures().known;
    }

    Loop loop_;
    TestRoutes routes_{loop_.executor()};
    ServerOptions options_ = server_options();
    std::unique_ptr<HttpServer> server_;
};

TEST_F(ServerDoor, strangers_make_room_for_one_another_and_not_for_long) {
    options_.limits.door.strangers_max = 3;
    RawClient honest = known();
    std::vector<RawClient> silent;
    for (int i = 0; i < 3; ++i)
        silent.push_back(connected());
    EXPECT_TRUE(loop_.until([&] { return server_->figures().strangers == 3; }));
    RawClient dripping = connected();
    dripping.send("GET /ok HTTP/1.1\r\nHo");
    EXPECT_TRUE(silent.at(0).is_closed());
    for (int i = 0; i < 3; ++i)
        silent.push_back(connected());
    EXPECT_TRUE(dripping.is_closed()) << "a header that has begun keeps nobody in";
    EXPECT_EQ(open_ones(), 4U);
    honest.send(token);
    EXPECT_THAT(honest.read_until("done"), StartsWith("HTTP/1.1 200"));
    RawClient late = connected();
    late.send(health);
    EXPECT_THAT(late.read_until("true"), StartsWith("HTTP/1.1 200"));
    EXPECT_EQ(server_->figures().evicted, 5);
}

TEST_F(ServerDoor, one_address_has_so_many_and_no_more) {
    options_.limits.door.per_address_max = 2;
    RawClient first = known();
    RawClient second = known();
    RawClient third = known();
    EXPECT_TRUE(first.is_closed()) << "it rested longest";
    EXPECT_EQ(open_ones(), 2U);
    second.send(token);
    EXPECT_THAT(second.read_until("done"), StartsWith("HTTP/1.1 200"));
}

TEST_F(ServerDoor, health_and_stop_find_room_when_everybody_works) {
    options_.limits.door.per_address_max = 2;
    std::vector<RawClient> busy;
    for (int i = 0; i < 2; ++i) {
        busy.push_back(connected());
        busy.back().send("GET /known-slow HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    EXPECT_TRUE(loop_.until([&] { return routes_.calls == 2; }));
    RawClient late = connected();
    late.send(token);
    EXPECT_THAT(late.read_until("error 503"),
                AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("Connection: close")));
    RawClient check = connected();
    check.send(health);
    EXPECT_THAT(check.read_until("true"), StartsWith("HTTP/1.1 200"));
    RawClient stop = known("GET /stop HTTP/1.1\r\nHost: a\r\n\r\n");
    routes_.gate.cancel();
    EXPECT_THAT(busy.at(0).read_until("200 OK"), StartsWith("HTTP/1.1 200"));
}

TEST_F(ServerDoor, answers_that_nobody_reads_have_their_share_of_the_memory_and_no_more) {
    options_.limits.bodies_bytes_max = 7U << 20;  // an answer of /big has 3 MiB
    options_.limits.urgent_bodies_bytes = 0;
    RawClient probe = connected();
    asio::io_context apart;
    std::vector<tcp::socket> deaf;
    for (int i = 0; i < 2; ++i) {
        deaf.emplace_back(apart);
        deaf.back().open(tcp::v4());
        deaf.back().set_option(asio::socket_base::receive_buffer_size(4096));
        deaf.back().connect(tcp::endpoint(asio::ip::make_address(own_address()),
                                          static_cast<unsigned short>(server_->port())));
        const std::string requests = "GET /big HTTP/1.1\r\nHost: a\r\n\r\n";
        // The first answers may fit into the system's buffers.
        for (int j = 0; j < 4; ++j)
            asio::write(deaf.back(), asio::buffer(requests));
    }
    EXPECT_TRUE(loop_.until([&] { return server_->figures().body_bytes >= 6U << 20; }));
    probe.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(probe.read_until("error 503"), StartsWith("HTTP/1.1 503"));
    EXPECT_LE(server_->figures().body_bytes, 7U << 20);
    for (tcp::socket& socket : deaf)
        socket.close();
    EXPECT_TRUE(loop_.until([&] { return server_->figures().body_bytes == 0; }));
    RawClient again = connected();
    again.send(health);
    EXPECT_THAT(again.read_until("true"), StartsWith("HTTP/1.1 200"));
}

TEST_F(ServerDoor, judges_before_it_reads_the_body) {
    Pass refused;
    refused.refusal.emplace();
    refused.refusal->status = 401;
    refused.refusal->body = "who are you";
    Pass small;
    small.body_bytes_max = 100;
    routes_.router.add("POST", "/closed",
                       GatedHandler{answers(), [refused](const Request&) { return refused; }});
    routes_.router.add("POST", "/small",
                       GatedHandler{answers(), [small](const Request&) { return small; }});
    for (const std::string more : {"Expect: 100-continue\r\n", ""}) {
        for (const std::string length : {"8454144", "99999999999999"}) {
            RawClient client = connected();
            client.send("POST /closed HTTP/1.1\r\nHost: a\r\n" + more +
                        "Content-Length: " + length + "\r\n\r\n");
            EXPECT_THAT(client.read_until("who are you"),
                        AllOf(StartsWith("HTTP/1.1 401"), HasSubstr("Connection: close")));
            EXPECT_TRUE(client.is_closed());
        }
    }
    RawClient large = connected();
    large.send("POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n");
    EXPECT_THAT(large.read_until("larger than 100 bytes"), StartsWith("HTTP/1.1 413"));
    RawClient chunks = connected();
    chunks.send("POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n");
    EXPECT_THAT(chunks.read_until("larger than 100 bytes"), StartsWith("HTTP/1.1 413"));
    EXPECT_EQ(routes_.calls, 0);
    RawClient fitting = connected();
    fitting.send("POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n" +
                 std::string(100, 'x'));
    EXPECT_THAT(fitting.read_until("done"), StartsWith("HTTP/1.1 200"));
}

}  // namespace
}  // namespace edgeroll::tls::test
