// Which clients a server admits: first the handshake, then the role, before any handler runs.
#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include "harness.hpp"
#include "tls/peer.hpp"

namespace edgeroll::tls::test {
namespace {

using testing::HasSubstr;

/// An agent as it runs in production, and clients with certificates of every kind.
class ClientCertificates : public testing::TestWithParam<int> {
  protected:
    void serve(const std::string& crl = "",
               const std::string& allowed = "uri:spiffe://*/edgeroll/control") {
        files_ = write_files(folder_, "server", server_pair_, authority_.certificate_pem(), crl);
        store_ = good_store(files_, TlsRole::server);
        ServerOptions options = server_options(store_.get());
        const auto patterns = *parse_identity_patterns(allowed);
        options.judge_peer = [patterns](const Peer& peer) { return judge_client(patterns, peer); };
        server_ = started(loop_, std::move(options), routes_.router);
    }

    Reply ask(const Pair* pair) {
        if (!server_) serve();
        FixedContexts contexts(
            raw_context(TlsRole::client, pair, authority_.certificate_pem(), GetParam()));
        const auto pool = make_client_pool(loop_.executor(), contexts);
        return loop_.wait(pool->request(target_at(server_->port(), "edge-1"), get("/ok")));
    }

    // Refused in the handshake: no HTTP, no handler, and the client learns that the certificate is
    // the cause.
    void expect_refused(const Pair* pair) {
        const Reply reply = ask(pair);
        EXPECT_STREQ(to_text(reply.kind), "wrong_peer") << reply.message;
        EXPECT_EQ(routes_.calls, 0);
        expect_recovery();
    }

    void expect_recovery() {
        const Pair good = authority_.issue(control_spec());
        const Reply reply = ask(&good);
        EXPECT_STREQ(to_text(reply.kind), "answered") << reply.message;
        EXPECT_EQ(reply.status, 200);
        EXPECT_EQ(routes_.calls, 1);
    }

    Loop loop_;
    Folder folder_;
    Authority authority_;
    Pair server_pair_ = authority_.issue(agent_spec(own_address()));
    TlsFiles files_;
    TestRoutes routes_{loop_.executor()};
    std::unique_ptr<ContextStore> store_;
    std::unique_ptr<HttpServer> server_;
};

INSTANTIATE_TEST_SUITE_P(Tls, ClientCertificates, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& parameter) {
                             return parameter.param == TLS1_2_VERSION ? "v12" : "v13";
                         });

TEST_P(ClientCertificates, lets_a_good_one_in_and_tells_the_handler_who_it_is) {
    const Pair good = authority_.issue(control_spec());
    const Reply reply = ask(&good);
    ASSERT_STREQ(to_text(reply.kind), "answered") << reply.message;
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(routes_.last.peer.fingerprint, good.fingerprint());
    EXPECT_EQ(routes_.last.peer.common_name, "control");
    EXPECT_THAT(routes_.last.peer.uris,
                testing::ElementsAre("spiffe://test.local/edgeroll/control"));
    EXPECT_EQ(routes_.last.peer.address.substr(0, 4), "127.");
}

TEST_P(ClientCertificates, refuses_none) {
    expect_refused(nullptr);
}

TEST_P(ClientCertificates, refuses_one_of_another_authority) {
    const Authority other("other CA");
    const Pair pair = other.issue(control_spec());
    expect_refused(&pair);
}

TEST_P(ClientCertificates, refuses_one_of_an_authority_that_only_has_the_same_name) {
    const Authority twin;
    const Pair pair = twin.issue(control_spec());
    expect_refused(&pair);
}

TEST_P(ClientCertificates, refuses_a_self_signed_one) {
    const Pair pair = self_signed(control_spec());
    expect_refused(&pair);
}

TEST_P(ClientCertificates, refuses_an_expired_one) {
    Spec spec = control_spec();
    spec.until_sec = -60;
    const Pair pair = authority_.issue(spec);
    expect_refused(&pair);
}

TEST_P(ClientCertificates, refuses_one_that_is_not_yet_valid) {
    Spec spec = control_spec();
    spec.from_sec = 600;
    const Pair pair = authority_.issue(spec);
    expect_refused(&pair);
}

TEST_P(ClientCertificates, refuses_an_agents_own_certificate) {
    const Pair pair = authority_.issue(agent_spec("127.0.0.9", "edge-9"));
    expect_refused(&pair);
}

TEST_P(ClientCertificates, refuses_the_right_role_with_the_wrong_usage) {
    Spec spec = control_spec();
    spec.usage = "serverAuth";
    const Pair pair = authority_.issue(spec);
    expect_refused(&pair);
}

TEST_P(ClientCertificates, lets_one_without_any_usage_in) {
    Spec spec = control_spec();
    spec.usage = "";
    const Pair pair = authority_.issue(spec);
    const Reply reply = ask(&pair);
    EXPECT_STREQ(to_text(reply.kind), "answered") << reply.message;
}

TEST_P(ClientCertificates, answers_403_to_another_role_and_runs_nothing) {
    Spec spec = agent_spec("127.0.0.9", "edge-9");
    spec.usage = "clientAuth";
    const Pair pair = authority_.issue(spec);
    const Reply reply = ask(&pair);
    ASSERT_STREQ(to_text(reply.kind), "answered") << reply.message;
    EXPECT_EQ(reply.status, 403);
    EXPECT_THAT(reply.body, HasSubstr("error 403"));
    EXPECT_EQ(routes_.calls, 0);
    expect_recovery();
}

TEST_P(ClientCertificates, answers_403_to_a_certificate_with_two_roles) {
    Spec spec = control_spec();
    spec.names += ",URI:spiffe://test.local/edgeroll/agent/edge-9";
    const Pair pair = authority_.issue(spec);
    EXPECT_EQ(ask(&pair).status, 403);
    EXPECT_EQ(routes_.calls, 0);
}

TEST_P(ClientCertificates, takes_a_common_name_only_where_the_settings_say_so) {
    Spec spec = control_spec();
    spec.names = "";
    const Pair pair = authority_.issue(spec);
    EXPECT_EQ(ask(&pair).status, 403);
    EXPECT_EQ(routes_.calls, 0);
    serve("", "cn:contr*");
    EXPECT_EQ(ask(&pair).status, 200);
}

TEST_P(ClientCertificates, refuses_a_revoked_one) {
    const Pair bad = authority_.issue(control_spec());
    serve(authority_.crl_pem({&bad}));
    expect_refused(&bad);
}

TEST_P(ClientCertificates, refuses_everybody_when_the_revocation_list_covers_another_authority) {
    // Two authorities are trusted, and only one publishes a list: the other authority's
    // certificates cannot be checked and are therefore refused.
    const Authority second("second CA");
    files_ = write_files(folder_, "server", server_pair_,
                         authority_.certificate_pem() + second.certificate_pem(),
                         authority_.crl_pem({}));
    store_ = good_store(files_, TlsRole::server);
    server_ = started(loop_, server_options(store_.get()), routes_.router);
    const Pair pair = second.issue(control_spec());
    expect_refused(&pair);
}

class Versions : public testing::Test {
  protected:
    Loop loop_;
    Folder folder_;
    Authority authority_;
    Pair server_pair_ = authority_.issue(agent_spec(own_address()));
    Pair client_pair_ = authority_.issue(control_spec());
    TestRoutes routes_{loop_.executor()};
};

TEST_F(Versions, server_refuses_tls_1_1_and_speaks_1_2_and_1_3) {
    const auto store =
        good_store(write_files(folder_, "server", server_pair_, authority_.certificate_pem()),
                   TlsRole::server);
    const auto server = started(loop_, server_options(store.get()), routes_.router);
    const auto ask = [&](int version) {
        FixedContexts contexts(
            raw_context(TlsRole::client, &client_pair_, authority_.certificate_pem(), version));
        const auto pool = make_client_pool(loop_.executor(), contexts);
        return loop_.wait(pool->request(target_at(server->port(), "edge-1"), get("/ok")));
    };
    const Reply old = ask(TLS1_1_VERSION);
    EXPECT_STREQ(to_text(old.kind), "not_sent") << old.message;
    EXPECT_EQ(routes_.calls, 0);
    EXPECT_STREQ(to_text(ask(TLS1_2_VERSION).kind), "answered");
    EXPECT_STREQ(to_text(ask(TLS1_3_VERSION).kind), "answered");
}

TEST_F(Versions, client_refuses_tls_1_1_and_speaks_1_2_and_1_3) {
    const auto store =
        good_store(write_files(folder_, "client", client_pair_, authority_.certificate_pem()),
                   TlsRole::client);
    const auto ask = [&](int version) {
        FixedContexts contexts(
            raw_context(TlsRole::server, &server_pair_, authority_.certificate_pem(), version));
        const auto server = started(loop_, server_options(&contexts), routes_.router);
        const auto pool = make_client_pool(loop_.executor(), *store);
        return loop_.wait(pool->request(target_at(server->port(), "edge-1"), get("/ok")));
    };
    EXPECT_STREQ(to_text(ask(TLS1_1_VERSION).kind), "not_sent");
    EXPECT_EQ(routes_.calls, 0);
    EXPECT_STREQ(to_text(ask(TLS1_2_VERSION).kind), "answered");
    EXPECT_STREQ(to_text(ask(TLS1_3_VERSION).kind), "answered");
}

}  // namespace
}  // namespace edgeroll::tls::test
