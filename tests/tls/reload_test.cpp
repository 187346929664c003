// New certificate files take effect while connections stay open.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "harness.hpp"
#include "tls/peer.hpp"

namespace edgeroll::tls::test {
namespace {

using testing::HasSubstr;

class Reload : public testing::Test {
  protected:
    Reload() {
        ServerOptions options = server_options(server_store_.get());
        options.judge_peer = [this](const Peer&) { return unwelcome_; };
        server_ = started(loop_, std::move(options), routes_.router);
        pool_ = make_client_pool(loop_.executor(), *client_store_);
    }
    Reply ask(const std::string& fingerprint = "") {
        return loop_.wait(
            pool_->request(target_at(server_->port(), "edge-1", fingerprint), get("/ok")));
    }
    void expect_answered(const std::string& fingerprint = "") {
        const Reply reply = ask(fingerprint);
        EXPECT_STREQ(to_text(reply.kind), "answered") << reply.message;
        EXPECT_EQ(reply.status, 200) << reply.body;
    }

    Loop loop_;
    Folder folder_;
    Authority authority_;
    Pair server_pair_ = authority_.issue(agent_spec(own_address()));
    Pair client_pair_ = authority_.issue(control_spec());
    TestRoutes routes_{loop_.executor()};
    TlsFiles server_files_ = write_files(folder_, "server", server_pair_,
                                         authority_.certificate_pem(), authority_.crl_pem({}));
    TlsFiles client_files_ = write_files(folder_, "client", client_pair_,
                                         authority_.certificate_pem(), authority_.crl_pem({}));
    std::unique_ptr<ContextStore> server_store_ = good_store(server_files_, TlsRole::server);
    std::unique_ptr<ContextStore> client_store_ = good_store(client_files_, TlsRole::client);
    std::string unwelcome_;
    std::unique_ptr<HttpServer> server_;
    std::unique_ptr<ClientPool> pool_;
};

TEST_F(Reload, does_nothing_while_the_files_stay_as_they_are) {
    const auto before = server_store_->current();
    server_store_->refresh();
    EXPECT_EQ(server_store_->current(), before);
    EXPECT_EQ(server_store_->generation(), 1);
}

TEST_F(Reload, shows_the_new_certificate_to_new_connections) {
    expect_answered(server_pair_.fingerprint());
    const Pair fresh = authority_.issue(agent_spec(own_address()));
    folder_.write("server.key", fresh.key_pem());
    folder_.write("server.crt", fresh.certificate_pem());
    server_store_->refresh();
    EXPECT_EQ(server_store_->generation(), 2);
    expect_answered(fresh.fingerprint());
    const Reply old = ask(server_pair_.fingerprint());
    // A connection made under the old certificate serves once more and is then closed.
    EXPECT_STREQ(to_text(old.kind), "answered");
    EXPECT_STREQ(to_text(ask(server_pair_.fingerprint()).kind), "wrong_peer");
}

TEST_F(Reload, keeps_the_old_key_while_everybody_may_read_the_new_one) {
    ::chmod(folder_.path("server.key").c_str(), 0644);
    testing::internal::CaptureStderr();
    server_store_->refresh();
    EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("may be read by everybody"));
    EXPECT_EQ(server_store_->generation(), 1);
    expect_answered(server_pair_.fingerprint());
    ::chmod(folder_.path("server.key").c_str(), 0600);
    server_store_->refresh();
    EXPECT_EQ(server_store_->generation(), 2) << "closed again, it counts";
}

TEST_F(Reload, keeps_the_old_set_while_the_new_one_is_broken_and_heals_by_itself) {
    const Pair fresh = authority_.issue(agent_spec(own_address()));
    const auto before = server_store_->current();
    folder_.write("server.key", fresh.key_pem());  // half of the new pair
    testing::internal::CaptureStderr();
    server_store_->refresh();
    server_store_->refresh();
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_THAT(log, HasSubstr("event=certificates_refused"));
    EXPECT_EQ(log.find("certificates_refused"), log.rfind("certificates_refused"))
        << "said once, not once a second";
    EXPECT_EQ(server_store_->current(), before);
    EXPECT_EQ(server_store_->generation(), 1);
    expect_answered(server_pair_.fingerprint());

    folder_.write("server.crt", fresh.certificate_pem());
    testing::internal::CaptureStderr();
    server_store_->refresh();
    EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("event=certificates_reloaded"));
    EXPECT_EQ(server_store_->generation(), 2);
    expect_answered(fresh.fingerprint());
}

TEST_F(Reload, survives_files_that_vanish) {
    std::filesystem::remove(server_files_.certificate);
    server_store_->refresh();
    expect_answered();
    EXPECT_EQ(server_store_->generation(), 1);
}

TEST_F(Reload, drops_the_clients_kept_connections_of_the_old_set) {
    expect_answered();
    const Pair fresh = authority_.issue(control_spec());
    folder_.write("client.key", fresh.key_pem());
    folder_.write("client.crt", fresh.certificate_pem());
    client_store_->refresh();
    expect_answered();
    EXPECT_EQ(routes_.last.peer.fingerprint, fresh.fingerprint());
}

TEST_F(Reload, shuts_out_a_revoked_client_even_on_its_kept_connection) {
    expect_answered();
    folder_.write("server.crl", authority_.crl_pem({&client_pair_}));
    server_store_->refresh();
    const Reply kept = ask();
    EXPECT_EQ(kept.status, 403);
    EXPECT_THAT(kept.body, HasSubstr("revoked"));
    const Reply fresh = ask();
    EXPECT_STREQ(to_text(fresh.kind), "wrong_peer");
    EXPECT_THAT(fresh.message, HasSubstr("revoked"));
    EXPECT_EQ(routes_.calls, 1);

    folder_.write("server.crl", authority_.crl_pem({}) + "\n");
    server_store_->refresh();
    expect_answered();
}

TEST_F(Reload, shuts_out_a_revoked_agent_even_on_its_kept_connection) {
    expect_answered();
    folder_.write("client.crl", authority_.crl_pem({&server_pair_}));
    client_store_->refresh();
    const Reply reply = ask();
    EXPECT_STREQ(to_text(reply.kind), "wrong_peer");
    EXPECT_THAT(reply.message, HasSubstr("revoked"));
}

TEST_F(Reload, moves_to_a_new_authority_step_by_step) {
    const Authority next("next CA");
    const Pair next_server = next.issue(agent_spec(own_address()));
    folder_.write("client-ca.crt", authority_.certificate_pem() + next.certificate_pem());
    folder_.write("client.crl", authority_.crl_pem({}) + next.crl_pem({}));
    client_store_->refresh();
    expect_answered();
    folder_.write("server.key", next_server.key_pem());
    folder_.write("server.crt", next_server.certificate_pem());
    server_store_->refresh();
    pool_->prune(Millis{0}, Millis{0});
    expect_answered(next_server.fingerprint());
}

TEST_F(Reload, judges_the_peer_again_for_every_request) {
    expect_answered();
    unwelcome_ = "not today";
    EXPECT_EQ(ask().status, 403);
    unwelcome_ = "";
    expect_answered();
    EXPECT_EQ(routes_.calls, 2);
}

/// A certificate expires when the test says so, however slow the machine is.
struct DayAfterTomorrow {
    DayAfterTomorrow() { move_certificate_clock(std::chrono::hours(48)); }
    ~DayAfterTomorrow() { move_certificate_clock(std::chrono::seconds(0)); }
    DayAfterTomorrow(const DayAfterTomorrow&) = delete;
    DayAfterTomorrow& operator=(const DayAfterTomorrow&) = delete;
};

TEST_F(Reload, shuts_out_a_client_whose_certificate_runs_out_on_its_kept_connection) {
    expect_answered();
    const int calls = routes_.calls;
    {
        const DayAfterTomorrow later;
        const Reply kept = ask();
        EXPECT_EQ(kept.status, 403);
        EXPECT_THAT(kept.body, HasSubstr("expired"));
        EXPECT_EQ(routes_.calls, calls);
    }
    expect_answered();
}

TEST_F(Reload, says_when_the_certificate_in_use_has_run_out) {
    const auto files = write_files(folder_, "short", authority_.issue(control_spec()),
                                   authority_.certificate_pem());
    const auto store = good_store(files, TlsRole::client);
    EXPECT_EQ(store->trouble(), "");
    const DayAfterTomorrow later;
    EXPECT_THAT(store->trouble(), HasSubstr("T_CERT ("));
    EXPECT_THAT(store->trouble(), HasSubstr("expired since"));
}

}  // namespace
}  // namespace edgeroll::tls::test
