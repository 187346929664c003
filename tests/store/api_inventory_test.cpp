// Configurations and nodes through the API's store.
#include "tests/store/store_fixture.hpp"

namespace edgeroll::control::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
namespace code = release::code;
constexpr PayloadPart all = PayloadPart::files_and_content;

class ApiInventoryTest : public StoreTest {
  protected:
    ConfigView config(std::int64_t version, const std::string& payload) {
        ConfigView view;
        view.version = Version{version};
        view.payload = payload;
        view.note = "first 😀";
        view.created_by = "alice";
        return view;
    }
    int put_refusal(const ConfigView& view) {
        const auto put = control().await(control().api().put_config(view));
        return put ? 0 : put.error().code;
    }
    int add_refusal(const NodeChangeRequest& node) {
        const auto added = control().await(control().api().add_node(node));
        return added ? 0 : added.error().code;
    }
    static NodeChangeRequest named(const std::string& name, const std::string& ip = "10.0.0.1") {
        NodeChangeRequest node;
        node.name = name;
        node.main_ip = ip;
        return node;
    }
    release::Error refusal(const Result<NodeView>& result) {
        return result ? release::Error{"it was done", Outcome::permanent, code::ok}
                      : result.error();
    }
    Result<NodeView> change(const NodeView& node, const NodeChangeRequest& to) {
        return control().await(control().api().change_node(node.id, to));
    }
};

TEST_P(ApiInventoryTest, keeps_a_configuration_for_ever) {
    const std::string payload = R"({"files":[{"path":"a","content":"x"}]})";
    const auto stored = control().get(control().api().put_config(config(5, payload)));
    EXPECT_EQ(stored.payload, payload);
    EXPECT_THAT(stored.sha256, SizeIs(64));
    EXPECT_EQ(stored.note, "first 😀");
    EXPECT_EQ(stored.created_at.back(), 'Z');
    EXPECT_EQ(put_refusal(config(5, R"({ "files" : [{"content":"x","path":"a"}] })")), 0)
        << "the same content, spelled otherwise";
    EXPECT_EQ(stored.outcome, ConfigView::Outcome::stored);
    add_release(5, 1);
    EXPECT_EQ(put_refusal(config(5, R"({"files":[{"path":"a","content":"y"}]})")), code::exists);
    EXPECT_EQ(put_refusal(config(6, R"({"files":[{"path":"/a","content":"y"}]})")), code::invalid);
    EXPECT_EQ(put_refusal(config(0, payload)), code::invalid);
    EXPECT_EQ(control().get(control().api().config(Version{5}, all)).content.payload,
              R"({"files":[{"content":"x","path":"a"}]})");
    const auto missing = control().await(control().api().config(Version{6}, all));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, code::not_found);
}

TEST_P(ApiInventoryTest, adds_and_changes_nodes) {
    NodeChangeRequest wanted = named("edge-1");
    wanted.labels = release::Labels{{"region", "eu"}, {"app", "c\"dn"}};
    wanted.cert_fingerprint = std::string(32, 'A') + ":" + std::string(32, 'b');
    const NodeView added = control().get(control().api().add_node(wanted));
    EXPECT_EQ(added.name, "edge-1");
    EXPECT_EQ(added.agent_port, 8443);
    EXPECT_TRUE(added.is_enabled);
    EXPECT_EQ(added.status, "online");
    EXPECT_EQ(added.labels, (release::Labels{{"app", "c\"dn"}, {"region", "eu"}}));
    EXPECT_EQ(added.cert_fingerprint, std::string(32, 'a') + std::string(32, 'b'));
    EXPECT_FALSE(added.applied_version);

    NodeChangeRequest change;
    change.status = "maintenance";
    change.is_enabled = false;
    change.agent_port = 9443;
    change.cert_fingerprint = "";
    const NodeView changed = control().get(control().api().change_node(added.id, change));
    EXPECT_EQ(changed.status, "maintenance");
    EXPECT_FALSE(changed.is_enabled);
    EXPECT_EQ(changed.agent_port, 9443);
    EXPECT_EQ(changed.cert_fingerprint, "");
    EXPECT_EQ(changed.name, "edge-1") << "what is absent stays";
    EXPECT_EQ(changed.labels, added.labels);
    EXPECT_EQ(control().get(control().api().change_node(added.id, NodeChangeRequest{})).agent_port,
              9443)
        << "an empty change is fine";
    control().get(control().api().add_node(named("edge-2")));
    const auto nodes = control().get(control().api().nodes());
    ASSERT_THAT(nodes, SizeIs(2));
    EXPECT_EQ(nodes[1].name, "edge-2");
}

TEST_P(ApiInventoryTest, refuses_nodes_with_the_right_code) {
    control().get(control().api().add_node(named("a")));
    const NodeView other = control().get(control().api().add_node(named("b", "10.0.0.2")));
    EXPECT_EQ(add_refusal(named("a")), code::exists);
    EXPECT_EQ(add_refusal(named("")), code::invalid);
    EXPECT_EQ(add_refusal(named("x\ny")), code::invalid);
    EXPECT_EQ(add_refusal(named(std::string(256, 'x'))), code::invalid);
    EXPECT_EQ(add_refusal(named("\xff")), code::invalid);
    EXPECT_EQ(add_refusal(NodeChangeRequest{}), code::invalid);
    NodeChangeRequest bad = named("c");
    bad.status = "gone";
    EXPECT_EQ(add_refusal(bad), code::invalid);
    bad.status.reset();
    bad.agent_port = 70000;
    EXPECT_EQ(add_refusal(bad), code::invalid);
    bad.agent_port.reset();
    bad.cert_fingerprint = "abc";
    EXPECT_EQ(add_refusal(bad), code::invalid);
    NodeChangeRequest rename;
    rename.name = "a";
    const auto renamed = control().await(control().api().change_node(other.id, rename));
    ASSERT_FALSE(renamed);
    EXPECT_EQ(renamed.error().code, code::exists);
    const auto missing = control().await(control().api().change_node(NodeId{99}, rename));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, code::not_found);
    EXPECT_EQ(number("SELECT COUNT(*) FROM nodes"), 2);
}

TEST_P(ApiInventoryTest, refuses_two_nodes_that_would_be_one_agent) {
    const NodeView first = control().get(control().api().add_node(named("a", "10.0.0.7")));
    const auto twice = control().await(control().api().add_node(named("b", "10.0.0.7")));
    EXPECT_EQ(refusal(twice).code, code::exists);
    EXPECT_THAT(refusal(twice).message, HasSubstr("node 'a' (id " + std::to_string(first.id.value) +
                                                  ") is at 10.0.0.7:8443 already"));
    NodeChangeRequest elsewhere = named("b", "10.0.0.7");
    elsewhere.agent_port = 9443;
    const NodeView second = control().get(control().api().add_node(elsewhere));
    NodeChangeRequest back;
    back.agent_port = 8443;
    EXPECT_EQ(refusal(change(second, back)).code, code::exists);
    EXPECT_EQ(number("SELECT agent_port FROM nodes WHERE name = 'b'"), 9443)
        << "nothing is left of it";
    back.main_ip = "10.0.0.8";
    EXPECT_TRUE(change(second, back)) << "both at once";
    NodeChangeRequest same;
    same.main_ip = "10.0.0.8";
    EXPECT_TRUE(change(second, same)) << "its own address is no other's";
    NodeChangeRequest disabled;
    disabled.is_enabled = false;
    ASSERT_TRUE(change(first, disabled));
    EXPECT_EQ(add_refusal(named("c", "10.0.0.7")), code::exists) << "it may be enabled again";
}

TEST_P(ApiInventoryTest, knows_an_address_however_a_pipeline_spelled_it) {
    add_node("six", "2001:DB8::0007");
    add_node("bracketed", "[::1]");
    add_node("mapped", "::ffff:10.0.0.9");
    add_node("padded", "10.0.0.10 ");
    for (const char* ip : {"2001:db8::7", "::1", "10.0.0.9", "10.0.0.10"})
        EXPECT_EQ(add_refusal(named("x", ip)), code::exists) << ip;
    EXPECT_EQ(add_refusal(named("x", "2001:db8::8")), 0);
    add_node("double", "2001:db8::8");
    NodeChangeRequest rename;
    rename.labels = release::Labels{{"region", "eu"}};
    const auto nodes = control().get(control().api().nodes());
    EXPECT_TRUE(change(nodes.back(), rename))
        << "what does not touch the address is not held up by it";
}

TEST_P(ApiInventoryTest, of_two_at_once_one_is_refused) {
    Process other(url(), "control-2");
    for (int i = 1; i <= 10; ++i) {
        const std::string number_text = std::to_string(i);
        const std::string ip = "10.0.1." + number_text;
        std::optional<Result<NodeView>> first, second;
        control().start(control().api().add_node(named("a" + number_text, ip)), first);
        other.start(other.api().add_node(named("b" + number_text, ip)), second);
        control().run_until(first);
        other.run_until(second);
        EXPECT_NE(first->has_value(), second->has_value()) << i;
        const auto& refused = first->has_value() ? *second : *first;
        EXPECT_EQ(refusal(refused).code, code::exists) << refusal(refused).message;
    }
    EXPECT_EQ(number("SELECT COUNT(*) FROM nodes"), 10);
}

EDGEROLL_ON_BOTH_DATABASES(ApiInventoryTest);

}  // namespace
}  // namespace edgeroll::control::testing
