#include "tls/session_read.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/http/error.hpp>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "tls/header_scan.hpp"
#include "tls/message.hpp"

namespace edgeroll::tls {

namespace asio = boost::asio;
namespace beast = boost::beast;

namespace {

constexpr std::size_t header_piece_bytes = 4096;
constexpr std::size_t body_piece_bytes = 64U << 10;

// Reads and parses a piece of the body.
asio::awaitable<boost::system::error_code> read_piece(Link& link, beast::flat_buffer& buffer,
                                                      RequestParser& parser) {
    if (buffer.size() == 0) {
        const std::size_t bytes = next_read_bytes(buffer, body_piece_bytes);
        const Link::Read read = co_await link.read_some(buffer.prepare(bytes));
        if (read.error == asio::error::eof) {
            co_return beast::http::make_error_code(beast::http::error::partial_message);
        }
        if (read.error) co_return read.error;
        buffer.commit(read.bytes);
    }
    co_return parse(parser, buffer);
}

}  // namespace

void expire_at(const SessionContext& context, Link& link, release::Instant until) {
    const release::Millis left = until - context.state->clock->now();
    link.expires_after(std::max(left, release::Millis{0}));
}

asio::awaitable<ReadEnd> read_header(const SessionContext& context, Link& link,
                                     beast::flat_buffer& buffer, RequestParser& parser) {
    const std::size_t bytes_max = context.state->options.limits.header_bytes_max;
    HeaderScan scan(bytes_max);
    ReadEnd end;
    while (true) {
        const auto bytes = buffer.cdata();
        const auto state =
            scan.look(std::string_view(static_cast<const char*>(bytes.data()), bytes.size()));
        if (state == HeaderScan::State::whole) break;
        if (state == HeaderScan::State::too_large) {
            end.answer =
                refusal(context, 431,
                        "the header is larger than " + std::to_string(bytes_max) + " bytes", true);
            co_return end;
        }
        if (state == HeaderScan::State::refused) {
            end.answer = refusal(context, 400, "not HTTP: " + scan.complaint(), true);
            co_return end;
        }
        const Link::Read read = co_await link.read_some(buffer.prepare(header_piece_bytes));
        if (read.error) {
            end.answer = unreadable(context, read.error, 0);
            co_return end;
        }
        buffer.commit(read.bytes);
    }
    boost::system::error_code ec;
    buffer.consume(parser.put(asio::buffer(buffer.cdata(), scan.size()), ec));
    end.is_whole = !ec && parser.is_header_done();
    if (ec) {
        end.answer = unreadable(context, ec, 0);
    } else if (!end.is_whole) {
        end.answer = refusal(context, 400, "not HTTP: the header has no end", true);
    }
    co_return end;
}

asio::awaitable<ReadEnd> read_body(const SessionContext& context, Link& link,
                                   beast::flat_buffer& buffer, RequestParser& parser,
                                   const Pass& pass, Request& request) {
    ServerState& state = *context.state;
    const ServerLimits& limits = state.options.limits;
    const std::size_t bytes_max = pass.body_bytes_max == 0
                                      ? limits.body_bytes_max
                                      : std::min(pass.body_bytes_max, limits.body_bytes_max);
    const std::uint64_t expected = parser.content_length().value_or(bytes_max);
    ReadEnd end;
    if (expected > bytes_max) {
        end.answer = too_large(context, bytes_max);
        co_return end;
    }
    parser.body_limit(bytes_max);
    BodyPace pace(limits.body_pace, state.clock->now(), expected);
    if (request.headers.contains("expect") && buffer.size() == 0) {
        static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        expire_at(context, link, pace.until());
        const Link::Error ec = co_await link.write(asio::buffer(go_on));
        if (ec) co_return end;
    }
    const auto fields = [&parser] {
        return std::distance(parser.get().begin(), parser.get().end());
    };
    const auto fields_before = fields();
    auto room = std::make_shared<BodyRoom>(state.bodies, pass.is_urgent);
    const std::string& body = parser.get().body();
    while (!parser.is_done()) {
        expire_at(context, link, pace.until());
        const Link::Error ec = co_await read_piece(link, buffer, parser);
        if (ec) {
            end.answer = unreadable(context, ec, bytes_max);
            co_return end;
        }
        pace.arrived(state.clock->now(), body.size());
        if (!room->grow_to(body.capacity())) {
            state.no_memory.say(state.clock->now(), "bodies_full",
                                {{"peer", context.peer.address},
                                 {"path", request.path},
                                 {"bytes", std::to_string(state.bodies->used())}});
            end.answer = no_room(context, "the bodies of other requests take all of the memory");
            co_return end;
        }
    }
    if (fields() != fields_before) {
        end.answer = refusal(context, 400, "fields after the body are not supported", true);
        co_return end;
    }
    request.body = std::move(parser.get().body());
    request.room = std::move(room);
    end.is_whole = true;
    co_return end;
}

}  // namespace edgeroll::tls
