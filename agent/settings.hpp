// The agent's settings (docs/contract.md section 2).
#pragma once

#include <string>
#include <vector>

#include "agent/executor.hpp"
#include "release/result.hpp"
#include "tls/context_store.hpp"
#include "tls/peer.hpp"
#include "tls/rt/settings.hpp"

namespace edgeroll::agent {

struct Settings {
    std::string address = "0.0.0.0:8443";
    std::string certificate, key, ca, crl;
    std::string allowed_clients = "uri:spiffe://*/edgeroll/control";
    int max_per_address = 256;
    std::string root = "/var/lib/edgeroll-agent";
    ExecutorSettings executor;
    std::string secret_group;  ///< by name; checked by check_settings
    rt::LooseFiles loose_files = rt::LooseFiles::refused;
    std::string log_level = "info", log_format = "text";
};

/// The table binds `settings`, which must outlive it.
[[nodiscard]] std::vector<rt::Setting> settings_table(Settings& settings);

/// Checks beyond single values: required settings, and rules that need several values or the disk.
/// Error: one line that names the setting and the cure.
[[nodiscard]] Result<void> check_settings(const Settings& settings);

[[nodiscard]] tls::TlsFiles tls_files(const Settings& settings);
/// The patterns of AGENT_ALLOWED_CLIENTS.
[[nodiscard]] Result<std::vector<tls::IdentityPattern>> allowed_clients(const Settings& settings);

}  // namespace edgeroll::agent
