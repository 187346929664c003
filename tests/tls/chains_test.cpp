// Intermediate authorities, and revocation lists for them.
#include <gmock/gmock.h>

#include "harness.hpp"
#include "tls/peer.hpp"

namespace edgeroll::tls::test {
namespace {

using testing::HasSubstr;

/// An agent that trusts a root; controls have certificates of the intermediate authority.
class Chains : public testing::Test {
  protected:
    void serve(const std::string& lists) {
        files_ = write_files(folder_, "server", server_pair_,
                             root_.certificate_pem() + middle_.certificate_pem(), lists);
        store_ = good_store(files_, TlsRole::server);
        ServerOptions options = server_options(store_.get());
        const auto patterns = *parse_identity_patterns("uri:spiffe://*/edgeroll/control");
        options.judge_peer = [patterns](const Peer& peer) { return judge_client(patterns, peer); };
        server_ = started(loop_, std::move(options), routes_.router);
        contexts_ = std::make_unique<FixedContexts>(
            raw_context(TlsRole::client, &client_, root_.certificate_pem(), 0));
        pool_ = make_client_pool(loop_.executor(), *contexts_);
    }
    Reply ask() {
        return loop_.wait(pool_->request(target_at(server_->port(), "edge-1"), get("/ok")));
    }
    void expect_answered() {
        const Reply reply = ask();
        EXPECT_STREQ(to_text(reply.kind), "answered") << reply.message;
        EXPECT_EQ(reply.status, 200) << reply.body;
    }
    void expect_refused(const std::string& why) {
        const Reply reply = ask();
        EXPECT_STREQ(to_text(reply.kind), "wrong_peer") << reply.message;
        EXPECT_THAT(reply.message, HasSubstr(why));
    }

    Loop loop_;
    Folder folder_;
    Authority root_{"root CA"};
    Authority middle_{"middle CA", root_};
    Pair server_pair_ = root_.issue(agent_spec(own_address()));
    Pair client_ = middle_.issue(control_spec());
    TlsFiles files_;
    TestRoutes routes_{loop_.executor()};
    std::unique_ptr<ContextStore> store_;
    std::unique_ptr<FixedContexts> contexts_;
    std::unique_ptr<HttpServer> server_;
    std::unique_ptr<ClientPool> pool_;
};

TEST_F(Chains, are_taken_when_nothing_in_them_is_revoked) {
    serve(root_.crl_pem({}) + middle_.crl_pem({}));
    expect_answered();
    EXPECT_TRUE(store_->report().without_list.empty());
}

TEST_F(Chains, end_where_an_authority_in_the_middle_is_revoked) {
    serve(root_.crl_pem({&middle_.pair()}) + middle_.crl_pem({}));
    expect_refused("revoked");
    EXPECT_EQ(routes_.calls, 0);
}

TEST_F(Chains, end_on_kept_connections_too_when_the_middle_is_revoked) {
    serve(root_.crl_pem({}) + middle_.crl_pem({}));
    expect_answered();
    folder_.write("server.crl", root_.crl_pem({&middle_.pair()}) + middle_.crl_pem({}));
    store_->refresh();
    const Reply kept = ask();
    EXPECT_EQ(kept.status, 403);
    EXPECT_THAT(kept.body, HasSubstr("revoked"));
    expect_refused("revoked");
}

TEST_F(Chains, need_a_list_of_the_leafs_issuer_and_are_warned_of_without_one_above) {
    serve(middle_.crl_pem({}));
    expect_answered();
    EXPECT_THAT(store_->report().without_list, testing::ElementsAre(HasSubstr("root CA")));
    testing::internal::CaptureStderr();
    store_->refresh();
    store_->refresh();
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_THAT(log, HasSubstr("event=authority_without_list"));
    EXPECT_THAT(log, HasSubstr("root CA"));
    EXPECT_EQ(log.find("authority_without_list"), log.rfind("authority_without_list"));

    folder_.write("server.crl", root_.crl_pem({}));
    store_->refresh();
    EXPECT_EQ(ask().status, 403);
    expect_refused("");
    EXPECT_EQ(routes_.calls, 1);
}

TEST_F(Chains, are_refused_when_the_leaf_is_an_authority) {
    Spec spec = control_spec();
    spec.is_ca = true;
    spec.usage = "clientAuth";
    client_ = root_.issue(spec);
    serve("");
    const Reply reply = ask();
    EXPECT_NE(reply.status, 200) << reply.message;
    EXPECT_EQ(routes_.calls, 0);
}

/// Lists that would refuse every client are never loaded: the lists before stay in use.
class ListReload : public Chains {
  protected:
    void expect_kept(const std::string& lists, const std::string& why) {
        folder_.write("server.crl", lists);
        testing::internal::CaptureStderr();
        store_->refresh();
        const std::string log = testing::internal::GetCapturedStderr();
        EXPECT_THAT(log, HasSubstr("event=certificates_refused"));
        EXPECT_THAT(log, HasSubstr(why));
        expect_answered();
        pool_ = make_client_pool(loop_.executor(), *contexts_);
        expect_answered();
    }
};

TEST_F(ListReload, leaves_a_list_with_a_wrong_signature_alone) {
    serve(root_.crl_pem({}) + middle_.crl_pem({}));
    const Authority twin("middle CA", root_);
    expect_kept(root_.crl_pem({}) + twin.crl_pem({}), "wrong signature");
}

TEST_F(ListReload, leaves_a_list_of_tomorrow_alone) {
    serve(root_.crl_pem({}) + middle_.crl_pem({}));
    expect_kept(root_.crl_pem({}) + middle_.crl_pem({}, 172'800, 3'600), "not valid before");
}

TEST_F(ListReload, leaves_a_list_of_yesterday_alone) {
    serve(root_.crl_pem({}) + middle_.crl_pem({}));
    expect_kept(root_.crl_pem({}) + middle_.crl_pem({}, -60), "out of date");
}

/// Moves the time for the tests below, and restores it.
struct Later {
    explicit Later(std::chrono::seconds ahead) { move_certificate_clock(ahead); }
    ~Later() { move_certificate_clock(std::chrono::seconds(0)); }
    Later(const Later&) = delete;
    Later& operator=(const Later&) = delete;
};

TEST_F(Chains, are_warned_of_from_the_last_third_of_their_life_once_a_day) {
    // The lists are valid for 26 hours, the certificates for 25.
    serve(root_.crl_pem({}) + middle_.crl_pem({}));
    const auto warned = [this](std::chrono::hours ahead) {
        const Later later(ahead);
        testing::internal::CaptureStderr();
        store_->refresh();
        store_->refresh();
        return testing::internal::GetCapturedStderr();
    };
    EXPECT_EQ(warned(std::chrono::hours(12)), "");
    const std::string log = warned(std::chrono::hours(17));
    EXPECT_THAT(log, HasSubstr("event=certificate_near_end"));
    EXPECT_THAT(log, HasSubstr("T_CERT"));
    EXPECT_THAT(log, HasSubstr("T_CRL"));
    EXPECT_THAT(warned(std::chrono::hours(18)), "") << "said once a day";
}

TEST_F(Chains, let_nobody_go_on_once_a_list_has_run_out) {
    serve(root_.crl_pem({}) + middle_.crl_pem({}));
    const int before = store_->generation();
    const Later later(std::chrono::hours(48));
    testing::internal::CaptureStderr();
    store_->refresh();
    store_->refresh();
    EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("event=certificates_unusable"));
    EXPECT_EQ(store_->generation(), before + 1) << "kept connections are judged anew, once";
    EXPECT_LT(store_->report().list->seconds_left, 0);
}

}  // namespace
}  // namespace edgeroll::tls::test
