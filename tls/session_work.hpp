// Inside the server: a session's state, decisions and messages, without I/O.
#pragma once

#include <openssl/types.h>

#include <boost/beast/http/parser.hpp>
#include <boost/system/error_code.hpp>
#include <memory>
#include <optional>
#include <string>

#include "tls/growing_body.hpp"
#include "tls/session.hpp"

namespace edgeroll::tls {

using RequestParser = boost::beast::http::request_parser<GrowingBody>;

/// State of a session.
struct SessionContext {
    std::shared_ptr<ServerState> state;
    LiveConnection* live = nullptr;
    GuestId id = 0;
    Peer peer;
    SSL* session = nullptr;  ///< null without TLS
    int generation = 0;      ///< of the connection's TLS context
    bool is_mutual = false;  ///< the peer's certificate was accepted
    bool is_known = false;   ///< it has a place among the known guests
};

struct Outcome {
    Response response;
    bool closes = false;   ///< close the connection after this answer
    bool lingers = false;  ///< part of the request is still unread
    bool is_urgent = false;
};

/// An answer of the server's own.
[[nodiscard]] Outcome refusal(const SessionContext& context, int status, const std::string& what,
                              bool closes);

/// A 503 with Retry-After; the connection is closed after it.
[[nodiscard]] Outcome no_room(const SessionContext& context, const std::string& what);

/// The answer when the limit of streams is reached.
[[nodiscard]] Outcome too_many_streams(const SessionContext& context);

/// The answer to a body above this limit.
[[nodiscard]] Outcome too_large(const SessionContext& context, std::size_t bytes_max);

/// The answer to a request that could not be read; nothing when there is no peer to answer.
/// @param body_bytes_max the limit of its body
[[nodiscard]] std::optional<Outcome> unreadable(const SessionContext& context,
                                                const boost::system::error_code& ec,
                                                std::size_t body_bytes_max);

[[nodiscard]] Request to_request(const RequestParser& parser, const Peer& peer);
/// The Date header for now.
[[nodiscard]] const std::string& date_now(ServerState& state);

/// What the request makes of the answer's form.
struct AnswerForm {
    bool is_head = false;   ///< a HEAD request: without the body
    bool keeps = false;     ///< the connection takes another request afterwards
    unsigned version = 11;  ///< of HTTP: 10 or 11
};

/// Status line and headers; adds Date and nosniff. @param date see date_now
[[nodiscard]] std::string answer_head(const Response& response, AnswerForm form,
                                      const std::string& date);
[[nodiscard]] bool sends_body(const Response& response, AnswerForm form);

[[nodiscard]] bool is_stream(const Response& response);
/// Status line and headers of a streamed answer: chunked, or (HTTP/1.0) up to the end of the
/// connection, which it ends.
[[nodiscard]] std::string stream_header(const Response& response, unsigned version,
                                        const std::string& date);
/// A piece as it is written. Must not be empty: an empty chunk would end the body.
[[nodiscard]] std::string stream_piece(std::string piece, unsigned version);

/// Empty when the peer is accepted. Called for every request: the certificate may have been revoked
/// or have expired since the handshake.
[[nodiscard]] std::string judge(const SessionContext& context);

/// Runs the route's gate; an exception becomes a 500.
[[nodiscard]] Pass run_gate(const SessionContext& context, const Gate* gate,
                            const Request& request);

/// Gives an authenticated connection its place among the known guests. False: there is none.
[[nodiscard]] bool take_place(SessionContext& context);

/// Runs the handler within its time limit; an exception becomes a 500. The context must live until
/// it returns.
[[nodiscard]] boost::asio::awaitable<Outcome> run_handler(const SessionContext& context,
                                                          const Handler& handler, Request request);

}  // namespace edgeroll::tls
