#include "tls/request_reader.hpp"

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

}  // namespace

Refusal read_target(std::string_view target, Request& request) {
    if (!target.starts_with('/')) return {400, "the request target must be a path"};
    const auto question = target.find('?');
    request.path = std::string(target.substr(0, question));
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
            return {400, "the only Transfer-Encoding here is chunked"};
        }
    }
    if (length != headers.end() && length->second.find(',') != std::string::npos) {
        return {400, "Content-Length is given twice"};
    }
    const auto expect = headers.find("expect");
    if (expect != headers.end() && !same_word(expect->second, "100-continue")) {
        return {417, "the only expectation met here is 100-continue"};
    }
    return {};
}

std::string error_text(const ServerOptions& options, int status, const std::string& what) {
    if (options.error_body) return options.error_body(status, what);
    return R"({"status":)" + std::to_string(status) + R"(,"message":")" + rt::escape(what) + "\"}";
}

}  // namespace edgeroll::tls
