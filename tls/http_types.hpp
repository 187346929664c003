// Requests and responses without Beast, as handlers and callers see them.
#pragma once

#include <any>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace edgeroll::tls {

/// The peer of a TLS connection, as described by its certificate. Empty without TLS.
struct Peer {
    std::string address;            ///< IP address of the connection
    std::vector<std::string> uris;  ///< URI SANs
    std::vector<std::string> dns;   ///< DNS SANs
    std::vector<std::string> ips;   ///< IP SANs, in text form
    std::string common_name;
    std::string fingerprint;    ///< SHA-256 of the DER, 64 lower-case hex digits
    int uri_count = 0;          ///< URI SANs, including those left out of `uris`
    bool is_authority = false;  ///< CA:TRUE
};

struct Request {
    std::string method;                             ///< "GET", "POST", ...
    std::string path;                               ///< as sent, percent-encoded, without the query
    std::map<std::string, std::string> parameters;  ///< query parameters, decoded
    std::vector<std::string> captures;           ///< `{name}` parts of the route, decoded, in order
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;
    Peer peer;
    /// The body's share of the memory budget; returned with the request.
    std::shared_ptr<const void> room;
    /// Result of the gate for a request without a body, for the route's handler.
    std::any judged;
};

/// Returns a body piece by piece; nothing: the body is complete. Called on the loop thread, one
/// call at a time, and only after the connection took the previous piece: a slow reader slows down
/// only its own source. Empty pieces are skipped. If a call throws, the error is logged and the
/// stream is cut off, so that the peer can tell.
///
/// When the peer disconnects or the server stops, the function is destroyed at once, even during a
/// call. That call runs on and its piece is dropped: it must not refer to anything owned only by
/// the function. Wake a waiting call in the destructor.
using ChunkSource = std::function<boost::asio::awaitable<std::optional<std::string>>()>;

struct Response {
    int status = 200;
    std::string body;
    std::string content_type = "application/json";
    std::map<std::string, std::string> headers;  ///< additional headers, e.g. Retry-After
    /// Server only. When set, the body comes from here (`body` is not sent): chunked and without
    /// the handler's time limit; the connection is closed after it. Not called for HEAD or for a
    /// status without a body. A stopping server ends the stream as if it were complete; a source
    /// whose readers must know the difference says so in its last piece.
    ChunkSource next_chunk;
};

/// Handlers run on the loop thread and must not block. An exception becomes a 500 without detail.
using Handler = std::function<boost::asio::awaitable<Response>(Request)>;

/// What the gate decides from a request's header, before the body is read.
struct Pass {
    std::optional<Response> refusal;  ///< this answer is sent and the body is not read
    std::size_t body_bytes_max = 0;   ///< 0: the server's own limit
    std::any judged;                  ///< passed to the handler, unless the request has a body
    bool is_known = false;            ///< authenticated: the connection is no longer a stranger
    bool is_urgent = false;           ///< served even when other requests get a 503
};

/// Judges a request by its header; called before the handler, with an empty body. Must not block.
using Gate = std::function<Pass(const Request&)>;

/// A handler and its optional gate.
struct GatedHandler {
    Handler handler;
    Gate gate;
};

/// Current load of a server, and counts of closed and refused connections since its start.
struct ServerFigures {
    std::size_t strangers = 0, known = 0;  ///< connections, see tls/doorkeeper.hpp
    std::size_t body_bytes = 0;            ///< memory of request bodies and large answers
    std::int64_t evicted = 0;              ///< connections closed to admit others
    std::int64_t slow = 0;     ///< closed while a handshake, header, body or answer took too long
    std::int64_t no_room = 0;  ///< requests answered 503: no place or no memory left
};

}  // namespace edgeroll::tls
