#include "tls/request_reader.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <optional>

#include "tls/rt/log_format.hpp"
#include "tls/url.hpp"

namespace edgeroll::tls {
namespace {

bool same_word(std::string_view text, std::string_view lower) {
    if (text.size() != lower.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != lower[i]) return false;
    }
    return true;
}

/// Characters of a host with an optional port (RFC 3986), except the comma: it would make two
/// joined Host fields look like one.
bool is_host(std::string_view text) {
    for (const char c : text) {
        const bool is_letter_or_digit =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_letter_or_digit && std::string_view("-._~%!$&'()*+;=:[]").find(c) == text.npos) {
            return false;
        }
    }
    return true;
}

/// Path and query of `http://host/path?query`; nothing for other text.
std::optional<std::string_view> after_authority(std::string_view target) {
    const auto colon = target.find("://");
    if (colon == target.npos) return std::nullopt;
    const std::string_view scheme = target.substr(0, colon);
    if (!same_word(scheme, "http") && !same_word(scheme, "https")) return std::nullopt;
    target.remove_prefix(colon + 3);
    const std::string_view host = target.substr(0, target.find_first_of("/?"));
    if (host.empty() || !is_host(host)) return std::nullopt;
    return target.substr(host.size());
}

}  // namespace

Refusal read_target(std::string_view target, Request& request) {
    if (!target.starts_with('/')) {
        const auto rest = after_authority(target);
        if (!rest) return {400, "the request target must be a path or an http URL"};
        target = *rest;
    }
    const auto question = target.find('?');
    request.path = std::string(target.substr(0, question));
    if (request.path.empty()) request.path = "/";
    if (!percent_decode(request.path)) {
        return {400, "the path holds a broken percent sequence"};
    }
    if (question == std::string_view::npos) return {};
    auto parameters = parse_query(target.substr(question + 1));
    if (!parameters) return {400, parameters.error().message};
    request.parameters = std::move(*parameters);
    return {};
}

Refusal judge_headers(const std::map<std::string, std::string>& headers) {
    const auto transfer = headers.find("transfer-encoding");
    const auto length = headers.find("content-length");
    if (transfer != headers.end()) {
        if (length != headers.end()) {
            return {400, "Transfer-Encoding and Content-Length exclude each other"};
        }
        if (!same_word(transfer->second, "chunked")) {
            return {400, "the only supported Transfer-Encoding is chunked"};
        }
    }
    if (length != headers.end() && length->second.find(',') != std::string::npos) {
        return {400, "Content-Length is given twice"};
    }
    const auto expect = headers.find("expect");
    if (expect != headers.end() && !same_word(expect->second, "100-continue")) {
        return {417, "the only supported expectation is 100-continue"};
    }
    return {};
}

Refusal judge_version(const std::map<std::string, std::string>& headers, unsigned version) {
    const auto host = headers.find("host");
    if (host == headers.end()) {
        if (version > 10) return {400, "Host is missing"};
    } else if (host->second.find(',') != std::string::npos) {
        return {400, "Host is given twice"};
    } else if (!is_host(host->second)) {
        return {400, "Host is not a host"};
    }
    if (version <= 10 && headers.contains("transfer-encoding")) {
        return {400, "Transfer-Encoding is newer than the version of the request"};
    }
    return {};
}

std::string http_date(std::int64_t unix_seconds) {
    using namespace std::chrono;
    constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const sys_seconds moment{seconds{unix_seconds}};
    const auto midnight = floor<std::chrono::days>(moment);
    const year_month_day date{midnight};
    const hh_mm_ss time{moment - midnight};
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                  days.at(weekday{midnight}.c_encoding()), static_cast<unsigned>(date.day()),
                  months.at(static_cast<unsigned>(date.month()) - 1), static_cast<int>(date.year()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return text.data();
}

std::string error_text(const ServerOptions& options, int status, const std::string& what) {
    if (options.error_body) return options.error_body(status, what);
    return R"({"status":)" + std::to_string(status) + R"(,"message":")" + rt::escape(what) + "\"}";
}

}  // namespace edgeroll::tls
