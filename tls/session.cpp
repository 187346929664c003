#include "tls/session_work.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <exception>
#include <optional>

#include "tls/link.hpp"
#include "tls/message.hpp"
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
template <class T>
using awaitable = asio::awaitable<T>;

constexpr Millis shutdown_limit{1'000};
// How long a peer whose request was refused half-way may keep sending, so that it reads the answer
// before the connection is reset.
constexpr Millis linger_limit{2'000};
constexpr std::size_t first_read_bytes = 4096;
constexpr std::size_t request_buffer_bytes_max = 128U << 10;

bool has_body(const RequestParser& parser) {
    return parser.chunked() || parser.content_length().value_or(0) > 0;
}

// Handles a request from its header to its answer.
awaitable<std::optional<Outcome>> serve_request(SessionContext& context, Link& link,
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
        ReadEnd end = co_await read_body(context, link, buffer, parser, pass, request);
        if (!end.is_whole) co_return std::move(end.answer);
    } else {
        request.judged = std::move(pass.judged);
    }
    // Nothing is read or written while the handler works: the stream's time limit must not expire.
    link.expires_never();
    Outcome outcome = co_await run_handler(context, *match.handler, std::move(request));
    outcome.is_urgent = pass.is_urgent;
    co_return outcome;
}

// The only place that shuts a connection down cleanly: after a complete answer.
awaitable<void> finish(Link& link, bool lingers) {
    link.expires_after(shutdown_limit);
    const error_code ec = co_await link.shutdown();
    if (ec == beast::error::timeout || !lingers) co_return;
    link.expires_after(linger_limit);
    co_await link.discard();
}

// Waits for the first byte of a request. False: none will come.
awaitable<bool> wait_for_request(SessionContext& context, Link& link, beast::flat_buffer& buffer,
                                 release::Instant until) {
    if (context.state->is_stopping) co_return false;
    context.live->is_idle = true;
    context.state->door.rests(context.id);
    expire_at(context, link, until);
    const Link::Read read = co_await link.read_some(buffer.prepare(first_read_bytes));
    if (read.error) co_return false;
    buffer.commit(read.bytes);
    context.live->is_idle = false;
    context.state->door.works(context.id);
    co_return true;
}

awaitable<error_code> write_answer(const SessionContext& context, Link& link,
                                   const Response& response, AnswerForm form) {
    std::string text = answer_head(response, form, date_now(*context.state));
    const std::string& body = response.body;
    const bool is_sent = sends_body(response, form);
    const bool is_joined = body.size() <= joined_body_bytes_max;
    if (is_sent && is_joined) text += body;
    error_code ec = co_await link.write(asio::buffer(text));
    if (!ec && is_sent && !is_joined) ec = co_await link.write(asio::buffer(body));
    co_return ec;
}

awaitable<void> serve(SessionContext& context, Link& link) {
    const ServerLimits& limits = context.state->options.limits;
    beast::flat_buffer buffer(std::max(request_buffer_bytes_max, 2 * limits.header_bytes_max));
    const rt::Clock& clock = *context.state->clock;
    const release::Instant first_until = clock.now() + limits.header_timeout;
    for (bool is_first = true;; is_first = false) {
        if (buffer.size() == 0) {
            const auto until = is_first ? first_until : clock.now() + limits.idle_timeout;
            if (!co_await wait_for_request(context, link, buffer, until)) co_return;
        }
        RequestParser parser;
        parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes_max + 1));
        parser.body_limit(boost::none);  // checked later, when the client is known
        expire_at(context, link, is_first ? first_until : clock.now() + limits.header_timeout);
        ReadEnd header = co_await read_header(context, link, buffer, parser);
        std::optional<Outcome> outcome = std::move(header.answer);
        if (header.is_whole) outcome = co_await serve_request(context, link, buffer, parser);
        if (!outcome) co_return;
        // A large answer holds its share of the memory until it is written: the client may never
        // read it.
        BodyRoom room(context.state->bodies, outcome->is_urgent);
        const std::size_t answer_bytes = outcome->response.body.capacity();
        if (answer_bytes > joined_body_bytes_max && !room.grow_to(answer_bytes)) {
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
                    co_await serve_stream(context, link, std::move(outcome->response), version);
                const bool lingers = end == StreamEnd::unread || buffer.size() > 0;
                if (end != StreamEnd::cut) co_await finish(link, lingers);
                co_return;
            }
            outcome = too_many_streams(context);
        }
        link.expires_after(limits.write_timeout);
        const AnswerForm form{is_head, keeps, version};
        const error_code write_ec = co_await write_answer(context, link, outcome->response, form);
        if (write_ec == beast::error::timeout) ++context.state->figures.slow;
        if (write_ec) co_return;
        if (!keeps) {
            co_await finish(link, outcome->lingers);
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

awaitable<void> serve_tls(SessionContext& context, Link& link) {
    const ServerLimits& limits = context.state->options.limits;
    link.expires_after(limits.handshake_timeout);
    const error_code ec = co_await link.handshake(asio::ssl::stream_base::server);
    if (ec && (context.state->is_stopping || context.live->is_evicted)) co_return;
    if (ec) {
        tell_refused(context, link.session(), ec);
        // Otherwise a reset could overtake the alert that tells the peer why.
        if (ec.category() == asio::error::get_ssl_category()) {
            link.expires_after(shutdown_limit);
            co_await link.discard();
        }
        co_return;
    }
    context.session = link.session();
    const CertificatePtr leaf(SSL_get1_peer_certificate(context.session));
    if (leaf) {
        std::string address = std::move(context.peer.address);
        context.peer = read_peer(leaf.get());
        context.peer.address = std::move(address);
        context.is_mutual = true;
        if (judge(context).empty()) (void)take_place(context);
    }
    co_await serve(context, link);
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
    if (contexts != nullptr) context.generation = contexts->generation();
    const auto link =
        make_link(std::move(socket), contexts == nullptr ? nullptr : contexts->current());
    context.live->close = [&link] { link->close(); };
    if (contexts != nullptr) {
        co_await serve_tls(context, *link);
    } else {
        co_await serve(context, *link);
    }
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
