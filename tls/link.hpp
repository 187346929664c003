// A TCP connection of a client or a server, with or without TLS. Hides Beast's streams: their
// templates are compiled in link.cpp only.
#pragma once

#include <openssl/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream_base.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>

#include "release/time.hpp"

namespace edgeroll::tls {

/// Loop thread. At most one read and one write at a time. The link and the buffers must live until
/// a call's coroutine ends. Errors are values; past the time limit they are beast::error::timeout,
/// and the connection is closed.
class Link {
  public:
    using Error = boost::system::error_code;
    struct Read {
        Error error;
        std::size_t bytes = 0;
    };

    virtual ~Link() = default;

    /// Of the calls that begin from now on. No limit at first.
    virtual void expires_after(release::Millis limit) = 0;
    virtual void expires_never() = 0;

    virtual boost::asio::awaitable<Error> connect(boost::asio::ip::tcp::endpoint endpoint) = 0;
    /// Without TLS: does nothing.
    virtual boost::asio::awaitable<Error> handshake(
        boost::asio::ssl::stream_base::handshake_type side) = 0;
    /// Reads at least one byte. The end of the peer's bytes is asio::error::eof.
    virtual boost::asio::awaitable<Read> read_some(boost::asio::mutable_buffer into) = 0;
    /// Writes all of it.
    virtual boost::asio::awaitable<Error> write(boost::asio::const_buffer bytes) = 0;
    /// Says goodbye by TLS and waits for the peer's. Without TLS: does nothing.
    virtual boost::asio::awaitable<Error> shutdown() = 0;
    /// Sends no more, and drops what the peer sends until it closes or the time limit.
    virtual boost::asio::awaitable<void> discard() = 0;

    /// Ends running calls with an error.
    virtual void cancel() = 0;
    virtual void close() = 0;
    [[nodiscard]] virtual boost::asio::ip::tcp::socket& socket() = 0;
    /// Null without TLS.
    [[nodiscard]] virtual SSL* session() const = 0;
};

/// @param context null: without TLS; else it lives as long as the link
[[nodiscard]] std::unique_ptr<Link> make_link(boost::asio::ip::tcp::socket socket,
                                              std::shared_ptr<boost::asio::ssl::context> context);

}  // namespace edgeroll::tls
