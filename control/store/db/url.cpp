#include "control/store/db/url.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>

namespace edgeroll::control {
namespace {

using release::fail;
using release::Result;

constexpr const char* url_form =
    "must be mysql://user:password@host:3306/database, "
    "mysql://user:password@localhost/database?socket=/path or sqlite:PATH";
constexpr const char* dsn_form = "must be user:password@tcp(host:3306)/database";

std::optional<int> hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return std::nullopt;
}

/// @param part name of the text, for the error
Result<std::string> percent_decoded(std::string_view text, const char* part) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        const auto high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
        const auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
        if (!high || !low) {
            return fail(std::string("has a '%' in its ") + part +
                        " that is not followed by two hexadecimal digits; write '%' itself as %25");
        }
        decoded += static_cast<char>(*high * 16 + *low);
        i += 2;
    }
    if (decoded.find('\0') != std::string::npos) {
        return fail(std::string("has a zero byte in its ") + part);
    }
    return decoded;
}

Result<int> parse_port(std::string_view text) {
    int port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port < 1 || port > 65535) {
        return fail("has a port that is not a number from 1 to 65535");
    }
    return port;
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`.
Result<DatabaseHost> parse_host(std::string_view text) {
    DatabaseHost host;
    std::string_view port;
    bool has_port = false;
    if (!text.empty() && text.front() == '[') {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) return fail("has a host with '[' but no ']'");
        host.name = text.substr(1, close - 1);
        const std::string_view rest = text.substr(close + 1);
        if (!rest.empty() && rest.front() != ':') {
            return fail("has something other than a port after ']'");
        }
        has_port = !rest.empty();
        if (has_port) port = rest.substr(1);
    } else {
        const std::size_t colon = text.find(':');
        if (colon != std::string_view::npos &&
            text.find(':', colon + 1) != std::string_view::npos) {
            return fail("has an IPv6 address without brackets: write [::1]:3306");
        }
        host.name = text.substr(0, colon);
        has_port = colon != std::string_view::npos;
        if (has_port) port = text.substr(colon + 1);
    }
    const bool is_plain = std::all_of(host.name.begin(), host.name.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '.' || c == '-' || c == '_' || c == ':';
    });
    if (host.name.empty() || !is_plain) return fail("has a host that is empty or no host name");
    if (has_port) {
        auto number = parse_port(port);
        if (!number) return tl::unexpected(number.error());
        host.port = *number;
    }
    return host;
}

Result<void> parse_hosts(std::string_view text, std::vector<DatabaseHost>& hosts) {
    for (std::size_t begin = 0;;) {
        const std::size_t comma = text.find(',', begin);
        const bool is_last = comma == std::string_view::npos;
        auto host = parse_host(text.substr(begin, is_last ? comma : comma - begin));
        if (!host) return tl::unexpected(host.error());
        hosts.push_back(std::move(*host));
        if (is_last) return {};
        begin = comma + 1;
    }
}

/// Calls `take(name, value)` for each `name=value` of a query string. A repeated name is an error,
/// since one of its values would be ignored.
template <class Take>
Result<void> each_parameter(std::string_view query, Take take) {
    std::set<std::string_view> seen;
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        const std::string_view one = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (one.empty()) continue;
        const std::size_t equals = std::min(one.find('='), one.size());
        auto value = percent_decoded(equals < one.size() ? one.substr(equals + 1) : "", "options");
        if (!value) return tl::unexpected(value.error());
        if (!seen.insert(one.substr(0, equals)).second) return fail("has an option twice");
        Result<void> taken = take(one.substr(0, equals), std::move(*value));
        if (!taken) return taken;
    }
    return {};
}

Result<DatabaseUrl> parse_sqlite(std::string_view path) {
    if (path.substr(0, 2) == "//") path.remove_prefix(2);
    if (path.empty()) return fail("must name a file: sqlite:PATH");
    if (path == ":memory:" || path.substr(0, 5) == "file:") {
        return fail("must name a plain file: sqlite:PATH (no :memory: and no file: URI)");
    }
    if (path.find('\0') != std::string_view::npos) return fail("has a zero byte in its path");
    // Otherwise the query would become part of the file name.
    const std::string_view query = path.substr(std::min(path.find('?'), path.size()));
    for (std::size_t at = 0; at < query.size(); at = std::min(query.find('&', at), query.size())) {
        const std::string_view one = query.substr(++at);
        if (is_tls_option(one.substr(0, one.find_first_of("=&")))) {
            return fail("is a file, which has no connection to protect: leave the tls options out");
        }
    }
    DatabaseUrl url;
    url.path = path;
    return url;
}

Result<DatabaseUrl> parse_mysql(std::string_view rest) {
    DatabaseUrl url;
    url.backend = Backend::mysql;
    // The last '@' before the path: a password may contain an unencoded '@' by mistake, and half a
    // password must not be sent to a host's name look-up.
    const std::size_t authority_end = rest.find_last_of('@');
    if (authority_end == std::string_view::npos) return fail(url_form);
    const std::string_view credentials = rest.substr(0, authority_end);
    rest.remove_prefix(authority_end + 1);

    const std::size_t colon = credentials.find(':');
    auto user = percent_decoded(credentials.substr(0, colon), "user");
    if (!user) return tl::unexpected(user.error());
    url.user = std::move(*user);
    if (url.user.empty()) return fail("must name a user: mysql://user:password@host/database");
    if (colon != std::string_view::npos) {
        auto password = percent_decoded(credentials.substr(colon + 1), "password");
        if (!password) return tl::unexpected(password.error());
        url.password = std::move(*password);
    }

    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos)
        return fail("must name a database after the host: …/database");
    const std::string_view hosts = rest.substr(0, slash);
    std::string_view tail = rest.substr(slash + 1);
    const std::size_t question = tail.find('?');
    auto database = percent_decoded(tail.substr(0, question), "database name");
    if (!database) return tl::unexpected(database.error());
    url.database = std::move(*database);
    if (url.database.empty()) return fail("must name a database after the host: …/database");

    if (question != std::string_view::npos) {
        auto read = each_parameter(
            tail.substr(question + 1),
            [&](std::string_view name, std::string value) -> Result<void> {
                const auto is_taken = take_tls_option(url.tls, name, value);
                if (!is_taken) return tl::unexpected(is_taken.error());
                if (*is_taken) return {};
                if (name != "socket") {
                    return fail(
                        "has an option that is not known; there are socket, tls, tls_ca, tls_cert, "
                        "tls_key and server_public_key");
                }
                if (value.empty() || value.front() != '/') {
                    return fail("has a socket that is not an absolute path");
                }
                url.socket = std::move(value);
                return {};
            });
        if (!read) return tl::unexpected(read.error());
    }
    if (!url.socket.empty()) {
        if (hosts != "localhost" && !hosts.empty()) {
            return fail("has a socket, so its host must be localhost");
        }
    } else if (auto parsed = parse_hosts(hosts, url.hosts); !parsed) {
        return tl::unexpected(parsed.error());
    }
    if (auto fits = check_tls_options(url); !fits) return tl::unexpected(fits.error());
    return url;
}

bool is_harmless_go_option(std::string_view name) {
    constexpr std::array names{"allowAllFiles",
                               "allowCleartextPasswords",
                               "allowFallbackToPlaintext",
                               "allowNativePasswords",
                               "allowOldPasswords",
                               "charset",
                               "checkConnLiveness",
                               "clientFoundRows",
                               "collation",
                               "columnsWithAlias",
                               "connectionAttributes",
                               "interpolateParams",
                               "loc",
                               "maxAllowedPacket",
                               "multiStatements",
                               "parseTime",
                               "readTimeout",
                               "rejectReadOnly",
                               "time_zone",
                               "timeout",
                               "timeTruncate",
                               "writeTimeout"};
    return std::any_of(names.begin(), names.end(),
                       [&](const char* known) { return name == known; });
}

Result<void> take_go_option(DatabaseUrl& url, std::string_view name, const std::string& value) {
    if (is_harmless_go_option(name)) return {};
    if (name == "tls") {
        if (value == "preferred") return {};
        if (value == "false") url.tls.mode = TlsMode::off;
        if (value == "true") url.tls.mode = TlsMode::verify;
        if (value == "skip-verify") url.tls.mode = TlsMode::require;
        if (url.tls.mode) return {};
        return fail("has a tls that is none of true, false, skip-verify and preferred");
    }
    const auto is_taken = take_tls_option(url.tls, name, value);
    if (!is_taken) return tl::unexpected(is_taken.error());
    if (!*is_taken) return fail("has an option that is not known");
    return {};
}

}  // namespace

Result<DatabaseUrl> parse_database_url(std::string_view text) {
    constexpr std::string_view sqlite = "sqlite:", mysql = "mysql://", mariadb = "mariadb://";
    if (text.substr(0, sqlite.size()) == sqlite) return parse_sqlite(text.substr(sqlite.size()));
    if (text.substr(0, mysql.size()) == mysql) return parse_mysql(text.substr(mysql.size()));
    if (text.substr(0, mariadb.size()) == mariadb) return parse_mysql(text.substr(mariadb.size()));
    return fail(url_form);
}

Result<DatabaseUrl> parse_mysql_dsn(std::string_view text) {
    DatabaseUrl url;
    url.backend = Backend::mysql;
    // An address ends with ')'; a password and a file among the options may contain a '/' too.
    const std::size_t close = text.rfind(")/");
    if (close == std::string_view::npos) return fail(dsn_form);
    const std::size_t slash = close + 1;
    const std::size_t at = text.substr(0, slash).rfind('@');
    if (at == std::string_view::npos) return fail(dsn_form);
    const std::string_view credentials = text.substr(0, at);
    const std::string_view address = text.substr(at + 1, slash - at - 1);
    const std::string_view tail = text.substr(slash + 1);

    const std::size_t colon = credentials.find(':');
    url.user = credentials.substr(0, colon);
    if (colon != std::string_view::npos) url.password = credentials.substr(colon + 1);
    if (url.user.empty()) return fail(dsn_form);

    const std::size_t open = address.find('(');
    if (open == std::string_view::npos || address.back() != ')') return fail(dsn_form);
    const std::string_view protocol = address.substr(0, open);
    const std::string_view inner = address.substr(open + 1, address.size() - open - 2);
    if (protocol == "unix") {
        if (inner.empty() || inner.front() != '/') return fail("has a socket that is not absolute");
        url.socket = inner;
    } else if (protocol == "tcp") {
        auto host = parse_host(inner);
        if (!host) return tl::unexpected(host.error());
        url.hosts.push_back(std::move(*host));
    } else {
        return fail(dsn_form);
    }

    const std::size_t question = tail.find('?');
    auto database = percent_decoded(tail.substr(0, question), "database name");
    if (!database) return tl::unexpected(database.error());
    url.database = std::move(*database);
    if (url.database.empty()) return fail(dsn_form);
    if (question != std::string_view::npos) {
        auto read = each_parameter(tail.substr(question + 1),
                                   [&](std::string_view name, const std::string& value) {
                                       return take_go_option(url, name, value);
                                   });
        if (!read) return tl::unexpected(read.error());
    }
    if (auto fits = check_tls_options(url); !fits) return tl::unexpected(fits.error());
    return url;
}

std::string describe(const DatabaseUrl& url) {
    if (url.backend == Backend::sqlite) return "sqlite:" + url.path;
    std::string text = "mysql://" + url.user + "@";
    if (!url.socket.empty()) return text + "localhost/" + url.database + "?socket=" + url.socket;
    for (std::size_t i = 0; i < url.hosts.size(); ++i) {
        const DatabaseHost& host = url.hosts[i];
        const bool is_v6 = host.name.find(':') != std::string::npos;
        if (i > 0) text += ',';
        text += (is_v6 ? "[" + host.name + "]" : host.name) + ":" + std::to_string(host.port);
    }
    return text + "/" + url.database;
}

}  // namespace edgeroll::control
