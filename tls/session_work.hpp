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

#include "tls/session.hpp"

namespace edgeroll::tls {

using RequestParser = boost::beast::http::request_parser<boost::beast::http::string_body>;
using ResponseMessage = boost::beast::http::response<boost::beast::http::string_body>;

/// What a session needs all the time.
struct SessionContext {
    std::shared_ptr<ServerState> state;
    LiveConnection* live = nullptr;
    Peer peer;
    SSL* session = nullptr;  ///< null without TLS
    int generation = 0;      ///< of the TLS context that the connection was made under
};

struct Outcome {
    Response response;
    bool closes = false;   ///< the connection ends after this answer
    bool lingers = false;  ///< part of the request is still unread
};

/// An answer of the server's own.
[[nodiscard]] Outcome refusal(const SessionContext& context, int status, const std::string& what,
                              bool closes);

/// The answer to a request for one stream more than there may be.
[[nodiscard]] Outcome too_many_streams(const SessionContext& context);

/// The answer to a request that could not be read; nothing when there is nobody to answer.
[[nodiscard]] std::optional<Outcome> unreadable(const SessionContext& context,
                                                const boost::system::error_code& ec);

[[nodiscard]] Request to_request(const RequestParser& parser, const Peer& peer);
[[nodiscard]] ResponseMessage to_message(Response&& response, bool is_head, bool keeps,
                                         unsigned version);

[[nodiscard]] bool is_stream(const Response& response);
/// Status line and fields of an answer whose body comes in pieces and ends the connection: in
/// chunks, or (HTTP/1.0) up to the end of the connection.
[[nodiscard]] std::string stream_header(const Response& response, unsigned version);
/// A piece as it is written. Not empty: an empty chunk would end the body.
[[nodiscard]] std::string stream_piece(std::string piece, unsigned version);

/// Empty when the peer is welcome. Asked for every request: its certificate may have been revoked,
/// or have run out, since the handshake.
[[nodiscard]] std::string judge(const SessionContext& context);

/// Runs the handler within its time; what it throws becomes a 500. The context must live until
/// it returns.
[[nodiscard]] boost::asio::awaitable<Outcome> run_handler(const SessionContext& context,
                                                          const Handler& handler, Request request);

}  // namespace edgeroll::tls
