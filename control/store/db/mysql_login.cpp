#include "control/store/db/mysql_login.hpp"

#include <cppconn/exception.h>
#include <cppconn/resultset.h>
#include <cppconn/statement.h>
#include <dlfcn.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

#include "control/store/db/error.hpp"
#include "control/store/db/server_words.hpp"

namespace edgeroll::control {
namespace {

constexpr int access_denied = 1045, access_denied_without_password = 1698;
constexpr int secure_transport_required = 3159;
constexpr int tls_trouble = 2026, plugin_not_loaded = 2059, plugin_not_allowed = 5010;

constexpr const char* native = "mysql_native_password";
// The library searches this text for a plug-in's name: no allowed name may contain another name.
constexpr const char* with_sha2 = "mysql_native_password,caching_sha2_password,sha256_password";

DbFailure refused(const std::string& why) {
    DbFailure failure(why, release::Outcome::not_done);
    failure.breaks_connection = true;
    failure.is_before_work = true;
    return failure;
}

std::string limits_file(bool may_use_sha2) {
    return std::string("[client]\nrestricted-auth=") + (may_use_sha2 ? with_sha2 : native) + "\n";
}

std::string file_text(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    // Without the file the library would accept any key that it is offered.
    if (!stream.is_open() || text.empty()) {
        throw refused("cannot read server_public_key (" + path + ")");
    }
    return text;
}

bool begins_with(const std::string& text, const char* begin) {
    return text.rfind(begin, 0) == 0;
}

/// The library's certificate error in plain words.
std::string certificate_fault(const std::string& text) {
    constexpr const char* prefix = "TLS/SSL error: ";
    std::string fault = begins_with(text, prefix) ? text.substr(std::strlen(prefix)) : text;
    if (begins_with(fault, "SSL is required, but")) return "it offers no TLS";
    if (begins_with(fault, "Validation of SSL server")) return "its certificate has another name";
    return fault;
}

std::string unproven(const LoginTarget& target, const std::string& fault) {
    return target.shown + " does not prove who it is (" + fault +
           "): give it a certificate for this name, and its authority with ?tls_ca=FILE unless "
           "this "
           "machine trusts it anyway; or accept that password proofs and data travel in clear, "
           "with "
           "?tls=off";
}

std::string wants_too_much(const LoginTarget& target, const DatabaseTls& tls) {
    if (may_use_sha2(target, tls)) {
        return target.shown +
               " asks for the password in a way that is not allowed: its account must use "
               "mysql_native_password, caching_sha2_password or sha256_password";
    }
    return target.shown +
           " asks for the password in a way that would give it to whoever listens or answers: "
           "reach "
           "it with ?tls=verify or through its socket, or name its key with "
           "?server_public_key=FILE, "
           "or give its account mysql_native_password";
}

/// The server's message says no more than that, even where it demands TLS.
std::string access_advice(const LoginTarget& target, const DatabaseTls& tls) {
    std::string first = "; check user, password and the user's rights";
    if (target.is_socket) return first;
    if (target.mode == TlsMode::off) {
        return first + "; if the account or the server demands TLS, say ?tls=verify";
    }
    if (!tls.certificate.empty()) return first;
    return first +
           "; if the account demands a client certificate, give ?tls_cert=FILE&tls_key=FILE";
}

std::string advice(int number, const LoginTarget& target, const DatabaseTls& tls) {
    switch (number) {
        case access_denied:
        case access_denied_without_password:
            return access_advice(target, tls);
        case secure_transport_required:
            return "; say ?tls=verify";
        case 1044:
            return "; check user, password and the user's rights";
        case 1049:
            return "; create the database first";
        case 2002:
        case 2003:
        case 2005:
            return "; check that the server runs and is reachable";
        default:
            return "";
    }
}

}  // namespace

bool may_use_sha2(const LoginTarget& target, const DatabaseTls& tls) {
    // Not over `require`: there the password itself would go to an unauthenticated server.
    if (target.is_socket || target.mode == TlsMode::verify) return true;
    return target.mode == TlsMode::off && !tls.server_public_key.empty();
}

std::string library_complaint() {
    using Text = const char* (*)();
    const auto version = reinterpret_cast<Text>(::dlsym(RTLD_DEFAULT, "mysql_get_client_info"));
    const bool is_mariadb = ::dlsym(RTLD_DEFAULT, "mariadb_get_infov") != nullptr;
    const std::string found = version == nullptr ? "unknown" : version();
    char* rest = nullptr;
    const long major = std::strtol(found.c_str(), &rest, 10);
    const long minor = *rest == '.' ? std::strtol(rest + 1, nullptr, 10) : 0;
    if (is_mariadb && (major > 3 || (major == 3 && minor >= 3))) return {};
    return "the client library (" + found +
           ") cannot keep the password from a wrong server: install libmariadb3 3.3 or later";
}

LoginLimits::LoginLimits(const LoginTarget& target, const DatabaseTls& tls)
    : target_(target),
      tls_(tls),
      may_use_sha2_(may_use_sha2(target, tls)),
      allowed_(limits_file(may_use_sha2_)) {
    static const std::string complaint = library_complaint();
    if (!complaint.empty()) throw refused(complaint);
    if (target.mode == TlsMode::off && !target.is_socket && !tls.server_public_key.empty()) {
        server_public_key_.emplace(file_text(tls.server_public_key));
    }
}

void LoginLimits::add_to(sql::ConnectOptionsMap& options) const {
    options["OPT_LOCAL_INFILE"] = 0;
    options["readDefaultFile"] = sql::SQLString(allowed_.path());
    // A server's greeting names a plug-in before the account is known; the request for another
    // plug-in follows. Without this, a MySQL server would be refused for valid accounts.
    options["defaultAuth"] = sql::SQLString(native);
    // The library loads a plug-in before it checks whether the plug-in is allowed.
    if (!may_use_sha2_) options["pluginDir"] = sql::SQLString("/dev/null");
    if (server_public_key_) options["rsaKey"] = sql::SQLString(server_public_key_->path());
    options["sslVerify"] = target_.mode == TlsMode::verify;
    if (target_.mode == TlsMode::off) return;
    options["sslEnforce"] = true;
    options["OPT_TLS_VERSION"] = sql::SQLString("TLSv1.2,TLSv1.3");
    if (!tls_.certificate.empty()) {
        options["sslCert"] = sql::SQLString(tls_.certificate);
        options["sslKey"] = sql::SQLString(tls_.key);
    }
    if (target_.mode == TlsMode::require) return;
    if (!tls_.ca.empty()) {
        options["sslCA"] = sql::SQLString(tls_.ca);
        return;
    }
    // Set explicitly: otherwise the library also accepts a certificate of an unknown authority from
    // a server that knows the password.
    if (!tls_.system_ca_file.empty()) options["sslCA"] = sql::SQLString(tls_.system_ca_file);
    if (!tls_.system_ca_folder.empty()) {
        options["sslCAPath"] = sql::SQLString(tls_.system_ca_folder);
    }
}

Protection protection_of(sql::Connection& session, const LoginTarget& target) {
    Protection found;
    found.server = target.shown;
    found.tls = to_text(target.mode);
    const std::unique_ptr<sql::Statement> statement(session.createStatement());
    const std::unique_ptr<sql::ResultSet> rows(statement->executeQuery(
        "SHOW SESSION STATUS WHERE Variable_name IN ('Ssl_version', 'Ssl_cipher')"));
    while (rows->next()) {
        const std::string name = rows->getString(1).asStdString();
        (name == "Ssl_cipher" ? found.cipher : found.version) = rows->getString(2).asStdString();
    }
    if (target.mode == TlsMode::require && found.cipher.empty()) {
        throw sql::SQLException("it offers no TLS", "HY000", tls_trouble);
    }
    return found;
}

std::string login_trouble(int number, const std::string& text, const LoginTarget& target,
                          const DatabaseTls& tls) {
    // Here the library names another plug-in than the requested one.
    if (number == plugin_not_allowed || number == plugin_not_loaded) {
        return wants_too_much(target, tls);
    }
    const std::string words = server_words(number, text);
    if (number == tls_trouble && target.mode == TlsMode::verify) {
        return unproven(target, certificate_fault(words));
    }
    if (number == tls_trouble && target.mode == TlsMode::require) {
        return target.shown + " has no TLS session (" + certificate_fault(words) +
               "), which ?tls=require asks for";
    }
    return words + advice(number, target, tls);
}

}  // namespace edgeroll::control
