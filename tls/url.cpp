#include "tls/url.hpp"

#include <algorithm>
#include <boost/asio/ip/address_v6.hpp>
#include <charconv>
#include <optional>

namespace edgeroll::tls {
namespace {

using release::fail;
using release::Result;

std::optional<int> parse_port(std::string_view text, int least) {
    int port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (port < least || port > 65535) return std::nullopt;
    return port;
}

struct HostPort {
    std::string_view host;
    std::optional<std::string_view> port;
};

std::optional<HostPort> split_host_port(std::string_view text) {
    HostPort result;
    std::string_view rest;
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos || close == 1) return std::nullopt;
        result.host = text.substr(1, close - 1);
        rest = text.substr(close + 1);
    } else {
        const auto colon = text.find(':');
        result.host = text.substr(0, colon);
        rest = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
    }
    if (rest.empty()) return result;
    if (!rest.starts_with(':')) return std::nullopt;
    result.port = rest.substr(1);
    return result;
}

bool is_clean(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

// What is wrong with the host of a URL; empty: nothing. A valid host can be looked up and compared
// with a certificate.
std::string host_fault(std::string_view host, bool is_in_brackets) {
    if (host.find('%') != std::string_view::npos) {
        return "the URL's host must have no zone (%...): no certificate names one";
    }
    if (is_in_brackets) {
        boost::system::error_code ec;
        boost::asio::ip::make_address_v6(std::string(host), ec);
        return ec ? "the URL's host in brackets must be an IPv6 address" : "";
    }
    const bool is_plain = std::all_of(host.begin(), host.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.' || c == '_';
    });
    return is_plain ? "" : "the URL's host must be a host name or an address";
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
    Url url;
    std::string_view rest = text;
    if (rest.starts_with("https://")) {
        url.is_https = true;
        url.port = 443;
        rest.remove_prefix(8);
    } else if (rest.starts_with("http://")) {
        rest.remove_prefix(7);
    } else {
        return fail("the URL must begin with http:// or https://");
    }
    if (!is_clean(rest)) {
        return fail("the URL holds a space or a character that is not ASCII; percent-encode it");
    }
    if (rest.find('#') != std::string_view::npos) return fail("the URL must have no #fragment");
    const auto path = rest.find_first_of("/?");
    const std::string_view authority = rest.substr(0, path);
    if (authority.find('@') != std::string_view::npos) {
        return fail("the URL must hold no user name or password");
    }
    if (path != std::string_view::npos) {
        url.target = rest.substr(path);
        if (url.target.front() == '?') url.target.insert(0, "/");
    }
    const auto parts = split_host_port(authority);
    if (!parts || parts->host.empty()) return fail("the URL names no host");
    if (auto fault = host_fault(parts->host, authority.starts_with('[')); !fault.empty()) {
        return fail(std::move(fault));
    }
    url.host = parts->host;
    if (parts->port) {
        const auto port = parse_port(*parts->port, 1);
        if (!port) return fail("the URL's port must be a number from 1 to 65535");
        url.port = *port;
    }
    return url;
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
    const auto parts = split_host_port(text);
    if (!parts || !parts->port || !is_clean(parts->host)) {
        return fail("is not an address; give HOST:PORT, :PORT or [IPV6]:PORT, e.g. 127.0.0.1:8080");
    }
    const auto port = parse_port(*parts->port, 0);
    if (!port) return fail("has no usable port; give a number from 1 to 65535 after the colon");
    return ListenAddress{std::string(parts->host), *port};
}

}  // namespace edgeroll::tls
