// The API from its callers' view, over a store that records its calls.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "control/api/api.hpp"
#include "control/api/audit_notes.hpp"
#include "release/wire/json_util.hpp"
#include "tls/rt/clock.hpp"

namespace edgeroll::control::api {

using release::Result;
using release::wire::Json;

inline constexpr const char* releases_path = "/api/v1/releases";

/// Answers by the gate's name.
class FakeGates final : public Gates {
  public:
    std::map<std::string, release::GateAnswer> answers;
    std::vector<std::string> queries;

    awaitable<release::GateAnswer> ask(release::AskGate what, release::Millis) override {
        queries.push_back(what.query);
        co_return answers[what.gate.name];
    }
};

/// Answers with values set by the test.
class FakeStore final : public ApiStore {
  public:
    std::optional<release::Error> error;  ///< every call fails with it
    bool throws = false;
    ReleaseView view;
    ReleasePage page;
    CreatedRelease created;
    ConfigView stored_config;
    std::vector<NodeView> fleet;
    NodeView node;
    Gauges counts;
    std::vector<EventView> history;  ///< of any release
    release::ReleaseStatus history_status = release::ReleaseStatus::running;
    Stats figures;
    Retried retried;
    RolledBack rolled_back;
    ForceStopped force_stopped;
    SteerRequest steering;
    ActionRequest force_stop_wanted;
    RetryRequest retry_wanted;
    RollbackRequest rollback_wanted;
    LimitRequest limit_wanted;
    std::string schema_trouble;
    std::vector<AuditNote> noted;
    AuditFilter audit_filter;
    AuditPage audit_page;
    EvidenceFilter evidence_filter;
    EvidencePage evidence_page;
    BanPage ban_page;
    std::pair<int, int> bans_range;
    BanRequest ban_wanted;
    BanRemoval ban_removal;
    Banned banned;
    ReconciliationView reconciling;
    ContinueRequest continued;
    int forgiven = 0;

    std::vector<std::string> calls;
    ReleaseFilter filter;
    std::string steps_of;
    NewRelease wanted;
    ConfigView config_put;
    int config_reads = 0;  ///< reads in progress
    int config_reads_max = 0;
    ConfigView::Outcome config_outcome = ConfigView::Outcome::stored;
    NodeChangeRequest change;
    std::int64_t id = 0;

    Answer<ReleaseView> release(release::ReleaseId wanted_id) override {
        id = wanted_id.value;
        return reply("release", view);
    }
    Answer<ReleaseView> release_steps(release::ReleaseId wanted_id,
                                      StepsWanted wanted_steps) override {
        id = wanted_id.value;
        steps_of = wanted_steps.named;
        return reply("release_steps", view);
    }
    Answer<ReleasePage> releases(ReleaseFilter wanted_filter) override {
        filter = std::move(wanted_filter);
        return reply("releases", page);
    }
    Answer<EventPage> events(release::ReleaseId wanted_id, std::int64_t after, int page_number,
                             int page_size) override {
        id = wanted_id.value;
        EventPage found;
        found.status = history_status;
        int skipped = (page_number - 1) * page_size;
        for (const EventView& event : history) {
            found.last_id = event.id;
            if (event.id <= after) continue;
            ++found.total;
            if (--skipped < 0 && static_cast<int>(found.items.size()) < page_size) {
                found.items.push_back(event);
            }
        }
        // Like a database's answer, it arrives later.
        co_await boost::asio::post(co_await boost::asio::this_coro::executor,
                                   boost::asio::use_awaitable);
        co_return co_await reply("events", std::move(found));
    }
    Answer<EvidencePage> evidence(EvidenceFilter wanted_rows) override {
        evidence_filter = std::move(wanted_rows);
        return reply("evidence", evidence_page);
    }
    Answer<ReconciliationView> reconciliation() override {
        return reply("reconciliation", reconciling);
    }
    Answer<int> continue_reconciliation(ContinueRequest request) override {
        continued = std::move(request);
        return reply("continue_reconciliation", forgiven);
    }
    Answer<CreatedRelease> create(NewRelease request) override {
        wanted = std::move(request);
        return reply("create", created);
    }
    Answer<ConfigView> put_config(ConfigView config) override {
        config_put = config;
        config.outcome = config_outcome;
        return reply("put_config", std::move(config));
    }
    Answer<ShownConfig> config(release::Version version, PayloadPart part) override {
        id = version.value;
        config_reads_max = std::max(config_reads_max, ++config_reads);
        // Like a database's answer, it takes a while.
        for (int i = 0; i < 10; ++i) {
            co_await boost::asio::post(co_await boost::asio::this_coro::executor,
                                       boost::asio::use_awaitable);
        }
        --config_reads;
        ShownConfig shown{stored_config, shown_payload(stored_config.payload, part)};
        co_return co_await reply("config", std::move(shown));
    }
    Answer<std::vector<NodeView>> nodes() override { return reply("nodes", fleet); }
    Answer<NodeView> add_node(NodeChangeRequest request) override {
        change = std::move(request);
        return reply("add_node", node);
    }
    Answer<NodeView> change_node(release::NodeId wanted_id, NodeChangeRequest request) override {
        id = wanted_id.value;
        change = std::move(request);
        return reply("change_node", node);
    }
    Answer<BanPage> bans(int page_number, int page_size) override {
        bans_range = {page_number, page_size};
        return reply("bans", ban_page);
    }
    Answer<Banned> add_ban(BanRequest request) override {
        ban_wanted = std::move(request);
        return reply("add_ban", banned);
    }
    Answer<BanView> remove_ban(BanRemoval request) override {
        ban_removal = std::move(request);
        return reply("remove_ban", banned.ban);
    }
    Answer<Gauges> gauges() override { return reply("gauges", counts); }
    Answer<Stats> stats() override { return reply("stats", figures); }
    Answer<ReleaseView> steer(SteerRequest request) override {
        steering = std::move(request);
        return reply("steer", view);
    }
    Answer<ForceStopped> force_stop(ActionRequest request) override {
        force_stop_wanted = std::move(request);
        return reply("force_stop", force_stopped);
    }
    Answer<Retried> retry(RetryRequest request) override {
        retry_wanted = std::move(request);
        return reply("retry", retried);
    }
    Answer<RolledBack> roll_back(RollbackRequest request) override {
        rollback_wanted = std::move(request);
        return reply("roll_back", rolled_back);
    }
    Answer<ReleaseSummary> limit(LimitRequest request) override {
        limit_wanted = std::move(request);
        return reply("limit", view.summary);
    }
    Answer<void> note(std::vector<AuditNote> notes) override {
        calls.emplace_back("note");
        if (error) co_return tl::unexpected(*error);
        noted.insert(noted.end(), notes.begin(), notes.end());
        co_return Result<void>();
    }
    Answer<AuditPage> audit(AuditFilter wanted_filter) override {
        audit_filter = std::move(wanted_filter);
        return reply("audit", audit_page);
    }
    Answer<std::string> ping() override { return reply("ping", schema_trouble); }

  private:
    template <class T>
    Answer<T> reply(std::string name, T value) {
        calls.push_back(std::move(name));
        if (throws) throw std::runtime_error("SELECT secret FROM table");
        if (error) co_return tl::unexpected(*error);
        co_return value;
    }
};

struct Said {
    int status = 0;
    std::string body;
    std::map<std::string, std::string> headers;
    [[nodiscard]] Json json() const { return Json::parse(body); }
    [[nodiscard]] int code() const { return json().at("code").get<int>(); }
    [[nodiscard]] std::string message() const { return json().at("message").get<std::string>(); }
    [[nodiscard]] Json data() const { return json().at("data"); }
};

class ApiTest : public ::testing::Test {
  protected:
    static constexpr const char* admin_token = "admin-token";
    static constexpr const char* viewer_token = "viewer-token";
    static constexpr const char* jwt_secret = "a secret of thirty-two bytes, at least";
    static constexpr std::int64_t now = 1'800'000'000;  ///< 2027-01-15 08:00 UTC
    std::int64_t later = 0;

    ApiTest();
    ~ApiTest() override;

    /// Sends a request as the admin.
    /// @param target path and, after `?`, parameters, sent unchanged
    Said ask(const std::string& method, const std::string& target, const std::string& body = "");
    Said ask_as(const std::string& authorization, const std::string& method,
                const std::string& target, const std::string& body = "");
    /// So many requests at the same time; in the order of their answers.
    std::vector<Said> ask_at_once(int count, const std::string& target);
    std::map<std::string, std::string> headers;  ///< additional headers of the next requests
    std::string address = "192.0.2.7";           ///< their source address
    std::string tokens_path;
    FakeStore store;
    FakeGates gates;
    std::string certificate_trouble;
    int steered = 0;                ///< times the executor was told to look
    ExecutorLoad slots{3, 256, 2};  ///< as reported by the executor
    void write_tokens(const std::string& text) const;

    Metrics metrics;
    std::unique_ptr<Authenticator> authenticator;
    std::unique_ptr<rt::Clock> clock;
    std::unique_ptr<Api> api;
    boost::asio::io_context loop;

  private:
    std::vector<Said> answers_to(tls::Request request, int count);
};

}  // namespace edgeroll::control::api
