#include "tls/message.hpp"

#include <algorithm>
#include <boost/beast/core/buffers_range.hpp>

namespace edgeroll::tls {
namespace {

namespace http = boost::beast::http;

std::string bytes_of(const http::fields::writer& writer) {
    std::string text;
    const auto buffers = writer.get();  // the range refers to it
    for (const auto buffer : boost::beast::buffers_range_ref(buffers)) {
        text.append(static_cast<const char*>(buffer.data()), buffer.size());
    }
    return text;
}

}  // namespace

std::string head_text(const http::request_header<>& head) {
    return bytes_of(http::fields::writer(head, head.version(), head.method()));
}

std::string head_text(const http::response_header<>& head) {
    return bytes_of(http::fields::writer(head, head.version(), head.result_int()));
}

std::string lower_case(std::string_view name) {
    std::string lower(name);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
    return lower;
}

}  // namespace edgeroll::tls
