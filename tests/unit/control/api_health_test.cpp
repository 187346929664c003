#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api_fixture.hpp"
#include "control/api/coalesced.hpp"

namespace edgeroll::control::api {
namespace {

class ApiHealth : public ApiTest {
  protected:
    Said anonymous(const std::string& target) { return ask_as("", "GET", target); }
    bool has_line(const std::string& line) {
        return ("\n" + anonymous("/metrics").body).find("\n" + line + "\n") != std::string::npos;
    }
};

const release::Error away{"connection refused", release::Outcome::not_done,
                          release::code::database};

TEST_F(ApiHealth, lives_whatever_the_database_does) {
    store.error = away;
    EXPECT_EQ(anonymous("/healthz").status, 200);
    EXPECT_EQ(anonymous("/healthz").data()["status"], "ok");
    EXPECT_TRUE(store.calls.empty());
}

TEST_F(ApiHealth, is_ready_when_everything_is_usable) {
    EXPECT_EQ(anonymous("/readyz").status, 200);
}

TEST_F(ApiHealth, is_not_ready_without_database) {
    store.error = away;
    const Said said = anonymous("/readyz");
    EXPECT_EQ(said.status, 503);
    EXPECT_EQ(said.code(), 5002);
    EXPECT_EQ(said.headers.count("Retry-After"), 1U);
}

TEST_F(ApiHealth, is_not_ready_with_another_schema) {
    store.schema_trouble = "the schema is at 9 and column nodes.id is missing";
    const Said said = anonymous("/readyz");
    EXPECT_EQ(said.status, 503);
    EXPECT_NE(said.message().find("column nodes.id is missing"), std::string::npos);
}

TEST_F(ApiHealth, is_not_ready_whatever_the_databases_trouble_is) {
    store.error = release::Error{"database error 1142: SELECT command denied",
                                 release::Outcome::permanent, release::code::database};
    const Said said = anonymous("/readyz");
    EXPECT_EQ(said.status, 503) << "who balances load asks whether, not why";
    EXPECT_EQ(said.message().find("denied"), std::string::npos) << "that is for the log";
    EXPECT_EQ(ask("GET", "/api/v1/nodes").status, 500) << "a caller is told what went wrong";
}

TEST_F(ApiHealth, is_not_ready_with_useless_certificates) {
    certificate_trouble = "CONTROL_CERT has expired";
    const Said said = anonymous("/readyz");
    EXPECT_EQ(said.status, 503);
    EXPECT_NE(said.message().find("CONTROL_CERT has expired"), std::string::npos);
}

TEST_F(ApiHealth, asks_the_database_once_for_many_at_once) {
    Coalesced<std::string> question(loop.get_executor(), *clock, [this] { return store.ping(); });
    int answers = 0;
    for (int i = 0; i < 50; ++i) {
        boost::asio::co_spawn(
            loop, question.get(release::Millis{60'000}, release::Millis{60'000}),
            [&](const std::exception_ptr& thrown, const Result<std::string>& answer) {
                EXPECT_FALSE(thrown);
                EXPECT_TRUE(answer && answer->empty());
                ++answers;
            });
    }
    loop.run();
    EXPECT_EQ(answers, 50);
    EXPECT_EQ(store.calls, std::vector<std::string>{"ping"});
}

TEST_F(ApiHealth, gives_up_on_a_database_that_hangs) {
    boost::asio::steady_timer never_ends(loop, boost::asio::steady_timer::time_point::max());
    const auto hang = [&]() -> awaitable<Result<bool>> {
        co_await never_ends.async_wait(boost::asio::use_awaitable);
        co_return true;
    };
    Coalesced<bool> question(loop.get_executor(), *clock, hang);
    std::optional<Result<bool>> said;
    boost::asio::co_spawn(
        loop, question.get(release::Millis{20}, release::Millis{0}),
        [&](const std::exception_ptr&, Result<bool> answer) { said = std::move(answer); });
    while (!said && loop.run_one() > 0) {
    }
    ASSERT_TRUE(said);
    ASSERT_FALSE(*said);
    EXPECT_EQ(said->error().code, release::code::database);
}

TEST_F(ApiHealth, shows_metrics) {
    store.counts.releases_by_status["running"] = 2;
    store.counts.nodes_by_status["failed"] = 3;
    store.counts.drifting_by_kind = {{"behind", 3}, {"empty", 1}};
    store.counts.inventory_by_status = {{"offline", 2}};
    store.counts.bans = 9;
    metrics.dispatch_took(release::Millis{30});
    metrics.node_finished(release::NodeStatus::failed, release::FailureKind::timeout,
                          release::Millis{2'000});
    metrics.agent_error(release::Heard::not_sent);
    metrics.database_error(release::Outcome::unknown);
    metrics.lease_lost();
    const Said said = anonymous("/metrics");
    EXPECT_EQ(said.status, 200);
    EXPECT_NE(said.body.find("edgeroll_build_info{version=\""), std::string::npos);
    EXPECT_TRUE(has_line("edgeroll_releases{status=\"running\"} 2"));
    EXPECT_TRUE(has_line("edgeroll_releases{status=\"success\"} 0"));
    EXPECT_TRUE(has_line("edgeroll_nodes{status=\"failed\"} 3"));
    EXPECT_TRUE(has_line("edgeroll_nodes_drifting 4"));
    EXPECT_TRUE(has_line("edgeroll_drift{kind=\"behind\"} 3"));
    EXPECT_TRUE(has_line("edgeroll_inventory{status=\"offline\"} 2"));
    EXPECT_TRUE(has_line("edgeroll_bans 9"));
    EXPECT_TRUE(has_line("edgeroll_dispatch_seconds_count 1"));
    EXPECT_TRUE(has_line("edgeroll_dispatch_seconds_bucket{le=\"0.05\"} 1"));
    EXPECT_TRUE(has_line("edgeroll_apply_seconds_count{status=\"failed\"} 1"));
    EXPECT_TRUE(has_line("edgeroll_agent_errors_total{kind=\"not_sent\"} 1"));
    EXPECT_TRUE(has_line("edgeroll_agent_errors_total{kind=\"wrong_peer\"} 0"));
    EXPECT_TRUE(has_line("edgeroll_database_errors_total{class=\"unknown\"} 1"));
    EXPECT_TRUE(has_line("edgeroll_lease_losses_total 1"));
    EXPECT_TRUE(has_line("edgeroll_database_up 1"));
    EXPECT_TRUE(
        has_line("edgeroll_nodes_finished_total{failure_kind=\"timeout\",status=\"failed\"} 1"));
}

TEST_F(ApiHealth, counts_requests_by_their_status) {
    (void)ask("GET", "/api/v1/nodes");
    (void)ask("GET", "/api/v1/releases/x");
    (void)ask_as("", "GET", "/api/v1/nodes");
    EXPECT_TRUE(has_line("edgeroll_http_requests_total{code=\"400\"} 1"));
    EXPECT_TRUE(has_line("edgeroll_http_requests_total{code=\"401\"} 1"));
}

TEST_F(ApiHealth, shows_metrics_without_the_database_too) {
    store.error = away;
    const Said said = anonymous("/metrics");
    EXPECT_EQ(said.status, 200);
    EXPECT_NE(said.body.find("edgeroll_build_info"), std::string::npos);
    EXPECT_EQ(said.body.find("edgeroll_releases"), std::string::npos);
    EXPECT_TRUE(has_line("edgeroll_database_up 0"));
}

}  // namespace
}  // namespace edgeroll::control::api
