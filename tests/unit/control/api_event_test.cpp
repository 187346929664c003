// The routes of a release's history. Timing of streams: event_stream_test.cpp.
#include <boost/asio/co_spawn.hpp>

#include "api_fixture.hpp"
#include "control/api/event_view.hpp"
#include "release/crypto/sha256.hpp"

namespace edgeroll::control::api {
namespace {

constexpr const char* path = "/api/v1/releases/7/events";

EventView event(std::int64_t id, const std::string& kind, const std::string& detail = "{}") {
    EventView view;
    view.id = id;
    view.at = "2026-01-02T03:04:05.678Z";
    view.actor = "control-1";
    view.kind = kind;
    view.detail = detail;
    return view;
}

class ApiEvent : public ApiTest {
  protected:
    ApiEvent() {
        for (int i = 1; i <= 30; ++i)
            store.history.push_back(event(i * 10, "node_started"));
    }
    /// The whole answer, including the parts that Said leaves out.
    tls::Response raw(const std::map<std::string, std::string>& sent = {},
                      const std::map<std::string, std::string>& parameters = {{"follow", "1"}}) {
        tls::Request request;
        request.method = "GET";
        request.path = path;
        request.parameters = parameters;
        request.headers = sent;
        request.headers.emplace("authorization", std::string("Bearer ") + viewer_token);
        const auto match = api->router().find(request);
        std::optional<tls::Response> response;
        boost::asio::co_spawn(
            loop, (*match.handler)(request),
            [&](const std::exception_ptr&, tls::Response answer) { response = std::move(answer); });
        loop.restart();
        while (!response && loop.run_one() > 0) {
        }
        return response.value_or(tls::Response());
    }
    std::string piece(const tls::Response& response) {
        std::optional<std::optional<std::string>> said;
        boost::asio::co_spawn(
            loop, response.next_chunk(),
            [&](const std::exception_ptr& thrown, std::optional<std::string> text) {
                EXPECT_FALSE(thrown);
                said = std::move(text);
            });
        loop.restart();
        while (!said && loop.run_one() > 0) {
        }
        return said.value_or(std::nullopt).value_or("(end)");
    }
};

TEST_F(ApiEvent, lists_events_in_the_order_of_their_ids) {
    store.history[1].node = release::NodeId{3};
    store.history[1].detail = R"({"error":"disk full"})";
    const Said said = ask_as(std::string("Bearer ") + viewer_token, "GET", path);
    ASSERT_EQ(said.status, 200);
    EXPECT_EQ(store.id, 7);
    const Json data = said.data();
    EXPECT_EQ(data["total"], 30);
    EXPECT_EQ(data["page"], 1);
    EXPECT_EQ(data["pageSize"], 20);
    ASSERT_EQ(data["items"].size(), 20U);
    EXPECT_EQ(data["items"][0],
              Json::parse(R"({"id":10,"nodeId":null,"at":"2026-01-02T03:04:05.678Z",
                              "actor":"control-1","kind":"node_started","detail":{}})"));
    EXPECT_EQ(data["items"][1]["nodeId"], 3);
    EXPECT_EQ(data["items"][1]["detail"]["error"], "disk full");
}

TEST_F(ApiEvent, lists_pages_and_what_is_new) {
    EXPECT_EQ(ask("GET", std::string(path) + "?page=2").data()["items"].size(), 10U);
    const Json data =
        ask("GET", std::string(path) + "?after=250&pageSize=100&page=1&follow=0").data();
    EXPECT_EQ(data["total"], 5);
    EXPECT_EQ(data["items"][0]["id"], 260);
}

TEST_F(ApiEvent, gives_an_object_as_detail_whatever_the_column_holds) {
    const std::vector<std::string> texts{"",
                                         "[1]",
                                         "7",
                                         "by hand",
                                         "{\"a\":1,\"a\":2}",
                                         "{",
                                         "{\"a\":\"\xff\"}",
                                         std::string(70'000, 'x'),
                                         std::string("a\0b", 3)};
    for (const std::string& text : texts) {
        const Json detail = json_of(event(1, "x", text))["detail"];
        ASSERT_TRUE(detail.is_object()) << text.substr(0, 20);
        EXPECT_EQ(detail.contains("text"), !text.empty()) << text.substr(0, 20);
    }
    EXPECT_EQ(json_of(event(1, "x", "by hand"))["detail"]["text"], "by hand");
}

TEST_F(ApiEvent, refuses_illegal_parameters) {
    for (const char* query :
         {"after=-1", "after=x", "after=1.5", "after=99999999999999999999", "page=0",
          "pageSize=101", "pageSize=0", "follow=2", "follow=yes", "limit=5", "follow=1&page=2",
          "follow=1&pageSize=5", "follow=1&after=x"}) {
        const Said said = ask("GET", std::string(path) + "?" + query);
        EXPECT_EQ(said.status, 400) << query;
        EXPECT_EQ(said.code(), 2002) << query;
    }
    headers["last-event-id"] = "x";
    EXPECT_EQ(ask("GET", std::string(path) + "?follow=1").code(), 2002);
    EXPECT_EQ(ask("GET", "/api/v1/releases/0/events").code(), 2002);
    EXPECT_TRUE(store.calls.empty());
}

TEST_F(ApiEvent, needs_a_token_and_reports_what_the_store_refuses) {
    EXPECT_EQ(ask_as("", "GET", path).code(), 1001);
    EXPECT_EQ(ask_as("", "GET", std::string(path) + "?follow=1").code(), 1001);
    store.error = release::Error{"there is no release 7", release::Outcome::permanent,
                                 release::code::not_found};
    EXPECT_EQ(ask("GET", path).status, 404);
    EXPECT_EQ(ask("GET", std::string(path) + "?follow=1").status, 404);
    store.error = release::Error{"away", release::Outcome::not_done, release::code::database};
    EXPECT_EQ(ask("GET", std::string(path) + "?follow=1").status, 503);
}

TEST_F(ApiEvent, streams_the_history_of_a_finished_release_and_its_end) {
    store.history.resize(2);
    store.history[1].node = release::NodeId{3};
    store.history[1].kind = "two\nlines";
    store.history_status = release::ReleaseStatus::cancelled;
    const tls::Response response = raw();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.content_type, "text/event-stream");
    EXPECT_EQ(response.headers.at("Cache-Control"), "no-store");
    EXPECT_EQ(piece(response),
              "id: 10\nevent: node_started\n"
              R"(data: {"actor":"control-1","at":"2026-01-02T03:04:05.678Z","detail":{},"id":10,)"
              R"("kind":"node_started","nodeId":null})"
              "\n\nid: 20\nevent: two lines\n"
              R"(data: {"actor":"control-1","at":"2026-01-02T03:04:05.678Z","detail":{},"id":20,)"
              R"("kind":"two\nlines","nodeId":3})"
              "\n\n");
    EXPECT_EQ(piece(response), "event: end\ndata: {\"status\":\"cancelled\"}\n\n");
    EXPECT_EQ(piece(response), "(end)");
    EXPECT_EQ(store.calls.size(), 1U);
}

TEST_F(ApiEvent, resumes_after_the_header_rather_than_the_parameter) {
    const tls::Response response =
        raw({{"last-event-id", "290"}}, {{"follow", "1"}, {"after", "5"}});
    EXPECT_EQ(piece(response).substr(0, 8), "id: 300\n");
    const tls::Response by_parameter = raw({}, {{"follow", "1"}, {"after", "280"}});
    EXPECT_EQ(piece(by_parameter).substr(0, 8), "id: 290\n");
}

TEST_F(ApiEvent, sends_nobody_back_for_news_of_a_finished_release) {
    store.history_status = release::ReleaseStatus::success;
    EXPECT_EQ(raw({{"last-event-id", "300"}}).status, 204);
    EXPECT_EQ(raw({{"last-event-id", "299"}}).status, 200);
    EXPECT_EQ(raw().status, 200);
    const tls::Response first_time = raw({}, {{"follow", "1"}, {"after", "300"}});
    EXPECT_EQ(first_time.status, 200) << "who has not been here is told the end";
    EXPECT_EQ(piece(first_time), "event: end\ndata: {\"status\":\"success\"}\n\n");
    store.history_status = release::ReleaseStatus::running;
    EXPECT_EQ(raw({{"last-event-id", "300"}}).status, 200);
}

TEST_F(ApiEvent, follows_for_64_at_once_and_for_others_when_they_have_gone) {
    std::string lines = "root:admin:" + release::sha256_hex(admin_token) + "\n";
    for (const char* name : {"a", "b", "c", "d", "e"})
        lines += std::string(name) + ":viewer:" + release::sha256_hex(name) + "\n";
    write_tokens(lines);
    const auto raw = [this](const std::string& name) {
        return ApiEvent::raw({{"authorization", "Bearer " + name}});
    };
    std::vector<tls::Response> streams;
    for (const char* name : {"a", "b", "c", "d"}) {
        for (int i = 0; i < 16; ++i) {
            streams.push_back(raw(name));
            ASSERT_EQ(streams.back().status, 200);
        }
        EXPECT_EQ(raw(name).status, 503) << "sixteen are enough for one";
    }
    const Said said = ask("GET", std::string(path) + "?follow=1");
    EXPECT_EQ(said.status, 503);
    EXPECT_EQ(said.code(), 5003);
    EXPECT_EQ(said.headers.count("Retry-After"), 1U);
    EXPECT_EQ(ask("GET", path).status, 200) << "the list is no stream";
    streams.pop_back();
    EXPECT_EQ(raw("e").status, 200);
    EXPECT_EQ(raw("e").status, 200) << "the one before is gone already";
}

}  // namespace
}  // namespace edgeroll::control::api
