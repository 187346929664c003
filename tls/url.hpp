// Parses URLs, query strings and listen addresses.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "release/result.hpp"

namespace edgeroll::tls {

/// Decodes `a=1&b=two%20words` (`+` is a space). Error: a broken percent sequence, or a repeated
/// parameter, which is named.
[[nodiscard]] release::Result<std::map<std::string, std::string>> parse_query(
    std::string_view query);

struct Url {
    bool is_https = false;
    std::string host;  ///< without the brackets of an IPv6 address
    int port = 80;
    std::string target = "/";  ///< path and query, as given
};

/// `http://host[:port][/path][?query]` or https. Refused: user names, fragments, invalid hosts, and
/// addresses with a zone (`[fe80::1%eth0]`), which no certificate can name. Error: one line with
/// the fault.
[[nodiscard]] release::Result<Url> parse_url(std::string_view text);

struct ListenAddress {
    std::string host;  ///< empty: every address
    int port = 0;
};

/// `host:port`, `:port` (every address) or `[::1]:port`.
[[nodiscard]] release::Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace edgeroll::tls
