// Which servers the pool accepts as the agent that it was told to contact.
#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include "harness.hpp"

namespace edgeroll::tls::test {
namespace {

using testing::HasSubstr;

class AgentCertificates : public testing::TestWithParam<int> {
  protected:
    AgentCertificates() { pool_ = make_client_pool(loop_.executor(), *store_); }

    Reply ask(const Pair& agent, const std::string& name = "edge-1",
              const std::string& fingerprint = "") {
        FixedContexts contexts(
            raw_context(TlsRole::server, &agent, authority_.certificate_pem(), GetParam()));
        const auto server = started(loop_, server_options(&contexts), routes_.router);
        return loop_.wait(pool_->request(target_at(server->port(), name, fingerprint), get("/ok")));
    }

    void expect_refused(const Reply& reply, const std::string& why) {
        EXPECT_STREQ(to_text(reply.kind), "wrong_peer");
        EXPECT_THAT(reply.message, HasSubstr(why));
        EXPECT_THAT(reply.message, HasSubstr(own_address()));
        EXPECT_EQ(routes_.calls, 0) << "a request must not reach a stranger";
        const Reply good = ask(authority_.issue(agent_spec(own_address())));
        EXPECT_STREQ(to_text(good.kind), "answered") << good.message;
    }

    Loop loop_;
    Folder folder_;
    Authority authority_;
    Pair client_pair_ = authority_.issue(control_spec());
    TestRoutes routes_{loop_.executor()};
    std::unique_ptr<ContextStore> store_ =
        good_store(write_files(folder_, "client", client_pair_, authority_.certificate_pem()),
                   TlsRole::client);
    std::unique_ptr<ClientPool> pool_;
};

INSTANTIATE_TEST_SUITE_P(Tls, AgentCertificates, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& parameter) {
                             return parameter.param == TLS1_2_VERSION ? "v12" : "v13";
                         });

TEST_P(AgentCertificates, takes_the_nodes_address_or_its_name) {
    Spec spec = agent_spec(own_address(), "x");
    spec.names = "IP:" + own_address();
    EXPECT_STREQ(to_text(ask(authority_.issue(spec), "edge-1").kind), "answered");
    EXPECT_STREQ(to_text(ask(authority_.issue(agent_spec("10.9.9.9")), "edge-1").kind), "answered");
}

TEST_P(AgentCertificates, refuses_one_of_another_authority) {
    const Authority other("other CA");
    expect_refused(ask(other.issue(agent_spec(own_address()))), "not accepted");
}

TEST_P(AgentCertificates, refuses_one_of_an_authority_that_only_has_the_same_name) {
    const Authority twin;
    expect_refused(ask(twin.issue(agent_spec(own_address()))), "not accepted");
}

TEST_P(AgentCertificates, refuses_an_expired_one) {
    Spec spec = agent_spec(own_address());
    spec.until_sec = -60;
    expect_refused(ask(authority_.issue(spec)), "expired");
}

TEST_P(AgentCertificates, refuses_one_that_is_not_yet_valid) {
    Spec spec = agent_spec(own_address());
    spec.from_sec = 600;
    expect_refused(ask(authority_.issue(spec)), "not yet valid");
}

TEST_P(AgentCertificates, refuses_one_that_may_only_be_a_clients) {
    Spec spec = agent_spec(own_address());
    spec.usage = "clientAuth";
    expect_refused(ask(authority_.issue(spec)), "purpose");
}

TEST_P(AgentCertificates, takes_one_without_any_usage) {
    Spec spec = agent_spec(own_address());
    spec.usage = "";
    EXPECT_STREQ(to_text(ask(authority_.issue(spec)).kind), "answered");
}

TEST_P(AgentCertificates, refuses_another_nodes) {
    expect_refused(ask(authority_.issue(agent_spec("10.9.9.9", "edge-9"))), "edge-9");
}

TEST_P(AgentCertificates, refuses_another_nodes_role_at_the_right_address) {
    expect_refused(ask(authority_.issue(agent_spec(own_address(), "edge-9"))), "'edge-9'");
}

TEST_P(AgentCertificates, does_not_take_the_common_name_for_a_name) {
    Spec spec = agent_spec(own_address());
    spec.names = "";
    expect_refused(ask(authority_.issue(spec)), "cn:edge-1");
}

TEST_P(AgentCertificates, lets_the_right_pin_stand_in_for_the_name) {
    const Pair agent = authority_.issue(agent_spec("10.9.9.9", "edge-9"));
    const Reply reply = ask(agent, "edge-1", agent.fingerprint());
    EXPECT_STREQ(to_text(reply.kind), "answered") << reply.message;
}

TEST_P(AgentCertificates, refuses_a_wrong_pin_though_the_name_is_right) {
    const Pair agent = authority_.issue(agent_spec(own_address()));
    expect_refused(ask(agent, "edge-1", std::string(64, '0')), "pinned");
}

TEST_P(AgentCertificates, wants_a_pinned_certificate_to_chain_all_the_same) {
    const Pair agent = self_signed(agent_spec(own_address()));
    expect_refused(ask(agent, "edge-1", agent.fingerprint()), "not accepted");
}

TEST_P(AgentCertificates, refuses_a_revoked_one) {
    const Pair bad = authority_.issue(agent_spec(own_address()));
    const auto files = write_files(folder_, "client", client_pair_, authority_.certificate_pem(),
                                   authority_.crl_pem({&bad}));
    store_ = good_store(files, TlsRole::client);
    pool_ = make_client_pool(loop_.executor(), *store_);
    expect_refused(ask(bad), "revoked");
}

}  // namespace
}  // namespace edgeroll::tls::test
