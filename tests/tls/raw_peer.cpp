#include "raw_peer.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <list>

namespace edgeroll::tls::test {
namespace {

constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);
using TlsStream = asio::ssl::stream<tcp::socket>;

tcp::endpoint endpoint_at(int port) {
    return {asio::ip::make_address(own_address()), static_cast<unsigned short>(port)};
}

}  // namespace

struct RawClient::Shared {
    explicit Shared(const asio::any_io_executor& executor) : socket(executor) {}
    tcp::socket socket;
    std::array<char, 65536> piece{};
    std::string text;
    bool is_closed = false;

    static void read(const std::shared_ptr<Shared>& self) {
        self->socket.async_read_some(
            asio::buffer(self->piece),
            [self](const boost::system::error_code& ec, std::size_t count) {
                if (ec) {
                    self->is_closed = true;
                    return;
                }
                self->text.append(self->piece.data(), count);
                read(self);
            });
    }
};

RawClient::RawClient(Loop& loop, int port)
    : loop_(loop), shared_(std::make_shared<Shared>(loop.executor())) {
    shared_->socket.connect(endpoint_at(port));
    Shared::read(shared_);
}

void RawClient::send(const std::string& text) {
    auto owned = std::make_shared<std::string>(text);
    asio::async_write(shared_->socket, asio::buffer(*owned),
                      [owned](const boost::system::error_code&, std::size_t) {});
}

std::string RawClient::read_until(const std::string& text, std::chrono::milliseconds limit) {
    loop_.until([&] { return shared_->is_closed || shared_->text.find(text) != std::string::npos; },
                limit);
    return std::exchange(shared_->text, std::string{});
}

bool RawClient::is_closed(std::chrono::milliseconds limit) {
    return loop_.until([&] { return shared_->is_closed; }, limit);
}

void RawClient::close() {
    boost::system::error_code ignored;
    shared_->socket.close(ignored);
}

struct RawServer::Shared {
    Shared(Loop& loop, std::shared_ptr<asio::ssl::context> given, std::vector<Script> list)
        : context(std::move(given)),
          scripts(std::move(list)),
          acceptor(loop.executor(), endpoint_at(0)) {}
    std::shared_ptr<asio::ssl::context> context;
    std::vector<Script> scripts;
    tcp::acceptor acceptor;
    int connections = 0;
    std::list<std::shared_ptr<TlsStream>> open;

    static asio::awaitable<void> play(std::shared_ptr<TlsStream> stream, Script script) {
        if (script.closes_before_handshake) {
            stream->lowest_layer().close();
            co_return;
        }
        if (!script.garbage_instead_of_handshake.empty()) {
            co_await asio::async_write(stream->next_layer(),
                                       asio::buffer(script.garbage_instead_of_handshake), as_tuple);
            co_return;
        }
        auto [shaken] = co_await stream->async_handshake(asio::ssl::stream_base::server, as_tuple);
        if (shaken) co_return;
        std::string piece(65536, '\0');
        do {
            std::size_t got = 0;
            while (got < script.reads) {
                auto [ec, count] = co_await stream->async_read_some(asio::buffer(piece), as_tuple);
                if (ec) co_return;
                got += count;
            }
            auto [ec, count] =
                co_await asio::async_write(*stream, asio::buffer(script.answer), as_tuple);
            if (ec) co_return;
        } while (script.answers_again);
        if (script.dies_on_next) co_await stream->async_read_some(asio::buffer(piece), as_tuple);
        if (script.stays_open) co_return;
        if (script.says_farewell) co_await stream->async_shutdown(as_tuple);
        stream->lowest_layer().close();
    }

    static asio::awaitable<void> accept(std::shared_ptr<Shared> self) {
        while (true) {
            auto [ec, socket] = co_await self->acceptor.async_accept(as_tuple);
            if (ec) co_return;
            const auto index =
                std::min(static_cast<std::size_t>(self->connections), self->scripts.size() - 1);
            ++self->connections;
            auto stream = std::make_shared<TlsStream>(std::move(socket), *self->context);
            self->open.push_back(stream);
            auto work = play(stream, self->scripts[index]);
            asio::co_spawn(self->acceptor.get_executor(), std::move(work),
                           [self](std::exception_ptr failure) { EXPECT_FALSE(failure); });
        }
    }
};

RawServer::RawServer(Loop& loop, std::shared_ptr<asio::ssl::context> context,
                     std::vector<Script> scripts)
    : shared_(std::make_shared<Shared>(loop, std::move(context), std::move(scripts))) {
    asio::co_spawn(loop.executor(), Shared::accept(shared_),
                   [](std::exception_ptr failure) { EXPECT_FALSE(failure); });
}

RawServer::~RawServer() {
    boost::system::error_code ignored;
    shared_->acceptor.close(ignored);
    for (const auto& stream : shared_->open)
        stream->lowest_layer().close(ignored);
}

int RawServer::port() const {
    return shared_->acceptor.local_endpoint().port();
}
int RawServer::connections() const {
    return shared_->connections;
}

}  // namespace edgeroll::tls::test
