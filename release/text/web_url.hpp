// URLs that people configure for edgeroll to call: gates and callbacks.
#pragma once

#include <string>
#include <string_view>

#include "release/result.hpp"

namespace edgeroll::release {

inline constexpr std::size_t web_url_bytes_max = 2048;

struct WebUrl {
    bool is_https = false;
    std::string host;  ///< without the brackets of an IPv6 address
    int port = 0;      ///< 80 or 443 if none is given
};

/// `http://host[:port][/path][?query]` or https, visible ASCII, at most web_url_bytes_max bytes.
/// Refused: user names and passwords (they would be shown and logged) and fragments. The error
/// message follows "must be": `an http or https URL`, ...
[[nodiscard]] Result<WebUrl> parse_web_url(std::string_view text);

/// `localhost`, 127.0.0.0/8 and ::1: requests to them never leave the machine.
[[nodiscard]] bool is_loopback(const WebUrl& url);

}  // namespace edgeroll::release
