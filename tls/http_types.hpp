// Requests and responses without Beast in them: what handlers and callers see.
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

/// Who is at the other end of a TLS connection, as its certificate says. Empty without one.
struct Peer {
    std::string address;            ///< IP address of the connection
    std::vector<std::string> uris;  ///< URI SANs
    std::vector<std::string> dns;   ///< DNS SANs
    std::vector<std::string> ips;   ///< IP SANs, in text form
    std::string common_name;
    std::string fingerprint;    ///< SHA-256 of the DER, 64 lower-case hex digits
    int uri_count = 0;          ///< URI SANs, with those that are left out of `uris`
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
    /// The body's part of the memory that all bodies may have; given back with the request.
    std::shared_ptr<const void> room;
    /// What the gate has found out about a request without a body, for its own handler.
    std::any judged;
};

/// Gives a body piece by piece; nothing: the body is whole. Called on the loop thread, one call at
/// a time, the next one when the piece before was taken by the connection: a slow reader slows down
/// its own source and nothing else. An empty piece is left out. What a call throws is logged and
/// cuts the stream off, so that the peer can tell.
///
/// When the peer goes away or the server stops, the function is destroyed at once, also during a
/// call. That call goes on alone and its piece is dropped: it must refer to nothing that the
/// function owns alone. The destructor is the place to wake it up.
using ChunkSource = std::function<boost::asio::awaitable<std::optional<std::string>>()>;

struct Response {
    int status = 200;
    std::string body;
    std::string content_type = "application/json";
    std::map<std::string, std::string> headers;  ///< further ones, e.g. Retry-After
    /// Server only. When set, the body comes from here (`body` is not sent): in chunks, for as long
    /// as it takes (the handler's time limit does not count), and the connection is closed after
    /// it. A HEAD or a status without a body never calls it. A server that stops ends the stream as
    /// if it were whole: who needs to know says so in the last piece.
    ChunkSource next_chunk;
};

/// Handlers run on the loop thread and must not block. What they throw becomes a 500 without
/// detail.
using Handler = std::function<boost::asio::awaitable<Response>(Request)>;

/// What a request's header earns it, before its body is read.
struct Pass {
    std::optional<Response> refusal;  ///< the answer; the body is not read then
    std::size_t body_bytes_max = 0;   ///< 0: the server's own limit
    std::any judged;                  ///< goes to the handler, unless there is a body to wait for
    bool is_known = false;   ///< it has shown who it is: its connection is no stranger's any more
    bool is_urgent = false;  ///< served where others are told to come later
};

/// Judges a request by its header: called with an empty body, before the handler. Must not block.
using Gate = std::function<Pass(const Request&)>;

/// A handler and what stands before it.
struct GatedHandler {
    Handler handler;
    Gate gate;
};

/// What a server has to do with now, and whom it has turned away since it started.
struct ServerFigures {
    std::size_t strangers = 0, known = 0;  ///< connections, see tls/doorkeeper.hpp
    std::size_t body_bytes = 0;            ///< memory of bodies, of requests and large answers
    std::int64_t evicted = 0;              ///< connections closed to make room for others
    std::int64_t slow = 0;     ///< closed while a handshake, header, body or answer took too long
    std::int64_t no_room = 0;  ///< requests answered 503 for want of a place or of memory
};

}  // namespace edgeroll::tls
