// An HTTP or HTTPS server with limits on header, body, time and connections.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "release/result.hpp"
#include "release/time.hpp"
#include "tls/body_room.hpp"
#include "tls/context_store.hpp"
#include "tls/doorkeeper.hpp"
#include "tls/http_types.hpp"
#include "tls/router.hpp"

namespace edgeroll::tls {

struct ServerLimits {
    std::size_t header_bytes_max = 16U << 10;
    std::size_t body_bytes_max = 1U << 20;
    std::size_t bodies_bytes_max = 64U << 20;    ///< all bodies, answers included; more: 503
    std::size_t urgent_bodies_bytes = 1U << 20;  ///< part of these reserved for urgent requests
    DoorLimits door;                             ///< at most half of the process's open files
    std::size_t streams_max = 256;  ///< answers with a ChunkSource; more than these get a 503
    release::Millis handshake_timeout{5'000};
    /// Deadline for a complete header: counted from the start of the connection (or handshake) for
    /// the first, from its first byte for later ones.
    release::Millis header_timeout{10'000};
    PaceRules body_pace;
    release::Millis write_timeout{30'000};  ///< an answer, or a piece of a stream
    release::Millis handler_timeout{90'000};
    release::Millis idle_timeout{120'000};  ///< kept connection without a request
};

/// Bodies of the server's own answers, in the program's JSON: 400, 404, 405, 413, 431, 500, 503.
using ErrorBody = std::function<std::string(int status, const std::string& what)>;

class HttpServer {
  public:
    virtual ~HttpServer() = default;
    /// Stops accepting, closes idle connections, ends streams, and gives running requests `grace`
    /// to end.
    virtual boost::asio::awaitable<void> stop(release::Millis grace) = 0;
    /// The bound port (tests may ask for port 0).
    [[nodiscard]] virtual int port() const = 0;
    [[nodiscard]] virtual ServerFigures figures() const = 0;
};

struct ServerOptions {
    std::string address;               ///< "host:port" or ":port"; "[::1]:port" for IPv6
    std::string address_name;          ///< the setting's name, for errors ("HTTP_ADDR")
    ContextStore* contexts = nullptr;  ///< null: plain HTTP. Must outlive the server.
    /// With TLS: judges the peer before any handler runs. Returns the reason for a 403 (the
    /// connection is then closed), or empty to accept. Called for every request.
    std::function<std::string(const Peer&)> judge_peer;
    ServerLimits limits;
    ErrorBody error_body;
};

/// Binds and starts to accept. The router must outlive the server. Error: names the setting and why
/// the address cannot be bound.
[[nodiscard]] release::Result<std::unique_ptr<HttpServer>> start_server(
    boost::asio::any_io_executor executor, ServerOptions options, const Router& router);

/// Checks whether a server could start at that address now, without starting it. False when the
/// address is merely in use, perhaps by the running service itself. Error: as of start_server.
[[nodiscard]] release::Result<bool> check_listen_address(const std::string& address,
                                                         const std::string& address_name);

}  // namespace edgeroll::tls
