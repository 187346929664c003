// What a request is granted by its header, before its body is read.
#include "api_fixture.hpp"

namespace edgeroll::control::api {
namespace {

class ApiGate : public ApiTest {
  protected:
    tls::Pass judge(const std::string& token, const std::string& method, const std::string& path) {
        tls::Request request;
        request.method = method;
        request.path = path;
        if (!token.empty()) request.headers["authorization"] = "Bearer " + token;
        const auto match = api->router().find(request);
        if (match.gate == nullptr) throw std::runtime_error("no gate before " + path);
        return (*match.gate)(request);
    }
};

TEST_F(ApiGate, refuses_by_the_header_alone) {
    for (const auto& [token, status] :
         {std::pair("", 401), std::pair("wrong", 401), std::pair(viewer_token, 403)}) {
        const tls::Pass pass = judge(token, "PUT", "/api/v1/configs/1");
        ASSERT_TRUE(pass.refusal) << token;
        EXPECT_EQ(pass.refusal->status, status);
        EXPECT_FALSE(pass.is_known);
    }
    EXPECT_TRUE(store.calls.empty());
    const std::string text = ask_as("", "GET", "/metrics").body;
    EXPECT_NE(text.find("edgeroll_http_requests_total{code=\"401\"} 2"), std::string::npos);
    EXPECT_NE(text.find("edgeroll_http_requests_total{code=\"403\"} 1"), std::string::npos);
}

TEST_F(ApiGate, gives_each_call_its_limit) {
    const std::string one = "/api/v1/releases/7";
    constexpr std::size_t small = 64U << 10;
    struct Call {
        const char* method;
        std::string path;
        std::size_t bytes;
        bool is_urgent = false;
    };
    for (const Call& call :
         {Call{"POST", "/api/v1/releases", 1U << 20}, Call{"POST", one + "/retry", 1U << 20},
          Call{"PUT", "/api/v1/configs/1", (8U << 20) + small}, Call{"PATCH", one, small},
          Call{"POST", one + "/rollback", small}, Call{"POST", one + "/continue-batch", small},
          Call{"POST", one + "/pause-batch", small, true},
          Call{"POST", one + "/stop-batch", small, true}, Call{"POST", "/api/v1/nodes", small},
          Call{"PATCH", "/api/v1/nodes/1", small}, Call{"GET", "/api/v1/releases", small}}) {
        const tls::Pass pass = judge(admin_token, call.method, call.path);
        EXPECT_FALSE(pass.refusal) << call.path;
        EXPECT_TRUE(pass.is_known) << call.path;
        EXPECT_EQ(pass.body_bytes_max, call.bytes) << call.path;
        EXPECT_EQ(pass.is_urgent, call.is_urgent) << call.path;
    }
}

TEST_F(ApiGate, lets_everybody_ask_for_health_and_takes_nobody_for_known) {
    for (const char* path : {"/healthz", "/readyz", "/metrics"}) {
        const tls::Pass pass = judge("", "GET", path);
        EXPECT_FALSE(pass.refusal) << path;
        EXPECT_TRUE(pass.is_urgent) << path;
        EXPECT_FALSE(pass.is_known) << path;
        EXPECT_LE(pass.body_bytes_max, 1U) << path;
        EXPECT_NE(pass.body_bytes_max, 0U) << "that would be the server's own limit";
    }
}

TEST_F(ApiGate, judges_once_more_when_there_was_a_body) {
    tls::Request request;
    request.method = "POST";
    request.path = "/api/v1/nodes";
    request.headers["authorization"] = std::string("Bearer ") + admin_token;
    const auto match = api->router().find(request);
    EXPECT_FALSE((*match.gate)(request).refusal);
    write_tokens("# nobody any more\n");
    EXPECT_EQ(ask("POST", "/api/v1/nodes", "{}").status, 401);
}

TEST_F(ApiGate, tells_what_was_judged_to_its_handler) {
    tls::Request request;
    request.method = "GET";
    request.path = "/api/v1/nodes";
    request.headers["authorization"] = std::string("Bearer ") + viewer_token;
    const auto match = api->router().find(request);
    request.judged = (*match.gate)(request).judged;
    ASSERT_NE(std::any_cast<Caller>(&request.judged), nullptr);
    EXPECT_EQ(std::any_cast<Caller>(request.judged).name, "eve");
    request.headers.clear();
    int status = 0;
    boost::asio::co_spawn(loop, (*match.handler)(request),
                          [&](const std::exception_ptr&, const tls::Response& response) {
                              status = response.status;
                          });
    loop.restart();
    while (status == 0 && loop.run_one() > 0) {
    }
    EXPECT_EQ(status, 200);
}

}  // namespace
}  // namespace edgeroll::control::api
