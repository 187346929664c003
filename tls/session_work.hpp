// Inside the server: what a session knows, decides and says, apart from moving bytes.
#pragma once

#include <openssl/types.h>

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/system/error_code.hpp>
#include <memory>
#include <optional>
#include <string>

#include "tls/growing_body.hpp"
#include "tls/session.hpp"

namespace edgeroll::tls {

using RequestParser = boost::beast::http::request_parser<GrowingBody>;
using ResponseMessage = boost::beast::http::response<boost::beast::http::string_body>;

/// What a session needs all the time.
struct SessionContext {
    std::shared_ptr<ServerState> state;
    LiveConnection* live = nullptr;
    GuestId id = 0;
    Peer peer;
    SSL* session = nullptr;  ///< null without TLS
    int generation = 0;      ///< of the TLS context that the connection was made under
    bool is_mutual = false;  ///< the peer has shown a certificate that was accepted
    bool is_known = false;   ///< it has its place among the known ones
};

struct Outcome {
    Response response;
    bool closes = false;   ///< the connection ends after this answer
    bool lingers = false;  ///< part of the request is still unread
    bool is_urgent = false;
};

/// An answer of the server's own.
[[nodiscard]] Outcome refusal(const SessionContext& context, int status, const std::string& what,
                              bool closes);

/// A 503 with Retry-After, after which the connection is closed.
[[nodiscard]] Outcome no_room(const SessionContext& context, const std::string& what);

/// The answer to a request for one stream more than there may be.
[[nodiscard]] Outcome too_many_streams(const SessionContext& context);

/// The answer to a body that is larger than that.
[[nodiscard]] Outcome too_large(const SessionContext& context, std::size_t bytes_max);

/// The answer to a request that could not be read; nothing when there is nobody to answer.
/// @param body_bytes_max the limit of its body
[[nodiscard]] std::optional<Outcome> unreadable(const SessionContext& context,
                                                const boost::system::error_code& ec,
                                                std::size_t body_bytes_max);

[[nodiscard]] Request to_request(const RequestParser& parser, const Peer& peer);
/// The Date of an answer that is written now.
[[nodiscard]] const std::string& date_now(ServerState& state);

/// With Date and nosniff. @param date see date_now
[[nodiscard]] ResponseMessage to_message(Response&& response, bool is_head, bool keeps,
                                         unsigned version, const std::string& date);

[[nodiscard]] bool is_stream(const Response& response);
/// Status line and fields of an answer whose body comes in pieces and ends the connection: in
/// chunks, or (HTTP/1.0) up to the end of the connection.
[[nodiscard]] std::string stream_header(const Response& response, unsigned version,
                                        const std::string& date);
/// A piece as it is written. Not empty: an empty chunk would end the body.
[[nodiscard]] std::string stream_piece(std::string piece, unsigned version);

/// Empty when the peer is welcome. Asked for every request: its certificate may have been revoked,
/// or have run out, since the handshake.
[[nodiscard]] std::string judge(const SessionContext& context);

/// What stands before the route's handler says, a 500 when it throws.
[[nodiscard]] Pass run_gate(const SessionContext& context, const Gate* gate,
                            const Request& request);

/// Gives the connection its place among the known ones when it has earned it. False: there is none.
[[nodiscard]] bool take_place(SessionContext& context);

/// Runs the handler within its time; what it throws becomes a 500. The context must live until
/// it returns.
[[nodiscard]] boost::asio::awaitable<Outcome> run_handler(const SessionContext& context,
                                                          const Handler& handler, Request request);

}  // namespace edgeroll::tls
