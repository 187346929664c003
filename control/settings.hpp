// The settings of edgeroll-control (docs/contract.md section 2): names, defaults, and consistency.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/store/open.hpp"
#include "release/result.hpp"
#include "release/time.hpp"
#include "release/wire/call_rules.hpp"
#include "tls/rt/settings.hpp"

namespace edgeroll::control {

struct Settings {
    std::string database_url, mysql_dsn;
    std::optional<bool> migrates;
    std::string http_address = "127.0.0.1:8080";
    std::string http_certificate, http_key;
    int http_max_per_address = 256;
    std::string tokens_file, jwt_secret, jwt_issuer, jwt_audience;
    int jwt_max_age_sec = 86'400;
    std::string audit_key_file, secrets_key_file;
    bool is_executor_enabled = true;
    release::Millis interval{1'000};
    int max_releases = 8;
    int max_in_flight = 256;
    release::Millis node_timeout{600'000};
    release::Millis dispatch_timeout{60'000};
    release::Millis poll_ceiling{2'000};
    release::Millis lease{15'000};
    std::string callback_token;
    release::wire::CallRules gate_rules{release::wire::CallKind::gate, {}};
    std::string gate_tokens_dir;
    release::wire::CallRules callback_rules{release::wire::CallKind::callback, {}};
    release::Millis catch_up_interval{30'000};
    release::Millis heartbeat{10'000};  ///< 0: none
    release::ReconcileRules reconcile{};
    bool is_mtls_enabled = true;
    std::string certificate, key, ca, crl, trust_domains;
    release::Millis connect_timeout{15'000};
    release::Millis request_timeout{60'000};
    rt::LooseFiles loose_files = rt::LooseFiles::refused;
    std::string log_level = "info", log_format = "text";

    /// GATE_ALLOW and GATE_TOKENS_DIR.
    [[nodiscard]] release::wire::CallRules gate_calls() const {
        release::wire::CallRules rules = gate_rules;
        rules.tokens_dir = gate_tokens_dir;
        return rules;
    }
    /// There is no plaintext mode: without mutual TLS no release is executed.
    [[nodiscard]] bool runs_releases() const { return is_executor_enabled && is_mtls_enabled; }
};

/// @param settings receives the values and must outlive the table
[[nodiscard]] std::vector<rt::Setting> settings_table(Settings& settings);

/// Reads the TOML file (empty: none) and the environment. Error: one line for the user.
[[nodiscard]] release::Result<void> read_settings(Settings& settings, const std::string& toml_path,
                                                  const std::map<std::string, std::string>& env);

/// Checks that involve several settings; for the commands that use all of them.
[[nodiscard]] release::Result<void> check_settings(const Settings& settings);

/// Why CALLBACK_TOKEN is never sent; null: it is, or there is none.
[[nodiscard]] const char* kept_callback_token(const Settings& settings);

/// DATABASE_URL, else MYSQL_DSN, else the default, with the store's other settings except the keys
/// (key_files.hpp).
[[nodiscard]] StoreOptions store_options(const Settings& settings);

/// The message of a store error, prefixed with the setting's name.
[[nodiscard]] std::string database_trouble(const Settings& settings, const release::Error& error);

}  // namespace edgeroll::control
