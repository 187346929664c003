// The only server code that includes Beast.
#include "tls/as_tuple.hpp"
#include "tls/session_work.hpp"

#include <openssl/ssl.h>

#include <algorithm>
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
#include "tls/session_read.hpp"
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

constexpr Millis shutdown_limit{1'000};
// How long a peer whose request was refused half-way may keep sending, so that it reads the answer
// before the connection is reset.
constexpr Millis linger_limit{2'000};
constexpr std::size_t first_read_bytes = 4096;
constexpr std::size_t small_answer_bytes = 16U << 10;
constexpr std::size_t request_buffer_bytes_max = 128U << 10;

bool has_body(const RequestParser& parser) {
    return parser.chunked() || parser.content_length().value_or(0) > 0;
}

// Handles a request from its header to its answer.
template <class Stream>
awaitable<std::optional<Outcome>> serve_request(SessionContext& context, Stream& stream,
                                                beast::flat_buffer& buffer, RequestParser& parser) {
    Request request = to_request(parser, context.peer);
    const bool closes = has_body(parser);
    Refusal refused = judge_headers(request.headers);
    if (refused.status == 0) refused = judge_version(request.headers, parser.get().version());
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
    Pass pass = run_gate(context, match.gate, request);
    if (pass.refusal) {
        Outcome outcome;
        outcome.response = std::move(*pass.refusal);
        outcome.closes = closes;
        outcome.lingers = closes;
        co_return outcome;
    }
    const bool has_earned_a_place = pass.is_known || context.is_mutual;
    if (has_earned_a_place && !take_place(context) && !pass.is_urgent) {
        co_return no_room(context, "all connections are busy");
    }
    if (has_body(parser)) {
        ReadEnd end = co_await read_body(context, stream, buffer, parser, pass, request);
        if (!end.is_whole) co_return std::move(end.answer);
    } else {
        request.judged = std::move(pass.judged);
    }
    // Nothing is read or written while the handler works: the stream's time limit must not expire.
    beast::get_lowest_layer(stream).expires_never();
    Outcome outcome = co_await run_handler(context, *match.handler, std::move(request));
    outcome.is_urgent = pass.is_urgent;
    co_return outcome;
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

// The only place that shuts a connection down cleanly: after a complete answer.
template <class Stream>
awaitable<void> finish(Stream& stream, bool lingers) {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
        beast::get_lowest_layer(stream).expires_after(shutdown_limit);
        auto [ec] = co_await stream.async_shutdown(as_tuple);
        if (ec == beast::error::timeout) co_return;
    }
    if (lingers) co_await discard(stream, linger_limit);
}

// Waits for the first byte of a request. False: none will come.
template <class Stream>
awaitable<bool> wait_for_request(SessionContext& context, Stream& stream,
                                 beast::flat_buffer& buffer, release::Instant until) {
    if (context.state->is_stopping) co_return false;
    context.live->is_idle = true;
    context.state->door.rests(context.id);
    expire_at(context, stream, until);
    auto [ec, count] = co_await stream.async_read_some(buffer.prepare(first_read_bytes), as_tuple);
    if (ec) co_return false;
    buffer.commit(count);
    context.live->is_idle = false;
    context.state->door.works(context.id);
    co_return true;
}

template <class Stream>
awaitable<void> serve(SessionContext& context, Stream& stream) {
    const ServerLimits& limits = context.state->options.limits;
    beast::flat_buffer buffer(std::max(request_buffer_bytes_max, 2 * limits.header_bytes_max));
    const rt::Clock& clock = *context.state->clock;
    const release::Instant first_until = clock.now() + limits.header_timeout;
    for (bool is_first = true;; is_first = false) {
        if (buffer.size() == 0) {
            const auto until = is_first ? first_until : clock.now() + limits.idle_timeout;
            if (!co_await wait_for_request(context, stream, buffer, until)) co_return;
        }
        RequestParser parser;
        parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes_max + 1));
        parser.body_limit(boost::none);  // checked later, when the client is known
        expire_at(context, stream, is_first ? first_until : clock.now() + limits.header_timeout);
        ReadEnd header = co_await read_header(context, stream, buffer, parser);
        std::optional<Outcome> outcome = std::move(header.answer);
        if (header.is_whole) outcome = co_await serve_request(context, stream, buffer, parser);
        if (!outcome) co_return;
        // A large answer holds its share of the memory until it is written: the client may never
        // read it.
        BodyRoom room(context.state->bodies, outcome->is_urgent);
        const std::size_t answer_bytes = outcome->response.body.capacity();
        if (answer_bytes > small_answer_bytes && !room.grow_to(answer_bytes)) {
            outcome = no_room(context, "unread answers take all of the memory");
        }

        const bool is_stale = context.state->options.contexts != nullptr &&
                              context.generation != context.state->options.contexts->generation();
        const bool keeps = header.is_whole && !outcome->closes && parser.keep_alive() &&
                           !is_stale && !context.state->is_stopping;
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
        ResponseMessage message = to_message(std::move(outcome->response), is_head, keeps, version,
                                             date_now(*context.state));
        beast::get_lowest_layer(stream).expires_after(limits.write_timeout);
        auto [write_ec, written] = co_await http::async_write(stream, message, as_tuple);
        if (write_ec == beast::error::timeout) ++context.state->figures.slow;
        if (write_ec) co_return;
        if (!keeps) {
            co_await finish(stream, outcome->lingers);
            co_return;
        }
    }
}

// Logs why a handshake failed, throttled: any peer can cause it.
void tell_refused(SessionContext& context, SSL* session, const error_code& ec) {
    ServerState& state = *context.state;
    const bool is_late = ec == beast::error::timeout;
    if (is_late) ++state.figures.slow;
    const std::string reason = is_late ? "no TLS handshake in time" : describe(ec, session);
    // No cipher chosen: the peer's first message was not TLS.
    ThrottledLog& complaint =
        SSL_get_pending_cipher(session) != nullptr ? state.refused : state.no_tls;
    complaint.say(state.clock->now(), "tls_refused",
                  {{"peer", context.peer.address}, {"reason", reason}});
}

awaitable<void> serve_tls(SessionContext& context, TlsStream& stream) {
    const ServerLimits& limits = context.state->options.limits;
    beast::get_lowest_layer(stream).expires_after(limits.handshake_timeout);
    auto [ec] = co_await stream.async_handshake(asio::ssl::stream_base::server, as_tuple);
    if (ec && (context.state->is_stopping || context.live->is_evicted)) co_return;
    if (ec) {
        tell_refused(context, stream.native_handle(), ec);
        // Otherwise a reset could overtake the alert that tells the peer why.
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
        context.is_mutual = true;
        if (judge(context).empty()) (void)take_place(context);
    }
    co_await serve(context, stream);
}

// Removes the connection from the list when the session ends.
class Enrolment {
  public:
    Enrolment(std::shared_ptr<ServerState> state, GuestId id)
        : state_(std::move(state)), id_(id), entry_(&state_->live[id]) {}
    ~Enrolment() {
        state_->door.leave(id_);
        state_->live.erase(id_);
        if (state_->live.empty()) state_->all_gone.cancel();
    }
    Enrolment(const Enrolment&) = delete;
    Enrolment& operator=(const Enrolment&) = delete;
    [[nodiscard]] LiveConnection& connection() { return *entry_; }

  private:
    std::shared_ptr<ServerState> state_;
    GuestId id_;
    LiveConnection* entry_;
};

template <class Stream>
void register_close(LiveConnection& live, Stream& stream) {
    live.close = [&stream] { beast::get_lowest_layer(stream).close(); };
}

awaitable<void> run_either(std::shared_ptr<ServerState> state, asio::ip::tcp::socket socket,
                           std::string address, GuestId id) {
    Enrolment enrolment(state, id);
    SessionContext context;
    context.state = state;
    context.live = &enrolment.connection();
    context.id = id;
    if (context.live->is_evicted) co_return;
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
                            std::string address, GuestId id) {
    try {
        co_await run_either(std::move(state), std::move(socket), std::move(address), id);
    } catch (const std::exception& e) {
        log(LogLevel::error, "session_failed", {{"error", e.what()}});
    }
}

}  // namespace edgeroll::tls
