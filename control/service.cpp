#include "control/service.hpp"

#include <unistd.h>

#include <csignal>
#include <utility>

#include "control/api/respond.hpp"
#include "control/certificates.hpp"
#include "control/key_files.hpp"
#include "release/wire/payload.hpp"
#include "tls/rt/log.hpp"
#include "tls/rt/spawn.hpp"
#include "tls/spiffe_id.hpp"

namespace edgeroll::control {
namespace {

using release::Millis;
using release::Result;
using rt::log;
using rt::LogFields;
using rt::LogLevel;

constexpr Millis tick_interval{1'000};
/// It looks at every kept connection.
constexpr int ticks_a_prune = 5;
constexpr Millis connection_idle_max{60'000};
constexpr Millis connection_idle_most{100'000};  // agents close theirs after 120 s
constexpr Millis connection_age_max{600'000};
// All waits together are below the five seconds of docs/contract.md section 1.
constexpr Millis claims_grace{2'500};
constexpr Millis requests_grace{1'000};
constexpr unsigned last_resort_seconds = 4;

/// A hanging database call cannot be cancelled. Everything important is recorded by now or ends
/// with its lease, so the process exits when its time is up.
void leave_in_time() {
    struct sigaction action {};
    action.sa_handler = [](int) { _exit(0); };
    sigaction(SIGALRM, &action, nullptr);
    alarm(last_resort_seconds);
}

api::AuthOptions auth_options(const Settings& settings) {
    api::AuthOptions options;
    options.tokens_file = settings.tokens_file;
    options.jwt.secret = settings.jwt_secret;
    options.jwt.issuer = settings.jwt_issuer;
    options.jwt.audience = settings.jwt_audience;
    options.jwt.max_age_sec = settings.jwt_max_age_sec;
    options.loose = settings.loose_files;
    return options;
}

SupervisorOptions supervisor_options(const Settings& settings) {
    SupervisorOptions options;
    options.interval = settings.interval;
    options.max_releases = settings.max_releases;
    options.lease = settings.lease;
    options.rules.node_timeout = settings.node_timeout;
    options.rules.start_window = settings.max_in_flight;
    options.dispatcher.max_in_flight = settings.max_in_flight;
    options.dispatcher.rules.dispatch_timeout = settings.dispatch_timeout;
    options.dispatcher.rules.poll_ceiling = settings.poll_ceiling;
    options.dispatcher.rules.poll_first =
        std::min(options.dispatcher.rules.poll_first, settings.poll_ceiling);
    return options;
}

}  // namespace

Service::Service(Settings settings)
    : settings_(std::move(settings)),
      name_(process_name()),
      authenticator_(auth_options(settings_), unix_now),
      secret_keys_(settings_) {}

Result<void> Service::open() {
    raise_file_limit();
    clock_ = rt::make_clock(loop_.get_executor());
    if (auto done = open_certificates(); !done) return done;
    if (auto done = authenticator_.open(); !done) {
        return release::fail("API_TOKENS_FILE: " + done.error().message);
    }
    StoreOptions options = store_options(settings_);
    options.owner = name_;
    auto keys = audit_keys(settings_);
    if (!keys) return tl::unexpected(std::move(keys.error()));
    options.audit_keys = std::move(*keys);
    if (auto done = secret_keys_.open(); !done) return done;
    options.secrets = secret_keys_.keyring();
    auto database = open_database(*clock_, std::move(options));
    if (!database) return release::fail(database_trouble(settings_, database.error()));
    database_ = std::move(*database);
    if (auto done = open_executor(); !done) return done;
    return open_http();
}

Result<void> Service::open_certificates() {
    if (settings_.runs_releases()) {
        auto certificates = agent_certificates(settings_);
        if (!certificates) return tl::unexpected(std::move(certificates.error()));
        agent_certificates_ = std::move(*certificates);
    }
    if (!settings_.http_certificate.empty()) {
        auto certificates = http_certificates(settings_);
        if (!certificates) return tl::unexpected(std::move(certificates.error()));
        http_certificates_ = std::move(*certificates);
    }
    return {};
}

Result<void> Service::open_executor() {
    // The API asks them too, for previews.
    gates_ = make_gates(settings_.gate_calls(), settings_.loose_files);
    if (!settings_.runs_releases()) return {};
    AgentOptions options;
    options.connect_timeout = settings_.connect_timeout;
    options.request_timeout = settings_.request_timeout;
    tls::PoolOptions pool;
    pool.kept_max = kept_connections();
    if (auto domains = tls::parse_trust_domains(settings_.trust_domains)) {
        pool.trust_domains = std::move(*domains);
    }
    pool_ = tls::make_client_pool(loop_.get_executor(), *agent_certificates_, std::move(pool));
    agents_ = make_agents(*pool_, options);
    callback_sender_ = make_callback_sender(settings_.callback_token, settings_.callback_rules);
    supervisor_ = make_supervisor(loop_.get_executor(), database_->store(), *agents_, *gates_,
                                  *clock_, random_, metrics_, supervisor_options(settings_));
    if (settings_.heartbeat > Millis{0}) {
        HeartbeatOptions heartbeats;
        heartbeats.name = name_;
        heartbeats.lease = settings_.lease;
        heartbeats.rules.period = settings_.heartbeat;
        heartbeats.own_trouble = [this] { return agent_certificates_->trouble(); };
        heartbeats_ = make_heartbeat_loop(loop_.get_executor(), database_->fleet(), *agents_,
                                          *clock_, metrics_, std::move(heartbeats));
    }
    return {};
}

Result<void> Service::open_http() {
    const auto trouble = [this] {
        return agent_certificates_ ? agent_certificates_->trouble() : std::string();
    };
    api::ApiParts parts{
        loop_.get_executor(), database_->api(), authenticator_, metrics_, *clock_, trouble};
    parts.node_timeout = settings_.node_timeout;
    parts.reconcile = settings_.reconcile;
    parts.gates = gates_.get();
    parts.certificates = [this] {
        std::vector<tls::CertificateReport> reports;
        if (agent_certificates_) reports.push_back(agent_certificates_->report());
        if (http_certificates_) reports.push_back(http_certificates_->report());
        return reports;
    };
    if (supervisor_) {
        parts.steered = [this] { supervisor_->nudge(); };
        parts.load = [this] {
            return api::ExecutorLoad{supervisor_->in_flight(), settings_.max_in_flight,
                                     supervisor_->dark_nodes()};
        };
    }
    if (heartbeats_) {
        parts.heartbeats = [this] { return heartbeats_->figures(); };
    }
    authenticator_.set_observer(
        [this](const tls::Request& request, int code, const std::string& actor) {
            refused_logins_.note(clock_->now(), request.peer.address, code, actor);
        });
    audit_notes_ = std::make_unique<api::AuditNotes>(
        api::AuditNotes{database_->api(), authenticator_, refused_logins_, *clock_});
    parts.front = [this] { return server_ ? server_->figures() : tls::ServerFigures(); };
    api_ = api::make_api(std::move(parts));
    tls::ServerOptions options;
    options.address = settings_.http_address;
    options.address_name = "HTTP_ADDR";
    options.contexts = http_certificates_.get();
    // The largest configuration must fit; other bodies have their own, smaller limit.
    options.limits.body_bytes_max = release::wire::dispatch_bytes_max;
    options.limits.door.per_address_max = static_cast<std::size_t>(settings_.http_max_per_address);
    options.error_body = [this](int status, const std::string& what) {
        metrics_.http_answered(status);
        return api::error_body(status, what);
    };
    auto server = tls::start_server(loop_.get_executor(), std::move(options), api_->router());
    if (!server) return tl::unexpected(std::move(server.error()));
    server_ = std::move(*server);
    return {};
}

void Service::tell_start() {
    const StoreOptions store = store_options(settings_);
    log(LogLevel::info, "started",
        {{"version", rt::program_version()},
         {"port", std::to_string(server_->port())},
         {"database", redacted(store.url)},
         {"executor", settings_.runs_releases() ? "1" : "0"},
         {"owner", name_}});
    tell_protection(store);
    if (settings_.is_executor_enabled && !settings_.is_mtls_enabled) {
        log(LogLevel::warn, "executor_off",
            {{"reason", "MTLS_ENABLED is 0 and there is no plaintext mode: no release runs here"}});
    }
    if (authenticator_.is_closed()) {
        log(LogLevel::warn, "api_closed",
            {{"reason",
              "neither API_TOKENS_FILE nor JWT_SECRET is set: every call that needs a token is "
              "refused"}});
    }
    if (const char* kept = kept_callback_token(settings_)) {
        log(LogLevel::warn, "callback_token_kept", {{"reason", kept}});
    }
}

void Service::tell_protection(const StoreOptions& store) {
    const Protection& found = database_->protection();
    if (found.server.empty()) return;  // a file
    LogFields fields{{"host", found.server}, {"tls", found.tls}};
    if (!found.cipher.empty()) {
        fields.emplace_back("version", found.version);
        fields.emplace_back("cipher", found.cipher);
    }
    log(LogLevel::info, "database_connection", fields);
    for (const std::string& host : hosts_in_clear(store)) {
        log(LogLevel::warn, "database_in_clear",
            {{"host", host},
             {"reason", "tls=off: anyone on the network path can read and change the traffic"}});
    }
}

void Service::run() {
    const auto stop = [this] {
        leave_in_time();
        rt::spawn(loop_.get_executor(), "shut_down", shut_down());
    };
    signals_ = rt::on_stop_signal(loop_.get_executor(), stop);
    rt::spawn(loop_.get_executor(), "tick", tick());
    rt::spawn(loop_.get_executor(), "audit notes", api::run_audit_notes(*audit_notes_));
    if (supervisor_) {
        supervisor_->start();
        rt::spawn(loop_.get_executor(), "callbacks",
                  run_callbacks(database_->callbacks(), *callback_sender_, *clock_, metrics_,
                                settings_.interval));
        rt::spawn(loop_.get_executor(), "reconciliation",
                  run_reconciler(database_->reconciliation(), *agents_, *clock_, metrics_,
                                 settings_.reconcile, settings_.catch_up_interval));
    }
    if (heartbeats_) heartbeats_->start();
    tell_start();
    loop_.run();
    log(LogLevel::info, "stopped", {});
}

awaitable<void> Service::tick() {
    for (int ticks = 1;; ++ticks) {
        co_await clock_->sleep_until(clock_->now() + tick_interval);
        authenticator_.refresh();
        secret_keys_.refresh();
        if (agent_certificates_) agent_certificates_->refresh();
        if (http_certificates_) http_certificates_->refresh();
        if (pool_ && ticks % ticks_a_prune == 0) {
            // A heartbeat finds the connection of the one before, if agents keep it for so long.
            const Millis idle = std::max(connection_idle_max, settings_.heartbeat * 3 / 2);
            pool_->prune(std::min(idle, connection_idle_most), connection_age_max);
        }
    }
}

awaitable<void> Service::shut_down() {
    if (heartbeats_) rt::spawn(loop_.get_executor(), "leave", heartbeats_->stop());
    if (supervisor_) co_await supervisor_->stop(claims_grace);
    co_await server_->stop(requests_grace);
    co_await api::write_audit_notes(*audit_notes_, true);
    loop_.stop();
}

}  // namespace edgeroll::control
