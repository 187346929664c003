// Protection of connections to a database: the TLS options of DATABASE_URL and MYSQL_DSN.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "release/result.hpp"

namespace edgeroll::control {

struct DatabaseUrl;

/// `require`: encrypted, but the server is not authenticated.
enum class TlsMode { off, require, verify };

[[nodiscard]] std::string_view to_text(TlsMode mode);

struct DatabaseTls {
    std::optional<TlsMode> mode;       ///< from the setting; absent: decided by the host
    std::string ca, certificate, key;  ///< PEM files; empty: none
    /// PEM file: allows sending a password encrypted for this server. Empty: none.
    std::string server_public_key;
    /// Where this machine keeps its trusted authorities; used where `ca` is empty. Not part of the
    /// setting's text: filled in by control/store/setting.hpp.
    std::string system_ca_file, system_ca_folder;
};

/// Takes `tls`, `tls_ca`, `tls_cert`, `tls_key` and `server_public_key`. False: another option. The
/// text of an error follows the setting's name and names the option.
[[nodiscard]] release::Result<bool> take_tls_option(DatabaseTls& tls, std::string_view name,
                                                    const std::string& value);
/// Whether the name is one of these options.
[[nodiscard]] bool is_tls_option(std::string_view name);

/// Refuses contradictory options and options without effect: a request for protection is never
/// ignored.
[[nodiscard]] release::Result<void> check_tls_options(const DatabaseUrl& url);

/// The TLS mode for the host: from the setting, else `off` for this machine's own names and
/// addresses (`localhost`, literal loopback addresses) and `verify` for all others.
[[nodiscard]] TlsMode tls_mode(const DatabaseUrl& url, const std::string& host);

/// Hosts of other machines that are reached unencrypted because the setting says `tls=off`.
[[nodiscard]] std::vector<std::string> hosts_in_clear(const DatabaseUrl& url);

}  // namespace edgeroll::control
