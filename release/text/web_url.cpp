#include "release/text/web_url.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace edgeroll::release {
namespace {

tl::unexpected<Error> refused(std::string message) {
    return fail(std::move(message), Outcome::permanent, code::invalid);
}

bool is_visible_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

bool is_host_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

bool is_ip6_character(char c) {
    return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' ||
           c == '.';
}

bool starts_with(std::string_view text, std::string_view start) {
    return text.substr(0, start.size()) == start;
}

/// Takes the host off `rest`; empty if there is none.
std::string_view take_host(std::string_view& rest) {
    const bool is_ip6 = !rest.empty() && rest.front() == '[';
    if (is_ip6) {
        const auto end = rest.find(']');
        if (end == rest.npos) return {};
        const std::string_view host = rest.substr(1, end - 1);
        rest.remove_prefix(end + 1);
        return std::all_of(host.begin(), host.end(), is_ip6_character) ? host : std::string_view();
    }
    const std::string_view host = rest.substr(0, rest.find(':'));
    rest.remove_prefix(host.size());
    return std::all_of(host.begin(), host.end(), is_host_character) ? host : std::string_view();
}

}  // namespace

Result<WebUrl> parse_web_url(std::string_view text) {
    WebUrl url;
    url.is_https = starts_with(text, "https://");
    if (!url.is_https && !starts_with(text, "http://")) return refused("an http or https URL");
    if (text.size() > web_url_bytes_max) return refused("a URL of at most 2048 bytes");
    if (!is_visible_ascii(text)) return refused("a URL of visible ASCII characters");
    if (text.find('#') != text.npos) return refused("a URL without a fragment");
    text.remove_prefix(url.is_https ? 8 : 7);
    std::string_view rest = text.substr(0, text.find_first_of("/?"));
    if (rest.find('@') != rest.npos) return refused("a URL without user name and password");
    url.host = std::string(take_host(rest));
    if (url.host.empty()) return refused("a URL with a host");
    url.port = url.is_https ? 443 : 80;
    if (rest.empty()) return url;
    const auto* const end = rest.data() + rest.size();
    const auto [stop, error] = std::from_chars(rest.data() + 1, end, url.port);
    if (rest.front() != ':' || error != std::errc() || stop != end || url.port < 1 ||
        url.port > 65535) {
        return refused("a URL whose port is 1 to 65535");
    }
    return url;
}

bool is_loopback(const WebUrl& url) {
    if (url.host == "localhost" || url.host == "::1") return true;
    // A name may begin with 127. too: only four numbers are an address.
    const bool is_numeric = std::all_of(url.host.begin(), url.host.end(),
                                        [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
    return is_numeric && starts_with(url.host, "127.") &&
           std::count(url.host.begin(), url.host.end(), '.') == 3;
}

}  // namespace edgeroll::release
