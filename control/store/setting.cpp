#include "control/store/setting.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>

#include "control/store/db/sqlite_connection.hpp"
#include "tls/client_files.hpp"

namespace edgeroll::control {
namespace {

using release::fail;
using release::Result;

Result<void> check_files(const DatabaseTls& tls, rt::LooseFiles loose) {
    if (!tls.ca.empty()) {
        if (auto done = tls::check_authorities({"tls_ca", tls.ca}); !done) return done;
    }
    if (!tls.certificate.empty()) {
        auto done = tls::check_pair({"tls_cert", tls.certificate}, {"tls_key", tls.key}, loose);
        if (!done) return done;
    }
    if (tls.server_public_key.empty()) return {};
    return tls::check_rsa_public_key({"server_public_key", tls.server_public_key});
}

/// The first host to be verified by the machine's own authorities; empty: none.
std::string needs_system_authorities(const DatabaseUrl& url) {
    if (!url.tls.ca.empty()) return {};
    for (const DatabaseHost& host : url.hosts) {
        if (tls_mode(url, host.name) == TlsMode::verify) return host.name;
    }
    return {};
}

}  // namespace

Result<DatabaseUrl> read_database_setting(const StoreOptions& options) {
    auto url = options.is_dsn ? parse_mysql_dsn(options.url) : parse_database_url(options.url);
    const std::string name = options.is_dsn ? "MYSQL_DSN" : "DATABASE_URL";
    if (!url) return fail(name + " " + url.error().message);
    if (auto done = check_files(url->tls, options.loose_files); !done)
        return fail(name + ": " + done.error().message);
    const tls::SystemAuthorities system = tls::system_authorities();
    url->tls.system_ca_file = system.file;
    url->tls.system_ca_folder = system.folder;
    const std::string host = needs_system_authorities(*url);
    if (!host.empty() && system.file.empty() && system.folder.empty()) {
        return fail(name + ": this machine trusts no certificate authority, so " + host +
                    " cannot prove who it is: install ca-certificates, or name its authority with "
                    "?tls_ca=FILE, or say ?tls=off");
    }
    return url;
}

Connector connector_for(const DatabaseUrl& url, SessionUse use) {
    if (url.backend == Backend::mysql) {
        load_mysql_driver();
        return [url, use] { return connect_mysql(url, use); };
    }
    return [path = url.path, gate = std::make_shared<std::mutex>()] {
        return connect_sqlite(path, gate);
    };
}

}  // namespace edgeroll::control
