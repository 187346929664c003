// Messages of HTTP/1.1 as bytes and back, without I/O: what client and server share of Beast.
#pragma once

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <string>
#include <string_view>

namespace edgeroll::tls {

/// A body up to this size is written together with its head; a larger one is not copied.
constexpr std::size_t joined_body_bytes_max = 16U << 10;

/// Start line and fields, with the empty line that ends them.
[[nodiscard]] std::string head_text(const boost::beast::http::request_header<>& head);
[[nodiscard]] std::string head_text(const boost::beast::http::response_header<>& head);

/// The names of fields are compared in lower case.
[[nodiscard]] std::string lower_case(std::string_view name);

/// Gives the parser what the buffer holds. Whether the message is whole then, parser.is_done()
/// tells; else more bytes are needed. What follows the message stays in the buffer.
template <class Parser>
boost::system::error_code parse(Parser& parser, boost::beast::flat_buffer& buffer) {
    while (!parser.is_done() && buffer.size() > 0) {
        boost::system::error_code ec;
        const std::size_t used = parser.put(boost::asio::const_buffer(buffer.cdata()), ec);
        buffer.consume(used);
        if (ec == boost::beast::http::error::need_more || (used == 0 && !ec)) break;
        if (ec) return ec;
    }
    return {};
}

/// How many bytes to read next into the buffer: at most `bytes_max`; 0: the buffer is full.
[[nodiscard]] inline std::size_t next_read_bytes(const boost::beast::flat_buffer& buffer,
                                                 std::size_t bytes_max) {
    return std::min(buffer.max_size() - buffer.size(), bytes_max);
}

}  // namespace edgeroll::tls
