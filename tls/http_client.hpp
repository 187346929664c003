// A plain client for http:// and https:// URLs, each request on a fresh connection.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>

#include "release/result.hpp"
#include "release/time.hpp"
#include "tls/http_types.hpp"

namespace edgeroll::tls {

struct UrlRequest {
    std::string method = "GET";
    std::string url;  ///< http://host[:port]/path?query or https://...
    std::map<std::string, std::string> headers;
    std::string body;
    release::Millis timeout{30'000};  ///< for everything together
    std::size_t response_bytes_max = 16U << 20;
};

/// One request on a connection of its own; redirects are not followed. https uses the system's CAs
/// and checks the name. Error: not_done when nothing was sent, unknown after; the message names the
/// host and what went wrong ("connection refused").
[[nodiscard]] boost::asio::awaitable<release::Result<Response>> fetch(UrlRequest request);

}  // namespace edgeroll::tls
