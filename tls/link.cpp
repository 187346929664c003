#include "tls/link.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <string>
#include <type_traits>
#include <utility>

#include "tls/as_tuple.hpp"

namespace edgeroll::tls {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;
using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

template <class Stream>
class LinkOver final : public Link {
    static constexpr bool has_tls = std::is_same_v<Stream, TlsStream>;

  public:
    explicit LinkOver(tcp::socket socket) : stream_(std::move(socket)) {}
    LinkOver(tcp::socket socket, std::shared_ptr<asio::ssl::context> context)
        : context_(std::move(context)), stream_(std::move(socket), *context_) {}

    void expires_after(release::Millis limit) override { lowest().expires_after(limit); }
    void expires_never() override { lowest().expires_never(); }

    asio::awaitable<error_code> connect(tcp::endpoint endpoint) override {
        auto [ec] = co_await lowest().async_connect(endpoint, as_tuple);
        co_return ec;
    }
    asio::awaitable<error_code> handshake(
        [[maybe_unused]] asio::ssl::stream_base::handshake_type side) override {
        if constexpr (has_tls) {
            auto [ec] = co_await stream_.async_handshake(side, as_tuple);
            co_return ec;
        }
        co_return error_code{};
    }
    asio::awaitable<Read> read_some(asio::mutable_buffer into) override {
        auto [ec, count] = co_await stream_.async_read_some(into, as_tuple);
        co_return Read{ec, count};
    }
    asio::awaitable<error_code> write(asio::const_buffer bytes) override {
        auto [ec, count] = co_await asio::async_write(stream_, bytes, as_tuple);
        co_return ec;
    }
    asio::awaitable<error_code> shutdown() override {
        if constexpr (has_tls) {
            auto [ec] = co_await stream_.async_shutdown(as_tuple);
            co_return ec;
        }
        co_return error_code{};
    }
    asio::awaitable<void> discard() override {
        error_code ignored;
        socket().shutdown(tcp::socket::shutdown_send, ignored);
        std::string piece(16384, '\0');
        while (true) {
            auto [ec, count] = co_await lowest().async_read_some(asio::buffer(piece), as_tuple);
            if (ec) co_return;
        }
    }

    void cancel() override { lowest().cancel(); }
    void close() override { lowest().close(); }
    tcp::socket& socket() override { return lowest().socket(); }
    SSL* session() const override {
        if constexpr (has_tls) {
            return const_cast<TlsStream&>(stream_).native_handle();
        } else {
            return nullptr;
        }
    }

  private:
    beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream_); }

    std::shared_ptr<asio::ssl::context> context_;
    Stream stream_;
};

}  // namespace

std::unique_ptr<Link> make_link(tcp::socket socket, std::shared_ptr<asio::ssl::context> context) {
    if (!context) return std::make_unique<LinkOver<PlainStream>>(std::move(socket));
    return std::make_unique<LinkOver<TlsStream>>(std::move(socket), std::move(context));
}

}  // namespace edgeroll::tls
