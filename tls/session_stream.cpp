#include "tls/session_stream.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tls/rt/log.hpp"
#include "tls/rt/signal.hpp"
#include "tls/rt/spawn.hpp"

namespace edgeroll::tls {

namespace asio = boost::asio;

namespace {

// State shared by the writer, the watcher of the peer and the source's call. Each holds it, so
// that an abandoned call still finds it.
struct StreamTalk {
    explicit StreamTalk(const asio::any_io_executor& loop) : write_limit(loop) {}

    rt::Signal changed;  ///< any member below
    asio::steady_timer write_limit;
    bool has_answer = false;
    std::optional<std::string> piece;
    std::exception_ptr failure;
    bool is_told_to_end = false;
    bool is_peer_gone = false;
    bool is_finishing = false;  ///< the watcher is being cancelled
    bool is_watcher_over = false;
    bool has_unwanted = false;
    int writes_begun = 0;
    bool is_writing = false;
};

// Asks the source for its next piece. May outlive the stream (ChunkSource).
void ask(const std::shared_ptr<StreamTalk>& talk, const ChunkSource& source,
         const asio::any_io_executor& executor) {
    talk->has_answer = false;
    auto take = [talk](std::exception_ptr failure, std::optional<std::string> piece) {
        talk->failure = failure;
        talk->piece = std::move(piece);
        talk->has_answer = true;
        talk->changed.notify();
    };
    try {
        asio::co_spawn(executor, source(), std::move(take));
    } catch (...) {
        talk->failure = std::current_exception();
        talk->has_answer = true;
    }
}

std::string text_of(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "not a std::exception";
    }
}

// Reads and discards, the only way to notice a disconnect while nothing is written. The connection
// must live until is_watcher_over.
asio::awaitable<void> watch_peer(Link& link, std::shared_ptr<StreamTalk> talk) {
    constexpr std::size_t unwanted_bytes_max = 64U << 10;
    std::string piece(1024, '\0');
    for (std::size_t total = 0; total <= unwanted_bytes_max && !talk->is_finishing;) {
        const Link::Read read = co_await link.read_some(asio::buffer(piece));
        if (read.error) break;
        total += read.bytes;
        talk->has_unwanted = true;
    }
    if (!talk->is_finishing) {
        talk->is_peer_gone = true;
        link.close();  // ends a hanging write as well
    }
    talk->is_watcher_over = true;
    talk->changed.notify();
}

// False: not written in time, or the connection broke.
asio::awaitable<bool> write_text(Link& link, std::shared_ptr<StreamTalk> talk, std::string text,
                                 release::Millis limit) {
    // Not the stream's own time limit: it would also end the watcher's read.
    talk->is_writing = true;
    const int number = ++talk->writes_begun;
    talk->write_limit.expires_after(limit);
    talk->write_limit.async_wait([talk, number, &link](const boost::system::error_code& ec) {
        const bool is_meant = talk->is_writing && talk->writes_begun == number;
        if (!ec && is_meant) link.close();
    });
    const Link::Error ec = co_await link.write(asio::buffer(text));
    talk->is_writing = false;
    talk->write_limit.cancel();
    co_return !ec;
}

// Writes pieces until the source has no more. @return whether the body was ended properly
asio::awaitable<bool> pump(const SessionContext& context, Link& link,
                           std::shared_ptr<StreamTalk> talk, ChunkSource source, unsigned version) {
    const ServerState& state = *context.state;
    const release::Millis limit = state.options.limits.write_timeout;
    while (!talk->is_peer_gone) {
        ask(talk, source, state.executor);
        while (!talk->has_answer && !talk->is_peer_gone && !talk->is_told_to_end &&
               !state.is_stopping) {
            co_await talk->changed.wait();
        }
        if (talk->is_peer_gone) co_return false;
        const bool is_over = talk->is_told_to_end || state.is_stopping;
        if (!is_over && talk->failure) {
            rt::log(rt::LogLevel::error, "handler_failed",
                    {{"path", "(a stream)"}, {"error", text_of(talk->failure)}});
            co_return false;
        }
        if (is_over || !talk->piece) {
            const std::string last = version > 10 ? "0\r\n\r\n" : "";
            co_return co_await write_text(link, talk, last, limit);
        }
        if (talk->piece->empty()) continue;
        std::string text = stream_piece(std::move(*talk->piece), version);
        if (!co_await write_text(link, talk, std::move(text), limit)) co_return false;
    }
    co_return false;
}

}  // namespace

asio::awaitable<StreamEnd> serve_stream(const SessionContext& context, Link& link,
                                        Response response, unsigned version) {
    ServerState& state = *context.state;
    link.expires_never();
    // A dead machine or network sends nothing: the kernel notices by missing acknowledgements.
    const auto patience = static_cast<unsigned>(state.options.limits.write_timeout.count());
    ::setsockopt(link.socket().native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &patience,
                 sizeof(patience));
    const auto talk = std::make_shared<StreamTalk>(state.executor);
    context.live->end_stream = [talk] {
        talk->is_told_to_end = true;
        talk->changed.notify();
    };
    ++state.streams;
    rt::spawn(state.executor, "watch_peer", watch_peer(link, talk));
    const std::string header = stream_header(response, version, date_now(state));
    bool is_whole = co_await write_text(link, talk, header, state.options.limits.write_timeout);
    if (is_whole) {
        ChunkSource source = std::move(response.next_chunk);
        is_whole = co_await pump(context, link, talk, std::move(source), version);
    }
    response.next_chunk = nullptr;
    --state.streams;
    context.live->end_stream = nullptr;
    talk->is_finishing = true;
    if (is_whole) {
        link.cancel();
    } else {
        link.close();
    }
    while (!talk->is_watcher_over)
        co_await talk->changed.wait();
    if (!is_whole) co_return StreamEnd::cut;
    co_return talk->has_unwanted ? StreamEnd::unread : StreamEnd::whole;
}

}  // namespace edgeroll::tls
