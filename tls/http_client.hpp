// A plain client for http:// and https:// URLs, each request on a fresh connection.
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
    release::Millis timeout{30'000};  ///< for everything together
    std::size_t response_bytes_max = 16U << 20;
    /// Why this address of the host must not be dialled; nothing: it may. Asked of each address
    /// right before the dial, so that no look-up stands between the two. Empty: all may.
    std::function<std::optional<std::string>(const std::string& host,
                                             const boost::asio::ip::address& address, int port)>
        refuses{};
};

/// One request on a connection of its own; redirects are not followed. https uses the system's CAs
/// and checks the name. Error: not_done when nothing was sent, unknown after; the message names the
/// host and what went wrong ("connection refused"). When no address was left to dial because of
/// `refuses` it is permanent, code::forbidden, with the first reason.
[[nodiscard]] boost::asio::awaitable<release::Result<Response>> fetch(UrlRequest request);

}  // namespace edgeroll::tls
