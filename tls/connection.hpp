// One client connection, plain or TLS. Opened once, used for one request at a time, discarded after
// the first error.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "release/time.hpp"
#include "tls/client_pool.hpp"
#include "tls/http_types.hpp"
#include "tls/link.hpp"

namespace edgeroll::tls {

struct Outgoing {
    std::string method;
    std::string target;
    std::string host;  ///< the Host header
    std::map<std::string, std::string> headers;
    std::shared_ptr<const std::string> body;  ///< may be null
    std::size_t response_bytes_max = 1U << 20;
};

struct Exchange {
    Reply::Kind kind = Reply::Kind::not_sent;
    Response response;             ///< when answered; header names in lower case
    std::string message;           ///< otherwise: the error
    bool is_reusable = false;      ///< the connection may take another request
    bool is_closed_early = false;  ///< the peer closed before any byte of an answer
};

struct OpenFailure {
    Reply::Kind kind = Reply::Kind::not_sent;  ///< or wrong_peer
    std::string message;
};

class ClientConnection {
  public:
    /// @param context null: plain HTTP
    ClientConnection(const boost::asio::any_io_executor& executor,
                     std::shared_ptr<boost::asio::ssl::context> context)
        : link_(make_link(boost::asio::ip::tcp::socket(executor), std::move(context))) {}

    /// Connects TCP, then TLS, within `limit` for both. Call once. Loop thread.
    /// @param server_name sent as SNI when it is a host name; with `checks_name` the peer's
    /// certificate must be valid for it (a name or an address)
    boost::asio::awaitable<std::optional<OpenFailure>> open(boost::asio::ip::tcp::endpoint endpoint,
                                                            std::string server_name,
                                                            bool checks_name,
                                                            release::Millis limit);

    /// The peer's certificate; empty without TLS.
    [[nodiscard]] Peer peer() const;

    /// Sends one request and reads its answer, within `limit` from the first byte sent. Throws only
    /// when out of memory. The connection must live until it returns.
    boost::asio::awaitable<Exchange> exchange(Outgoing request, release::Millis limit);

    /// Whether an idle connection looks open from this side, with nothing received.
    [[nodiscard]] bool seems_open();

  private:
    boost::asio::awaitable<Exchange> read_answer(std::string method, std::size_t bytes_max,
                                                 release::Millis limit);

    std::unique_ptr<Link> link_;
    boost::beast::flat_buffer buffer_{answer_buffer_bytes_max};
    static constexpr std::size_t answer_buffer_bytes_max = 160U << 10;
};

}  // namespace edgeroll::tls
