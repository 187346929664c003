// How connections to a database are protected: the options of DATABASE_URL and MYSQL_DSN that say
// so.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "release/result.hpp"

namespace edgeroll::control {

struct DatabaseUrl;

/// `require`: encrypted, but to whoever answers.
enum class TlsMode { off, require, verify };

[[nodiscard]] std::string_view to_text(TlsMode mode);

struct DatabaseTls {
    std::optional<TlsMode> mode;       ///< as the setting says; absent: by the host
    std::string ca, certificate, key;  ///< PEM files; empty: none
    /// PEM file: with it a password may be sent encrypted for that very server. Empty: none.
    std::string server_public_key;
    /// Where this machine keeps the authorities that it trusts; used where `ca` is empty. No part
    /// of the setting's text: filled in by control/store/setting.hpp.
    std::string system_ca_file, system_ca_folder;
};

/// Takes `tls`, `tls_ca`, `tls_cert`, `tls_key` and `server_public_key`. False: another option.
/// Errors follow the setting's name in words and name the option.
[[nodiscard]] release::Result<bool> take_tls_option(DatabaseTls& tls, std::string_view name,
                                                    const std::string& value);
/// Is it one of those?
[[nodiscard]] bool is_tls_option(std::string_view name);

/// What contradicts itself, or would have no effect: a wish for safety is never overlooked.
[[nodiscard]] release::Result<void> check_tls_options(const DatabaseUrl& url);

/// How the host is reached: as the setting says, else `off` for this machine's own names and
/// addresses (`localhost`, literal loopback addresses) and `verify` for all others.
[[nodiscard]] TlsMode tls_mode(const DatabaseUrl& url, const std::string& host);

/// Hosts of other machines that are reached in clear because the setting says `tls=off`.
[[nodiscard]] std::vector<std::string> hosts_in_clear(const DatabaseUrl& url);

}  // namespace edgeroll::control
