// The one place where the server meets Beast.
#include "tls/session_work.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <exception>
#include <optional>

#include "tls/peer.hpp"
#include "tls/pem.hpp"
#include "tls/request_reader.hpp"
#include "tls/rt/log.hpp"
#include "tls/session_stream.hpp"
#include "tls/tls_errors.hpp"

namespace edgeroll::tls {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using release::Millis;
using rt::log;
using rt::LogLevel;
using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;
template <class T>
using awaitable = asio::awaitable<T>;

constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);
constexpr Millis shutdown_limit{1'000};
// How long a peer whose request was refused half-way may go on sending, so that it gets to read
// the answer before the connection is reset.
constexpr Millis linger_limit{2'000};
constexpr std::size_t first_read_bytes = 4096;
constexpr std::size_t buffer_bytes_max = 128U << 10;

bool has_body(const RequestParser& parser) {
    return parser.chunked() || parser.content_length().value_or(0) > 0;
}

// Everything between a read header and the answer.
template <class Stream>
awaitable<std::optional<Outcome>> serve_request(SessionContext& context, Stream& stream,
                                                beast::flat_buffer& buffer, RequestParser& parser) {
    const ServerLimits& limits = context.state->options.limits;
    Request request = to_request(parser, context.peer);
    const bool closes = has_body(parser);
    Refusal refused = judge_headers(request.headers);
    if (refused.status != 0) co_return refusal(context, refused.status, refused.what, true);
    refused = read_target(
        std::string_view(parser.get().target().data(), parser.get().target().size()), request);
    if (refused.status != 0) co_return refusal(context, refused.status, refused.what, closes);
    const std::string unwelcome = judge(context);
    if (!unwelcome.empty()) {
        log(LogLevel::warn, "peer_refused",
            {{"peer", context.peer.address}, {"path", request.path}, {"reason", unwelcome}});
        co_return refusal(context, 403, unwelcome, true);
    }
    const Router::Match match = context.state->router->find(request);
    if (match.handler == nullptr) {
        Outcome outcome = match.is_path_known
                              ? refusal(context, 405, "this path takes " + match.allowed, closes)
                              : refusal(context, 404, "no such path", closes);
        if (match.is_path_known) outcome.response.headers["Allow"] = match.allowed;
        co_return outcome;
    }
    if (has_body(parser)) {
        beast::get_lowest_layer(stream).expires_after(limits.body_timeout);
        if (request.headers.contains("expect") && buffer.size() == 0) {
            static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
            auto [ec, count] = co_await asio::async_write(stream, asio::buffer(go_on), as_tuple);
            if (ec) co_return std::nullopt;
        }
        auto [ec, count] = co_await http::async_read(stream, buffer, parser, as_tuple);
        if (ec) co_return unreadable(context, ec);
        request.body = std::move(parser.get().body());
    }
    // While the handler works nobody reads or writes: no time limit of the stream's may strike.
    beast::get_lowest_layer(stream).expires_never();
    co_return co_await run_handler(context, *match.handler, std::move(request));
}

template <class Stream>
awaitable<void> discard(Stream& stream, Millis limit) {
    auto& socket = beast::get_lowest_layer(stream);
    error_code ignored;
    socket.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    socket.expires_after(limit);
    std::string piece(16384, '\0');
    while (true) {
        auto [ec, count] = co_await socket.async_read_some(asio::buffer(piece), as_tuple);
        if (ec) co_return;
    }
}

// A connection ends politely only here: after a complete answer.
template <class Stream>
awaitable<void> finish(Stream& stream, bool lingers) {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
        beast::get_lowest_layer(stream).expires_after(shutdown_limit);
        auto [ec] = co_await stream.async_shutdown(as_tuple);
        if (ec == beast::error::timeout) co_return;
    }
    if (lingers) co_await discard(stream, linger_limit);
}

// Waits for the first byte of a request. False: there will be none.
template <class Stream>
awaitable<bool> wait_for_request(SessionContext& context, Stream& stream,
                                 beast::flat_buffer& buffer, Millis limit) {
    if (context.state->is_stopping) co_return false;
    context.live->is_idle = true;
    beast::get_lowest_layer(stream).expires_after(limit);
    auto [ec, count] = co_await stream.async_read_some(buffer.prepare(first_read_bytes), as_tuple);
    if (ec) co_return false;
    buffer.commit(count);
    context.live->is_idle = false;
    co_return true;
}

template <class Stream>
awaitable<void> serve(SessionContext& context, Stream& stream) {
    const ServerLimits& limits = context.state->options.limits;
    beast::flat_buffer buffer(std::max(buffer_bytes_max, 2 * limits.header_bytes_max));
    for (bool is_first = true;; is_first = false) {
        if (buffer.size() == 0) {
            const Millis limit = is_first ? limits.header_timeout : limits.idle_timeout;
            if (!co_await wait_for_request(context, stream, buffer, limit)) co_return;
        }
        RequestParser parser;
        parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
        parser.body_limit(limits.body_bytes_max);
        beast::get_lowest_layer(stream).expires_after(limits.header_timeout);
        auto [ec, count] = co_await http::async_read_header(stream, buffer, parser, as_tuple);
        std::optional<Outcome> outcome;
        if (ec) {
            outcome = unreadable(context, ec);
        } else {
            outcome = co_await serve_request(context, stream, buffer, parser);
        }
        if (!outcome) co_return;

        const bool is_stale = context.state->options.contexts != nullptr &&
                              context.generation != context.state->options.contexts->generation();
        const bool keeps = !ec && !outcome->closes && parser.keep_alive() && !is_stale &&
                           !context.state->is_stopping;
        const bool is_head = parser.get().method() == http::verb::head;
        const unsigned version = parser.get().version() == 10 ? 10 : 11;
        if (!is_head && is_stream(outcome->response)) {
            if (context.state->streams < limits.streams_max) {
                const StreamEnd end =
                    co_await serve_stream(context, stream, std::move(outcome->response), version);
                const bool lingers = end == StreamEnd::unread || buffer.size() > 0;
                if (end != StreamEnd::cut) co_await finish(stream, lingers);
                co_return;
            }
            outcome = too_many_streams(context);
        }
        ResponseMessage message = to_message(std::move(outcome->response), is_head, keeps, version);
        beast::get_lowest_layer(stream).expires_after(limits.body_timeout);
        auto [write_ec, written] = co_await http::async_write(stream, message, as_tuple);
        if (write_ec) co_return;
        if (!keeps) {
            co_await finish(stream, outcome->lingers);
            co_return;
        }
    }
}

awaitable<void> serve_tls(SessionContext& context, TlsStream& stream) {
    const ServerLimits& limits = context.state->options.limits;
    beast::get_lowest_layer(stream).expires_after(limits.handshake_timeout);
    auto [ec] = co_await stream.async_handshake(asio::ssl::stream_base::server, as_tuple);
    if (ec && context.state->is_stopping) co_return;
    if (ec) {
        const std::string reason = ec == beast::error::timeout
                                       ? "no TLS handshake in time"
                                       : describe(ec, stream.native_handle());
        log(LogLevel::info, "tls_refused", {{"peer", context.peer.address}, {"reason", reason}});
        // Without this a reset could overtake the alert that tells the peer why.
        if (ec.category() == asio::error::get_ssl_category()) {
            co_await discard(stream, shutdown_limit);
        }
        co_return;
    }
    context.session = stream.native_handle();
    const CertificatePtr leaf(SSL_get1_peer_certificate(context.session));
    if (leaf) {
        std::string address = std::move(context.peer.address);
        context.peer = read_peer(leaf.get());
        context.peer.address = std::move(address);
    }
    co_await serve(context, stream);
}

// Takes the connection off the list when the session ends, however it ends.
class Enrolment {
  public:
    explicit Enrolment(std::shared_ptr<ServerState> state)
        : state_(std::move(state)), entry_(state_->live.emplace(state_->live.end())) {}
    ~Enrolment() {
        state_->live.erase(entry_);
        if (state_->live.empty()) state_->all_gone.cancel();
    }
    Enrolment(const Enrolment&) = delete;
    Enrolment& operator=(const Enrolment&) = delete;
    [[nodiscard]] LiveConnection& connection() { return *entry_; }

  private:
    std::shared_ptr<ServerState> state_;
    std::list<LiveConnection>::iterator entry_;
};

template <class Stream>
void register_close(LiveConnection& live, Stream& stream) {
    live.close = [&stream] { beast::get_lowest_layer(stream).close(); };
}

awaitable<void> run_either(std::shared_ptr<ServerState> state, asio::ip::tcp::socket socket,
                           std::string address) {
    Enrolment enrolment(state);
    SessionContext context;
    context.state = state;
    context.live = &enrolment.connection();
    context.peer.address = std::move(address);
    ContextStore* contexts = state->options.contexts;
    if (contexts == nullptr) {
        PlainStream stream(std::move(socket));
        register_close(*context.live, stream);
        co_await serve(context, stream);
        context.live->close = nullptr;
        co_return;
    }
    context.generation = contexts->generation();
    const auto tls_context = contexts->current();
    TlsStream stream(std::move(socket), *tls_context);
    register_close(*context.live, stream);
    co_await serve_tls(context, stream);
    context.live->close = nullptr;
}

}  // namespace

awaitable<void> run_session(std::shared_ptr<ServerState> state, asio::ip::tcp::socket socket,
                            std::string address) {
    try {
        co_await run_either(std::move(state), std::move(socket), std::move(address));
    } catch (const std::exception& e) {
        log(LogLevel::error, "session_failed", {{"error", e.what()}});
    }
}

}  // namespace edgeroll::tls
