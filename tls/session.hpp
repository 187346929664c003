// Inside the server: one accepted connection, from handshake to end.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tls/http_server.hpp"
#include "tls/rt/clock.hpp"
#include "tls/throttled_log.hpp"

namespace edgeroll::tls {

/// The parts of a connection that stop() and evict() need.
struct LiveConnection {
    std::function<void()> close;  ///< closes the socket; the session then ends by itself
    bool is_idle = true;          ///< no request has begun
    bool is_evicted = false;      ///< evicted before its session began
    /// Set while the answer is a stream: ends it after the current piece.
    std::function<void()> end_stream;
};

/// Shared by the server and its sessions; outlives both.
struct ServerState {
    ServerState(const boost::asio::any_io_executor& loop, ServerOptions given, const Router& table)
        : executor(loop),
          options(std::move(given)),
          router(&table),
          acceptor(loop),
          all_gone(loop),
          clock(rt::make_clock(loop)),
          door(options.limits.door),
          bodies(std::make_shared<BodyBudget>(options.limits.bodies_bytes_max,
                                              options.limits.urgent_bodies_bytes)) {}

    boost::asio::any_io_executor executor;
    ServerOptions options;
    const Router* router;
    boost::asio::ip::tcp::acceptor acceptor;
    bool is_stopping = false;
    std::map<GuestId, LiveConnection> live;
    std::size_t streams = 0;             ///< running now
    boost::asio::steady_timer all_gone;  ///< cancelled when the last connection ends
    std::unique_ptr<rt::Clock> clock;
    Doorkeeper door;
    std::shared_ptr<BodyBudget> bodies;  ///< requests may outlive the server
    ServerFigures figures;               ///< counters
    std::string date;                    ///< the Date header, and the second it is for:
    std::int64_t date_second = 0;
    ThrottledLog full{rt::LogLevel::warn}, no_memory{rt::LogLevel::warn};
    /// TLS peers that are refused, and peers that do not speak TLS: probes of the second kind must
    /// not hide the first.
    ThrottledLog refused{rt::LogLevel::info, release::Millis{2'000}}, no_tls{rt::LogLevel::info};
};

/// Closes evicted connections.
void evict(ServerState& state, const std::vector<GuestId>& guests);

/// Serves one connection, which is already in the state's `live`. Never throws.
/// @param address the peer's, for logs and Peer::address
[[nodiscard]] boost::asio::awaitable<void> run_session(std::shared_ptr<ServerState> state,
                                                       boost::asio::ip::tcp::socket socket,
                                                       std::string address, GuestId id);

}  // namespace edgeroll::tls
