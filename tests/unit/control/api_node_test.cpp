#include "api_fixture.hpp"

namespace edgeroll::control::api {
namespace {

class ApiNode : public ApiTest {
  protected:
    std::string refusal(const std::string& method, const std::string& target,
                        const std::string& body) {
        store.calls.clear();
        const Said said = ask(method, target, body);
        EXPECT_EQ(said.status, 400) << body;
        EXPECT_EQ(said.code(), 2002) << body;
        EXPECT_TRUE(store.calls.empty()) << body;
        return said.message();
    }
    std::string refused_add(const std::string& body) {
        return refusal("POST", "/api/v1/nodes", body);
    }
};

TEST_F(ApiNode, lists_the_fleet) {
    NodeView node;
    node.id = release::NodeId{3};
    node.name = "edge-3";
    node.main_ip = "10.0.0.3";
    node.status = "online";
    node.labels = {{"region", "eu"}};
    node.applied_version = release::Version{41};
    store.fleet = {node};
    const Json data = ask("GET", "/api/v1/nodes").data();
    EXPECT_EQ(data["total"], 1);
    const Json& item = data["items"][0];
    EXPECT_EQ(item["id"], 3);
    EXPECT_EQ(item["name"], "edge-3");
    EXPECT_EQ(item["mainIp"], "10.0.0.3");
    EXPECT_EQ(item["agentPort"], 8443);
    EXPECT_EQ(item["enabled"], true);
    EXPECT_EQ(item["labels"]["region"], "eu");
    EXPECT_EQ(item["appliedVersion"], 41);
    EXPECT_EQ(item["certFingerprint"], nullptr);
    EXPECT_EQ(ask("GET", "/api/v1/nodes?x=1").code(), 2002);
}

TEST_F(ApiNode, shows_drift_and_filters_by_it) {
    NodeView right;
    right.id = release::NodeId{1};
    NodeView drifting;
    drifting.id = release::NodeId{2};
    drifting.wanted_version = release::Version{41};
    drifting.wanted_sha256 = "abc";
    drifting.drift = release::DriftKind::behind;
    store.fleet = {right, drifting};
    const Json all = ask("GET", "/api/v1/nodes?drift=0").data();
    EXPECT_EQ(all["total"], 2);
    EXPECT_EQ(all["items"][0]["hasDrift"], false);
    EXPECT_EQ(all["items"][0]["wantedVersion"], nullptr);
    EXPECT_EQ(all["items"][0]["wantedSha256"], nullptr);
    const Json some = ask("GET", "/api/v1/nodes?drift=1").data();
    EXPECT_EQ(some["total"], 1);
    EXPECT_EQ(some["items"][0]["id"], 2);
    EXPECT_EQ(some["items"][0]["hasDrift"], true);
    EXPECT_EQ(some["items"][0]["wantedVersion"], 41);
    EXPECT_EQ(some["items"][0]["wantedSha256"], "abc");
    EXPECT_EQ(ask("GET", "/api/v1/nodes?drift=yes").code(), 2002);
}

TEST_F(ApiNode, adds_one_in_either_spelling) {
    const std::string pin(64, 'a');
    const Said said = ask("POST", "/api/v1/nodes",
                          R"({"name":"edge-1","mainIp":"10.0.0.1","agentPort":9443,"enabled":false,
            "status":"maintenance","labels":{"region":"eu"},"certFingerprint":")" +
                              pin + "\"}");
    ASSERT_EQ(said.status, 200) << said.body;
    EXPECT_EQ(store.change.name, "edge-1");
    EXPECT_EQ(store.change.main_ip, "10.0.0.1");
    EXPECT_EQ(store.change.agent_port, 9443);
    EXPECT_EQ(store.change.is_enabled, false);
    EXPECT_EQ(store.change.status, "maintenance");
    EXPECT_EQ(store.change.labels, (release::Labels{{"region", "eu"}}));
    EXPECT_EQ(store.change.cert_fingerprint, pin);

    ASSERT_EQ(
        ask("POST", "/api/v1/nodes", R"({"name":"e","main_ip":"2001:DB8:0::1","agent_port":1})")
            .status,
        200);
    EXPECT_EQ(store.change.main_ip, "2001:db8::1");
    EXPECT_EQ(store.change.agent_port, 1);
    EXPECT_FALSE(store.change.labels);
    EXPECT_FALSE(store.change.cert_fingerprint);
}

TEST_F(ApiNode, refuses_what_is_wrong_and_names_it) {
    EXPECT_EQ(refused_add(R"({"mainIp":"10.0.0.1"})"), "field 'name' is missing");
    EXPECT_EQ(refused_add(R"({"name":"e"})"), "field 'mainIp' is missing");
    EXPECT_EQ(refused_add(R"({"name":"e","mainIp":"edge.example"})"),
              "field 'mainIp' must be an IPv4 or IPv6 address");
    for (const char* ip :
         {"", " 10.0.0.7", "010.0.0.7", "[10.0.0.7]", "[::1", "10.0.0.7\\u0000x"}) {
        EXPECT_EQ(refused_add(std::string(R"({"name":"e","mainIp":")") + ip + "\"}"),
                  "field 'mainIp' must be an IPv4 or IPv6 address")
            << ip;
    }
    for (const char* ip : {"0.0.0.0", "::", "[::]", "224.0.0.1", "ff02::1", "255.255.255.255"}) {
        EXPECT_EQ(refused_add(std::string(R"({"name":"e","mainIp":")") + ip + "\"}")
                      .find("field 'mainIp' must be the address of one machine"),
                  0U)
            << ip;
    }
    EXPECT_EQ(refused_add(R"({"name":"e","mainIp":"10.0.0.1","main_ip":"10.0.0.2"})"),
              "fields 'main_ip' and 'mainIp' are the same: give one");
    EXPECT_EQ(refused_add(R"({"name":"a b","mainIp":"10.0.0.1"})").find("field 'name'"), 0U);
    EXPECT_EQ(refused_add(R"({"name":"","mainIp":"10.0.0.1"})").find("field 'name'"), 0U);
    EXPECT_EQ(refused_add(R"({"name":"e","mainIp":"10.0.0.1","agentPort":70000})"),
              "field 'agentPort' must be from 1 to 65535");
    EXPECT_EQ(refused_add(R"({"name":"e","mainIp":"10.0.0.1","status":"up"})"),
              "field 'status' must be online, offline or maintenance");
    EXPECT_EQ(refused_add(R"({"name":"e","mainIp":"10.0.0.1","enabled":1})"),
              "field 'enabled' must be true or false");
    EXPECT_EQ(refused_add(R"({"name":"e","mainIp":"10.0.0.1","labels":{"a b":"x"}})").find("label"),
              0U);
    EXPECT_EQ(refused_add(R"({"name":"e","mainIp":"10.0.0.1","labels":{"a":1}})").find("label"),
              0U);
    EXPECT_EQ(refused_add(R"({"name":"e","mainIp":"10.0.0.1","labels":[]})"),
              "field 'labels' must be an object of strings");
    EXPECT_EQ(refused_add(R"({"name":"e","mainIp":"10.0.0.1","certFingerprint":"abc"})"),
              "field 'certFingerprint' must be a SHA-256: 64 hex digits");
    EXPECT_EQ(refused_add(R"({"name":"e","mainIp":"10.0.0.1","id":7})"), "field 'id' is unknown");
    EXPECT_EQ(refusal("PATCH", "/api/v1/nodes/1", "{}"), "the body names nothing to set");
    (void)refusal("PATCH", "/api/v1/nodes/abc", R"({"enabled":true})");
}

TEST_F(ApiNode, changes_only_what_is_named) {
    ASSERT_EQ(ask("PATCH", "/api/v1/nodes/3", R"({"enabled":false})").status, 200);
    EXPECT_EQ(store.id, 3);
    EXPECT_EQ(store.change.is_enabled, false);
    EXPECT_FALSE(store.change.name);
    EXPECT_FALSE(store.change.main_ip);
    EXPECT_FALSE(store.change.labels);
    std::string pin;
    for (int i = 0; i < 32; ++i)
        pin += i == 0 ? "AB" : ":AB";
    ASSERT_EQ(ask("PATCH", "/api/v1/nodes/3", R"({"cert_fingerprint":")" + pin + "\"}").status,
              200);
    EXPECT_EQ(store.change.cert_fingerprint->substr(0, 4), "abab");
    ASSERT_EQ(ask("PATCH", "/api/v1/nodes/3", R"({"certFingerprint":null})").status, 200);
    EXPECT_EQ(store.change.cert_fingerprint, "");
}

TEST_F(ApiNode, writes_addresses_by_the_book) {
    for (const auto& [typed, written] :
         {std::pair{"[::1]", "::1"}, std::pair{"::0001", "::1"},
          std::pair{"2001:DB8::00:7", "2001:db8::7"},
          std::pair{"[2001:db8:0:0:0:0:0:7]", "2001:db8::7"},
          std::pair{"::ffff:10.0.0.7", "10.0.0.7"}, std::pair{"10.0.0.7", "10.0.0.7"}}) {
        const Said said =
            ask("POST", "/api/v1/nodes", std::string(R"({"name":"e","mainIp":")") + typed + "\"}");
        EXPECT_EQ(said.status, 200) << said.body;
        EXPECT_EQ(store.change.main_ip, written);
    }
}

}  // namespace
}  // namespace edgeroll::control::api
