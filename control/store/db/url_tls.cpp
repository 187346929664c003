#include "control/store/db/url_tls.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "control/store/db/url.hpp"
#include "release/words.hpp"

namespace edgeroll::control {
namespace {

using release::fail;
using release::Result;

constexpr release::Words<TlsMode> mode_words({
    {TlsMode::off, "off"},
    {TlsMode::require, "require"},
    {TlsMode::verify, "verify"},
});

struct FileOption {
    const char* name;
    std::string DatabaseTls::*file;
};
constexpr FileOption file_options[] = {{"tls_ca", &DatabaseTls::ca},
                                       {"tls_cert", &DatabaseTls::certificate},
                                       {"tls_key", &DatabaseTls::key},
                                       {"server_public_key", &DatabaseTls::server_public_key}};

bool is_localhost(std::string_view name) {
    constexpr std::string_view localhost = "localhost";
    return std::equal(name.begin(), name.end(), localhost.begin(), localhost.end(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

bool is_this_machine(const std::string& host) {
    if (is_localhost(host)) return true;
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address(host, ec);
    if (ec) return false;
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        using boost::asio::ip::v4_mapped;
        return boost::asio::ip::make_address_v4(v4_mapped, address.to_v6()).is_loopback();
    }
    return address.is_loopback();
}

/// The first option that names a file for verifying or presenting certificates.
const char* first_certificate_option(const DatabaseTls& tls) {
    for (const FileOption& option : file_options) {
        if (option.file != &DatabaseTls::server_public_key && !(tls.*option.file).empty()) {
            return option.name;
        }
    }
    return nullptr;
}

Result<void> check_socket(const DatabaseTls& tls) {
    if (tls.mode && *tls.mode != TlsMode::off) {
        return fail("has a socket, which never leaves the machine, and asks for tls: leave it out");
    }
    const char* option = first_certificate_option(tls);
    if (option == nullptr && !tls.server_public_key.empty()) option = "server_public_key";
    if (option == nullptr) return {};
    return fail(std::string("has a socket, so ") + option + " would have no effect: leave it out");
}

}  // namespace

std::string_view to_text(TlsMode mode) {
    return mode_words.text(mode);
}

bool is_tls_option(std::string_view name) {
    return name == "tls" || std::any_of(std::begin(file_options), std::end(file_options),
                                        [&](const FileOption& one) { return name == one.name; });
}

Result<bool> take_tls_option(DatabaseTls& tls, std::string_view name, const std::string& value) {
    if (name == "tls") {
        const auto mode = mode_words.value(value);
        if (!mode) return fail("has a tls that is none of " + release::listed<TlsMode>(" and "));
        tls.mode = mode;
        return true;
    }
    for (const FileOption& option : file_options) {
        if (name != option.name) continue;
        if (value.empty()) {
            return fail(std::string("has an empty ") + option.name +
                        ": give the path of a PEM file");
        }
        tls.*option.file = value;
        return true;
    }
    return false;
}

Result<void> check_tls_options(const DatabaseUrl& url) {
    const DatabaseTls& tls = url.tls;
    if (!url.socket.empty()) return check_socket(tls);
    if (tls.certificate.empty() != tls.key.empty()) {
        return fail(tls.key.empty()
                        ? "has tls_cert without its key: give tls_key=FILE too"
                        : "has tls_key without its certificate: give tls_cert=FILE too");
    }
    if (tls.mode == TlsMode::require && !tls.ca.empty()) {
        return fail("has tls_ca, but tls=require checks no certificate: say tls=verify");
    }
    if (tls.mode == TlsMode::require && !tls.server_public_key.empty()) {
        return fail(
            "has server_public_key with tls=require, over which the password itself would be sent "
            "to whoever answers: say tls=verify");
    }
    const char* option = first_certificate_option(tls);
    const auto is_off = [&](const DatabaseHost& host) {
        return tls_mode(url, host.name) == TlsMode::off;
    };
    if (option != nullptr && std::all_of(url.hosts.begin(), url.hosts.end(), is_off)) {
        return fail(std::string("has ") + option + ", but " +
                    (tls.mode ? "tls=off: leave one of them out"
                              : "only this machine's own addresses, which are reached without TLS: "
                                "leave it out or say tls=verify"));
    }
    return {};
}

TlsMode tls_mode(const DatabaseUrl& url, const std::string& host) {
    if (!url.socket.empty()) return TlsMode::off;
    if (url.tls.mode) return *url.tls.mode;
    return is_this_machine(host) ? TlsMode::off : TlsMode::verify;
}

std::vector<std::string> hosts_in_clear(const DatabaseUrl& url) {
    std::vector<std::string> found;
    for (const DatabaseHost& host : url.hosts) {
        if (tls_mode(url, host.name) == TlsMode::off && !is_this_machine(host.name)) {
            found.push_back(host.name);
        }
    }
    return found;
}

}  // namespace edgeroll::control
