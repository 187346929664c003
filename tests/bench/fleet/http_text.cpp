#include "tests/bench/fleet/http_text.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace edgeroll::bench {
namespace {

constexpr std::size_t head_bytes_max = 16U << 10;
constexpr std::size_t body_bytes_max = (8U << 20) + (64U << 10);

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_same(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ')
        text.remove_suffix(1);
    return text;
}

std::string percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        const bool is_code =
            text[i] == '%' && i + 2 < text.size() &&
            std::from_chars(&text[i + 1], &text[i + 1] + 2, value, 16).ptr == &text[i + 1] + 2;
        decoded += is_code ? static_cast<char>(value) : text[i];
        if (is_code) i += 2;
    }
    return decoded;
}

const char* reason(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 400:
            return "Bad Request";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 409:
            return "Conflict";
        default:
            return "Error";
    }
}

}  // namespace

std::optional<HttpRequest> take_request(std::string& received, bool& is_bad) {
    const std::size_t head_end = received.find("\r\n\r\n");
    if (head_end == std::string::npos) {
        is_bad = received.size() > head_bytes_max;
        return std::nullopt;
    }
    const std::string_view head(received.data(), head_end);
    const std::size_t first_end = std::min(head.find("\r\n"), head.size());
    const std::string_view first = head.substr(0, first_end);
    const std::size_t gap = first.find(' ');
    const std::size_t last_gap = first.rfind(' ');
    if (gap == std::string_view::npos || last_gap == gap) {
        is_bad = true;
        return std::nullopt;
    }
    HttpRequest request;
    std::size_t length = 0;
    for (std::size_t at = first_end; at < head.size();) {
        at += 2;
        const std::size_t end = std::min(head.find("\r\n", at), head.size());
        const std::string_view line = head.substr(at, end - at);
        at = end;
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const std::string_view name = line.substr(0, colon);
        const std::string_view value = trimmed(line.substr(colon + 1));
        if (is_same(name, "content-length")) {
            const auto [stop, error] =
                std::from_chars(value.data(), value.data() + value.size(), length);
            is_bad = error != std::errc() || stop != value.data() + value.size() ||
                     length > body_bytes_max;
        } else if (is_same(name, "transfer-encoding")) {
            is_bad = true;
        } else if (is_same(name, "connection")) {
            request.is_last = is_same(value, "close");
        }
        if (is_bad) return std::nullopt;
    }
    const std::size_t body_at = head_end + 4;
    if (received.size() - body_at < length) return std::nullopt;
    request.method = first.substr(0, gap);
    const std::string_view target = first.substr(gap + 1, last_gap - gap - 1);
    const std::size_t mark = std::min(target.find('?'), target.size());
    request.path = percent_decoded(target.substr(0, mark));
    request.query = target.substr(std::min(mark + 1, target.size()));
    request.body = received.substr(body_at, length);
    received.erase(0, body_at + length);
    return request;
}

std::string text_of(const HttpReply& reply, bool is_last) {
    std::string text = "HTTP/1.1 " + std::to_string(reply.status) + " " + reason(reply.status);
    text += "\r\nContent-Type: application/json\r\nContent-Length: ";
    text += std::to_string(reply.body.size());
    if (is_last) text += "\r\nConnection: close";
    text += "\r\n\r\n";
    text += reply.body;
    return text;
}

}  // namespace edgeroll::bench
