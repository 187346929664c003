// A plain client for http:// and https:// URLs; each request has a new connection.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <functional>
#include <map>
#include <optional>
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
    release::Millis timeout{30'000};  ///< for the whole request
    std::size_t response_bytes_max = 16U << 20;
    /// Why this address of the host must not be connected to; nothing: it may be. Called for each
    /// address right before the connect, so that no look-up comes between check and use. Empty: all
    /// addresses are allowed.
    std::function<std::optional<std::string>(const std::string& host,
                                             const boost::asio::ip::address& address, int port)>
        refuses{};
};

/// Sends one request on its own connection; redirects are not followed. https uses the system's CAs
/// and checks the name. Error: not_done when nothing was sent, unknown after that; the message
/// names the host and the cause ("connection refused"). When `refuses` left no address, the error
/// is permanent, code::forbidden, with the first reason.
[[nodiscard]] boost::asio::awaitable<release::Result<Response>> fetch(UrlRequest request);

}  // namespace edgeroll::tls
