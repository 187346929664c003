#include "agent/routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/edge.hpp"

namespace edgeroll::agent {
namespace {

using namespace edgeroll::agent::testing;
using release::wire::Json;
using ::testing::ElementsAre;

class Routes : public ::testing::Test {
  protected:
    struct Got {
        int status = 0;
        Json body;
    };
    Got call(const std::string& method, const std::string& path, std::string body = "",
             std::map<std::string, std::string> parameters = {}) {
        tls::Request request;
        request.method = method;
        request.path = path;
        request.body = std::move(body);
        request.parameters = std::move(parameters);
        const auto match = router_.find(request);
        Got got;
        if (match.handler == nullptr) {
            got.status = match.is_path_known ? 405 : 404;
            return got;
        }
        const tls::Response response = edge_.await((*match.handler)(std::move(request)));
        got.status = response.status;
        got.body = Json::parse(response.body, nullptr, false);
        EXPECT_FALSE(got.body.is_discarded()) << response.body;
        return got;
    }
    Got dispatch(std::int64_t version, const std::string& text) {
        return call("POST", "/tasks/dispatch",
                    release::wire::write_dispatch(dispatch_of(version, text)));
    }

    TemporaryFolder root_;
    Edge edge_{root_};
    tls::Router router_ = make_routes(edge_.executor());
};

TEST_F(Routes, dispatch_and_query_a_task) {
    const Got taken = dispatch(1, payload({{"a", "1"}}));
    EXPECT_EQ(taken.status, 200);
    EXPECT_EQ(taken.body["code"], 0);
    EXPECT_EQ(taken.body["message"], "success");
    EXPECT_EQ(taken.body["data"]["taskId"], "apply_config_127.0.0.1_1");
    const Got done = call("GET", "/tasks/apply_config_127%2E0.0.1_1", "", {{"wait", "20"}});
    EXPECT_EQ(done.status, 200);
    const Json& data = done.body["data"];
    EXPECT_EQ(data["status"], "success");
    EXPECT_EQ(data["progress"], 100);
    EXPECT_EQ(data["version"], 1);
    EXPECT_EQ(data["type"], "apply_config");
    EXPECT_EQ(data["steps"].size(), 8U);
    EXPECT_EQ(data["steps"][4]["name"], "switch");
    const Got state = call("GET", "/state");
    EXPECT_EQ(state.body["data"]["appliedVersion"], 1);
    EXPECT_EQ(state.body["data"]["versions"], Json::array({1}));
    EXPECT_FALSE(state.body["data"]["agentVersion"].get<std::string>().empty());
}

TEST_F(Routes, answer_in_the_contracts_codes) {
    EXPECT_EQ(call("GET", "/healthz").status, 200);
    const Got empty = call("GET", "/state");
    EXPECT_TRUE(empty.body["data"]["appliedVersion"].is_null());
    const Got unknown = call("GET", "/tasks/nobody", "", {{"wait", "5"}});
    EXPECT_EQ(unknown.status, 404);
    EXPECT_EQ(unknown.body["code"], 3001);
    EXPECT_FALSE(unknown.body.contains("data"));
    EXPECT_EQ(call("POST", "/tasks/nobody/cancel").body["code"], 3001);
    EXPECT_EQ(call("DELETE", "/tasks/nobody").status, 405);
    EXPECT_EQ(call("GET", "/elsewhere").status, 404);
    for (const char* bad : {"", "{", "[]", "{\"taskId\":1}", "{\"taskId\":\"a\",\"taskId\":\"a\"}",
                            "{\"taskId\":\"a\",\"type\":\"b\",\"version\":1,\"payload\":{}}"}) {
        const Got refused = call("POST", "/tasks/dispatch", bad);
        EXPECT_EQ(refused.status, 400) << bad;
        EXPECT_EQ(refused.body["code"], 2002) << bad;
    }
    EXPECT_EQ(dispatch(3, payload({{"a", "1"}})).status, 200);
    const Got lower = dispatch(2, payload({{"a", "1"}}));
    EXPECT_EQ(lower.status, 409);
    EXPECT_EQ(lower.body["code"], 3003);
}

TEST_F(Routes, say_which_contents_are_held) {
    const std::string text = payload({{"a", "1"}});
    const std::string path = "/contents/" + digest(text);
    EXPECT_EQ(call("GET", path).body["data"]["held"], false);
    auto reference = dispatch_of(1, "");
    reference.is_by_reference = true;
    reference.sha256 = reference.content_sha256 = digest(text);
    const std::string body = release::wire::write_dispatch(reference);
    const Got lacking = call("POST", "/tasks/dispatch", body);
    EXPECT_EQ(lacking.status, 409) << "never a 404, which would be about the task";
    EXPECT_EQ(lacking.body["code"], 3001);
    EXPECT_EQ(lacking.body["message"], "content " + digest(text) + " is not here");
    ASSERT_EQ(dispatch(1, text).status, 200);
    EXPECT_TRUE(edge_.until([&] { return call("GET", path).body["data"]["held"] == true; }));
    for (const char* bad : {"/contents/abc", "/contents/..%2F..%2Fetc"}) {
        EXPECT_EQ(call("GET", bad).status, 400) << bad;
        EXPECT_EQ(call("GET", bad).body["code"], 2002) << bad;
    }
}

TEST_F(Routes, refuse_a_wait_that_is_no_number) {
    for (const char* bad : {"", "x", "-1", "1x", "nan", "inf", "1e9"}) {
        EXPECT_EQ(call("GET", "/tasks/nobody", "", {{"wait", bad}}).status, 400) << bad;
    }
    for (const char* good : {"0", "0.5", "50", "1000"}) {
        EXPECT_EQ(call("GET", "/tasks/nobody", "", {{"wait", good}}).status, 404) << good;
    }
}

TEST(ErrorBody, never_says_that_a_task_is_unknown) {
    for (const int status : {400, 403, 404, 405, 413, 431, 500, 503}) {
        const Json body = Json::parse(error_body(status, "what"));
        EXPECT_NE(body["code"], 3001);
        EXPECT_EQ(body["message"], "what");
    }
}

}  // namespace
}  // namespace edgeroll::agent
