#include "control/settings.hpp"

#include <utility>

#include "tls/spiffe_id.hpp"

namespace edgeroll::control {
namespace {

using release::Millis;
using rt::Setting;

constexpr const char* default_database_url = "sqlite:edgeroll.db";

/// MIGRATE is on, off, or unset: then the kind of the database decides.
Setting migrate_setting(std::optional<bool>& target) {
    Setting setting;
    setting.name = "MIGRATE";
    setting.default_text = "1 for sqlite, 0 for mysql";
    setting.help = "bring the schema up to date at start; with 0 an old schema refuses to start";
    setting.parse = [&target](std::string_view text) -> std::optional<std::string> {
        if (text != "0" && text != "1") return "must be 1 (on) or 0 (off)";
        target = text == "1";
        return std::nullopt;
    };
    return setting;
}

Setting call_rules_setting(const char* name, release::wire::CallRules& target, std::string help) {
    Setting setting;
    setting.name = name;
    setting.help = std::move(help);
    setting.parse = [&target](std::string_view text) -> std::optional<std::string> {
        auto rules = release::wire::parse_call_rules(target.kind, text);
        if (!rules) return rules.error().message;
        target = std::move(*rules);
        return std::nullopt;
    };
    return setting;
}

void add_database(std::vector<Setting>& table, Settings& s) {
    // Both may contain a password, in front of an @.
    const auto has_password = [](std::string_view text) { return text.find('@') != text.npos; };
    table.push_back(rt::secret_setting(
        "DATABASE_URL", s.database_url,
        "mysql://user:pass@host[:3306][,host2]/db, "
        "mysql://user:pass@localhost/db?socket=/path or sqlite:PATH; default sqlite:edgeroll.db. "
        "Options: tls=off|require|verify (default: verify for other machines), tls_ca=, tls_cert=, "
        "tls_key=, server_public_key="));
    table.back().holds_secret = has_password;
    table.push_back(
        rt::secret_setting("MYSQL_DSN", s.mysql_dsn,
                           "user:pass@tcp(host:3306)/db, used when DATABASE_URL is not set"));
    table.back().holds_secret = has_password;
    table.push_back(migrate_setting(s.migrates));
}

void add_api(std::vector<Setting>& table, Settings& s) {
    table.push_back(rt::text_setting("HTTP_ADDR", s.http_address,
                                     "API and metrics; ':8080' means every address"));
    table.push_back(rt::text_setting("HTTP_CERT", s.http_certificate,
                                     "PEM certificate: serve the API over TLS"));
    table.push_back(rt::text_setting("HTTP_KEY", s.http_key, "PEM key of HTTP_CERT"));
    table.push_back(rt::number_setting(
        "HTTP_MAX_PER_ADDRESS", s.http_max_per_address, 0, 10'000,
        "connections of one address to the API at once; 0: no limit, for a proxy in front"));
    table.push_back(rt::text_setting(
        "API_TOKENS_FILE", s.tokens_file,
        "API tokens, a line each: name:role:sha256-hex-of-token; read again when it changes"));
    table.push_back(
        rt::secret_setting("JWT_SECRET", s.jwt_secret, "also accept HS256 JWTs (secret)"));
    table.push_back(rt::text_setting("JWT_ISSUER", s.jwt_issuer, "issuer of those JWTs"));
    table.push_back(rt::text_setting("JWT_AUDIENCE", s.jwt_audience,
                                     "required 'aud' of those JWTs; not checked when empty"));
    table.push_back(rt::number_setting("JWT_MAX_AGE_SEC", s.jwt_max_age_sec, 60, 31'536'000,
                                       "how far in the future their 'exp' may be"));
    table.push_back(rt::text_setting(
        "AUDIT_KEY_FILE", s.audit_key_file,
        "keys of the audit log, a line each: the first one signs, the others are only known"));
    table.push_back(rt::text_setting(
        "SECRETS_KEY_FILE", s.secrets_key_file,
        "keys of secret files, 64 hex digits a line: the first one seals, the others only open; "
        "read again when it changes"));
}

/// 0, or long enough that questions do not overtake one another.
Setting heartbeat_setting(Millis& target) {
    Setting setting = rt::seconds_setting(
        "NODE_HEARTBEAT_SEC", target, Millis{0},
        "how often each enabled node is asked what it has; 0 asks none, and marks none offline");
    setting.parse = [&target,
                     parse = setting.parse](std::string_view text) -> std::optional<std::string> {
        if (auto trouble = parse(text)) return trouble;
        if (target == Millis{0} || target >= Millis{100}) return std::nullopt;
        return "'" + std::string(text) + "' is too short; give 0, or at least 0.1 seconds";
    };
    return setting;
}

Setting reconcile_setting(release::ReconcileMode& target) {
    Setting setting;
    setting.name = "RECONCILE";
    setting.default_text = to_text(target);
    setting.help =
        "which nodes get the content that they lack by themselves: off, new (were away, new, or "
        "empty), all (also those on which somebody changed something)";
    setting.parse = [&target](std::string_view text) -> std::optional<std::string> {
        const auto mode = release::from_text<release::ReconcileMode>(text);
        if (!mode) return "'" + std::string(text) + "' is not known; give off, new or all";
        target = *mode;
        return std::nullopt;
    };
    return setting;
}

void add_executor(std::vector<Setting>& table, Settings& s) {
    constexpr Millis tick{1};
    table.push_back(rt::flag_setting("RELEASE_EXECUTOR_ENABLED", s.is_executor_enabled,
                                     "run releases here; 0 serves the API only"));
    table.push_back(rt::seconds_setting("RELEASE_EXECUTOR_INTERVAL_SEC", s.interval, Millis{10},
                                        "how often to look for releases"));
    table.push_back(rt::number_setting("RELEASE_EXECUTOR_MAX_RELEASES", s.max_releases, 1, 1'000,
                                       "releases run at once by this process"));
    table.push_back(rt::number_setting("RELEASE_EXECUTOR_MAX_IN_FLIGHT", s.max_in_flight, 1, 10'000,
                                       "requests open to agents at once"));
    table.push_back(rt::seconds_setting("RELEASE_NODE_TIMEOUT_SEC", s.node_timeout, tick,
                                        "from dispatch until the node must have finished"));
    table.push_back(rt::seconds_setting(
        "RELEASE_DISPATCH_TIMEOUT_SEC", s.dispatch_timeout, tick,
        "how long a node may stay unreachable before its dispatch is given up"));
    table.push_back(rt::seconds_setting("RELEASE_POLL_INTERVAL_SEC", s.poll_ceiling, Millis{10},
                                        "ceiling of the poll interval"));
    table.push_back(rt::seconds_setting("RELEASE_LEASE_SEC", s.lease, Millis{500},
                                        "how long a claim lasts without renewal"));
    table.push_back(
        rt::seconds_setting("RELEASE_CATCH_UP_INTERVAL_SEC", s.catch_up_interval, Millis{10},
                            "how often to look for nodes that lack what they are owed"));
    table.push_back(reconcile_setting(s.reconcile.mode));
    table.push_back(rt::number_setting("RECONCILE_MAX", s.reconcile.max, 1, 1'000,
                                       "nodes served at once, by all processes together"));
    table.push_back(rt::number_setting("RECONCILE_PER_MINUTE", s.reconcile.per_minute, 1, 100'000,
                                       "nodes taken up within any minute, by all processes"));
    table.push_back(heartbeat_setting(s.heartbeat));
    table.push_back(rt::secret_setting(
        "CALLBACK_TOKEN", s.callback_token,
        "signs the calls to the callback_url of finished releases, and goes as bearer token to the "
        "hosts that CALLBACK_ALLOW names (secret)"));
    table.push_back(call_rules_setting(
        "GATE_ALLOW", s.gate_rules,
        "what gates may call: hosts, *.suffix, networks, comma-separated, each with :port "
        "where wanted; by default everything but loopback, link-local and the like"));
    table.push_back(rt::text_setting(
        "GATE_TOKENS_DIR", s.gate_tokens_dir,
        "folder of the token files that a prometheus gate may name; none when empty"));
    table.push_back(call_rules_setting(
        "CALLBACK_ALLOW", s.callback_rules,
        "the same for callback_url; by default also loopback, where the URL says so"));
}

void add_agents(std::vector<Setting>& table, Settings& s) {
    constexpr Millis tick{1};
    table.push_back(rt::flag_setting("MTLS_ENABLED", s.is_mtls_enabled,
                                     "0 runs no releases: there is no plaintext mode"));
    table.push_back(
        rt::text_setting("CONTROL_CERT", s.certificate, "PEM client certificate, shown to agents"));
    table.push_back(rt::text_setting("CONTROL_KEY", s.key, "PEM key of CONTROL_CERT"));
    table.push_back(
        rt::text_setting("CONTROL_CA", s.ca, "PEM bundle that agents' certificates must chain to"));
    table.push_back(
        rt::text_setting("CONTROL_CRL", s.crl, "PEM revocation lists; none when empty"));
    table.push_back(rt::text_setting(
        "TRUST_DOMAIN", s.trust_domains,
        "trust domains of agents' spiffe:// names, separated by commas; any when empty"));
    table.push_back(rt::seconds_setting("AGENT_CONNECT_TIMEOUT_SEC", s.connect_timeout, tick,
                                        "connect to an agent, TCP and TLS together"));
    table.push_back(rt::seconds_setting("AGENT_REQUEST_TIMEOUT_SEC", s.request_timeout, tick,
                                        "one request to an agent"));
}

}  // namespace

std::vector<Setting> settings_table(Settings& settings) {
    std::vector<Setting> table;
    add_database(table, settings);
    add_api(table, settings);
    add_executor(table, settings);
    add_agents(table, settings);
    table.push_back(rt::loose_files_setting(settings.loose_files));
    table.push_back(rt::log_level_setting(settings.log_level));
    table.push_back(rt::choice_setting("LOG_FORMAT", settings.log_format, {"text", "json"},
                                       "text, or json for an object a line"));
    return table;
}

release::Result<void> read_settings(Settings& settings, const std::string& toml_path,
                                    const std::map<std::string, std::string>& env) {
    return rt::load_settings(settings_table(settings), toml_path, env);
}

release::Result<void> check_settings(const Settings& settings) {
    const auto needs = [](const char* name, const char* other) {
        return release::fail(std::string(name) + " is missing: " + other);
    };
    if (settings.http_certificate.empty() != settings.http_key.empty()) {
        return settings.http_key.empty()
                   ? needs("HTTP_KEY", "HTTP_CERT is set and needs its key")
                   : needs("HTTP_CERT", "HTTP_KEY is set and needs its certificate");
    }
    if (settings.jwt_secret.empty() != settings.jwt_issuer.empty()) {
        return settings.jwt_issuer.empty()
                   ? needs("JWT_ISSUER",
                           "JWT_SECRET is set; name the issuer whose JWTs are accepted")
                   : needs("JWT_SECRET", "JWT_ISSUER is set; give the secret of its JWTs");
    }
    constexpr std::size_t secret_bytes_min = 32;  // RFC 7518, section 3.2
    if (!settings.jwt_secret.empty() && settings.jwt_secret.size() < secret_bytes_min) {
        return release::fail(
            "JWT_SECRET: has " + std::to_string(settings.jwt_secret.size()) +
            " bytes, and HS256 needs 32 at least; make one with: openssl rand -hex 32");
    }
    if (auto domains = tls::parse_trust_domains(settings.trust_domains); !domains) {
        return release::fail("TRUST_DOMAIN: " + domains.error().message);
    }
    if (!settings.runs_releases()) return {};
    constexpr const char* cure =
        "the executor needs it (or set RELEASE_EXECUTOR_ENABLED=0 to serve the API only)";
    if (settings.certificate.empty()) return needs("CONTROL_CERT", cure);
    if (settings.key.empty()) return needs("CONTROL_KEY", cure);
    if (settings.ca.empty()) return needs("CONTROL_CA", cure);
    return {};
}

const char* kept_callback_token(const Settings& settings) {
    if (settings.callback_token.empty() || release::wire::names_a_host(settings.callback_rules)) {
        return nullptr;
    }
    return "CALLBACK_TOKEN is never sent: it goes only to hosts that CALLBACK_ALLOW names "
           "exactly (calls are still signed with it)";
}

StoreOptions store_options(const Settings& settings) {
    StoreOptions options;
    options.url = settings.database_url;
    if (options.url.empty() && !settings.mysql_dsn.empty()) {
        options.url = settings.mysql_dsn;
        options.is_dsn = true;
    }
    if (options.url.empty()) options.url = default_database_url;
    options.migrates = settings.migrates;
    options.lease = settings.lease;
    options.gate_rules = settings.gate_calls();
    options.loose_files = settings.loose_files;
    return options;
}

std::string database_trouble(const Settings& settings, const release::Error& error) {
    const std::string name = store_options(settings).is_dsn ? "MYSQL_DSN" : "DATABASE_URL";
    // Errors about the setting's text name it already.
    return error.message.rfind(name, 0) == 0 ? error.message : name + ": " + error.message;
}

}  // namespace edgeroll::control
