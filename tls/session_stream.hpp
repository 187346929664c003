// Inside the server: streams an answer piece by piece, without a time limit. A template over the
// connection type, for session.cpp only.
#pragma once

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tls/rt/log.hpp"
#include "tls/rt/signal.hpp"
#include "tls/rt/spawn.hpp"
#include "tls/session_work.hpp"

namespace edgeroll::tls {

enum class StreamEnd {
    whole,   ///< the last byte was written
    unread,  ///< written, but the peer has sent unexpected bytes
    cut,     ///< the peer disconnected or was too slow, or the source threw
};

/// State shared by the writer, the watcher of the peer and the source's call. Each holds it, so
/// that an abandoned call still finds it.
struct StreamTalk {
    explicit StreamTalk(const boost::asio::any_io_executor& loop) : write_limit(loop) {}

    rt::Signal changed;  ///< any member below
    boost::asio::steady_timer write_limit;
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

/// Asks the source for its next piece. May outlive the stream (ChunkSource).
inline void ask(const std::shared_ptr<StreamTalk>& talk, const ChunkSource& source,
                const boost::asio::any_io_executor& executor) {
    talk->has_answer = false;
    auto take = [talk](std::exception_ptr failure, std::optional<std::string> piece) {
        talk->failure = failure;
        talk->piece = std::move(piece);
        talk->has_answer = true;
        talk->changed.notify();
    };
    try {
        boost::asio::co_spawn(executor, source(), std::move(take));
    } catch (...) {
        talk->failure = std::current_exception();
        talk->has_answer = true;
    }
}

[[nodiscard]] inline std::string text_of(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "not a std::exception";
    }
}

/// Reads and discards, the only way to notice a disconnect while nothing is written. The connection
/// must live until is_watcher_over.
template <class Stream>
boost::asio::awaitable<void> watch_peer(Stream& stream, std::shared_ptr<StreamTalk> talk) {
    constexpr std::size_t unwanted_bytes_max = 64U << 10;
    std::string piece(1024, '\0');
    for (std::size_t total = 0; total <= unwanted_bytes_max && !talk->is_finishing;) {
        auto [ec, count] = co_await stream.async_read_some(
            boost::asio::buffer(piece), boost::asio::as_tuple(boost::asio::use_awaitable));
        if (ec) break;
        total += count;
        talk->has_unwanted = true;
    }
    if (!talk->is_finishing) {
        talk->is_peer_gone = true;
        boost::beast::get_lowest_layer(stream).close();  // ends a hanging write as well
    }
    talk->is_watcher_over = true;
    talk->changed.notify();
}

/// False: not written in time, or the connection broke.
template <class Stream>
boost::asio::awaitable<bool> write_text(Stream& stream, std::shared_ptr<StreamTalk> talk,
                                        std::string text, release::Millis limit) {
    // Not the stream's own time limit: it would also end the watcher's read.
    talk->is_writing = true;
    const int number = ++talk->writes_begun;
    talk->write_limit.expires_after(limit);
    talk->write_limit.async_wait([talk, number, &stream](const boost::system::error_code& ec) {
        const bool is_meant = talk->is_writing && talk->writes_begun == number;
        if (!ec && is_meant) boost::beast::get_lowest_layer(stream).close();
    });
    auto [ec, count] = co_await boost::asio::async_write(
        stream, boost::asio::buffer(text), boost::asio::as_tuple(boost::asio::use_awaitable));
    talk->is_writing = false;
    talk->write_limit.cancel();
    co_return !ec;
}

/// Writes pieces until the source has no more. @return whether the body was ended properly
template <class Stream>
boost::asio::awaitable<bool> pump(const SessionContext& context, Stream& stream,
                                  std::shared_ptr<StreamTalk> talk, ChunkSource source,
                                  unsigned version) {
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
            co_return co_await write_text(stream, talk, last, limit);
        }
        if (talk->piece->empty()) continue;
        std::string text = stream_piece(std::move(*talk->piece), version);
        if (!co_await write_text(stream, talk, std::move(text), limit)) co_return false;
    }
    co_return false;
}

/// Writes the answer. The connection cannot be reused afterwards.
template <class Stream>
boost::asio::awaitable<StreamEnd> serve_stream(const SessionContext& context, Stream& stream,
                                               Response response, unsigned version) {
    ServerState& state = *context.state;
    auto& socket = boost::beast::get_lowest_layer(stream);
    socket.expires_never();
    // A dead machine or network sends nothing: the kernel notices by missing acknowledgements.
    const auto patience = static_cast<unsigned>(state.options.limits.write_timeout.count());
    ::setsockopt(socket.socket().native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &patience,
                 sizeof(patience));
    const auto talk = std::make_shared<StreamTalk>(state.executor);
    context.live->end_stream = [talk] {
        talk->is_told_to_end = true;
        talk->changed.notify();
    };
    ++state.streams;
    rt::spawn(state.executor, "watch_peer", watch_peer(stream, talk));
    const std::string header = stream_header(response, version, date_now(state));
    bool is_whole = co_await write_text(stream, talk, header, state.options.limits.write_timeout);
    if (is_whole) {
        ChunkSource source = std::move(response.next_chunk);
        is_whole = co_await pump(context, stream, talk, std::move(source), version);
    }
    response.next_chunk = nullptr;
    --state.streams;
    context.live->end_stream = nullptr;
    talk->is_finishing = true;
    if (is_whole) {
        socket.cancel();
    } else {
        socket.close();
    }
    while (!talk->is_watcher_over)
        co_await talk->changed.wait();
    if (!is_whole) co_return StreamEnd::cut;
    co_return talk->has_unwanted ? StreamEnd::unread : StreamEnd::whole;
}

}  // namespace edgeroll::tls
