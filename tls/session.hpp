// Inside the server: one accepted connection, from its handshake to its end.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "tls/http_server.hpp"

namespace edgeroll::tls {

/// What stop() needs to know of a connection.
struct LiveConnection {
    std::function<void()> close;  ///< closes the socket; the session then ends by itself
    bool is_idle = true;          ///< no request has begun
    /// Set while the answer is a stream: ends it after the piece that is being written.
    std::function<void()> end_stream;
};

/// Shared by the server and its sessions; outlives both.
struct ServerState {
    ServerState(const boost::asio::any_io_executor& loop, ServerOptions given, const Router& table)
        : executor(loop),
          options(std::move(given)),
          router(&table),
          acceptor(loop),
          all_gone(loop) {}

    boost::asio::any_io_executor executor;
    ServerOptions options;
    const Router* router;
    boost::asio::ip::tcp::acceptor acceptor;
    bool is_stopping = false;
    std::list<LiveConnection> live;
    std::size_t streams = 0;             ///< running now
    boost::asio::steady_timer all_gone;  ///< cancelled when the last connection ends
};

/// Serves one connection. Never throws.
/// @param address the peer's, for logs and Peer::address
[[nodiscard]] boost::asio::awaitable<void> run_session(std::shared_ptr<ServerState> state,
                                                       boost::asio::ip::tcp::socket socket,
                                                       std::string address);

}  // namespace edgeroll::tls
