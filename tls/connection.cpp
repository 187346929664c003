#include "tls/connection.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <utility>

#include "tls/message.hpp"
#include "tls/peer.hpp"
#include "tls/pem.hpp"
#include "tls/rt/program.hpp"
#include "tls/tls_errors.hpp"

namespace edgeroll::tls {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using release::Millis;
using Parser = http::response_parser<http::string_body>;

constexpr std::uint32_t header_bytes_max = 64U << 10;
constexpr std::size_t answer_piece_bytes = 64U << 10;
// Most answers are small, and a kept connection keeps its buffer: thousands are kept.
constexpr std::size_t first_piece_bytes = 4U << 10;
constexpr int interim_answers_max = 5;
// How long to wait for the peer's reason after a request could not be written.
constexpr Millis reason_limit{1'000};

bool is_host_name(const std::string& name) {
    error_code ec;
    asio::ip::make_address(name, ec);
    const bool is_address = !ec;
    // With a leading dot OpenSSL would accept every name below it.
    return !name.empty() && name.front() != '.' && name.size() < 255 && !is_address &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '.' || c == '_';
           });
}

Response to_response(http::response<http::string_body>&& message) {
    Response response;
    response.status = static_cast<int>(message.result_int());
    for (const auto& field : message) {
        response.headers[lower_case(std::string_view(field.name_string()))] =
            std::string(field.value());
    }
    response.content_type = std::string(message[http::field::content_type]);
    response.body = std::move(message.body());
    return response;
}

std::string request_head(const Outgoing& request) {
    http::request<http::empty_body> wire;
    wire.version(11);
    wire.method_string(request.method);
    wire.target(request.target);
    wire.set(http::field::host, request.host);
    wire.set(http::field::user_agent, "edgeroll/" + rt::program_version());
    for (const auto& [name, value] : request.headers)
        wire.set(name, value);
    const bool has_body = request.body && !request.body->empty();
    if (has_body && wire.find(http::field::content_type) == wire.end()) {
        wire.set(http::field::content_type, "application/json");
    }
    if (has_body || wire.method() == http::verb::post || wire.method() == http::verb::put) {
        wire.content_length(has_body ? request.body->size() : 0);
    }
    return head_text(wire);
}

// The request must live until the coroutine ends.
asio::awaitable<error_code> write_request(Link& link, const Outgoing& request) {
    std::string text = request_head(request);
    const std::size_t body_bytes = request.body ? request.body->size() : 0;
    const bool is_joined = body_bytes <= joined_body_bytes_max;
    if (is_joined && body_bytes > 0) text += *request.body;
    error_code ec = co_await link.write(asio::buffer(text));
    if (!ec && !is_joined) ec = co_await link.write(asio::buffer(*request.body));
    co_return ec;
}

asio::awaitable<error_code> read_message(Link& link, beast::flat_buffer& buffer, Parser& parser) {
    std::size_t piece = first_piece_bytes;
    while (true) {
        if (const error_code ec = parse(parser, buffer)) co_return ec;
        if (parser.is_done()) co_return error_code{};
        const std::size_t bytes = next_read_bytes(buffer, std::exchange(piece, answer_piece_bytes));
        if (bytes == 0) co_return make_error_code(http::error::buffer_overflow);
        const Link::Read read = co_await link.read_some(buffer.prepare(bytes));
        if (read.error == asio::error::eof) {
            if (!parser.got_some()) co_return make_error_code(http::error::end_of_stream);
            error_code ec;
            parser.put_eof(ec);  // the end of the connection may be the end of the body
            co_return ec;
        }
        if (read.error) co_return read.error;
        buffer.commit(read.bytes);
    }
}

std::string text(Millis limit) {
    return std::to_string(limit.count()) + " ms";
}

std::optional<OpenFailure> not_open(Reply::Kind kind, std::string message) {
    return OpenFailure{kind, std::move(message)};
}

// OpenSSL does not check a name that it refuses to take.
std::optional<OpenFailure> prepare_session(SSL* session, const std::string& server_name,
                                           bool checks_name) {
    const bool is_name = is_host_name(server_name);
    if (is_name && SSL_set_tlsext_host_name(session, server_name.c_str()) != 1) {
        return not_open(Reply::Kind::not_sent, "TLS does not accept this server name");
    }
    if (!checks_name) return std::nullopt;
    const bool is_checked =
        is_name ? SSL_set1_host(session, server_name.c_str()) == 1
                : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), server_name.c_str()) == 1;
    if (!is_checked) {
        ERR_clear_error();
        return not_open(Reply::Kind::wrong_peer,
                        "'" + server_name +
                            "' is neither a host name nor an address that a certificate "
                            "can be for");
    }
    return std::nullopt;
}

// Why no answer came.
void classify(Exchange& result, const error_code& ec, Millis limit, const SSL* session) {
    if (is_certificate_trouble(ec, session)) {
        result.kind = Reply::Kind::wrong_peer;
        result.message = describe(ec, session);
    } else if (ec == http::error::body_limit || ec == http::error::header_limit ||
               ec == http::error::buffer_overflow) {
        result.kind = Reply::Kind::too_large;
        result.message = "the answer is larger than the limit";
    } else {
        result.kind = Reply::Kind::no_answer;
        if (ec == beast::error::timeout) {
            result.message = "no complete answer within " + text(limit);
        } else if (ec == http::error::end_of_stream || ec == http::error::partial_message) {
            result.message = "the peer closed the connection before the answer was complete";
        } else if (ec.category() == make_error_code(http::error::bad_version).category()) {
            result.message = "the peer's answer is not HTTP (" + ec.message() + ")";
        } else {
            result.message = describe(ec, session);
        }
    }
}

}  // namespace

asio::awaitable<std::optional<OpenFailure>> ClientConnection::open(asio::ip::tcp::endpoint endpoint,
                                                                   std::string server_name,
                                                                   bool checks_name, Millis limit) {
    link_->expires_after(limit);
    const error_code connected = co_await link_->connect(endpoint);
    if (connected) {
        const bool is_late = connected == beast::error::timeout;
        co_return not_open(Reply::Kind::not_sent,
                           is_late ? "no connection within " + text(limit) : connected.message());
    }
    error_code ignored;
    link_->socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    if (link_->session() != nullptr) {
        if (auto failed = prepare_session(link_->session(), server_name, checks_name))
            co_return failed;
        const error_code shaken = co_await link_->handshake(asio::ssl::stream_base::client);
        if (shaken == beast::error::timeout) {
            co_return not_open(Reply::Kind::not_sent, "no TLS handshake within " + text(limit));
        }
        if (shaken) {
            co_return not_open(is_certificate_trouble(shaken, link_->session())
                                   ? Reply::Kind::wrong_peer
                                   : Reply::Kind::not_sent,
                               describe(shaken, link_->session()));
        }
    }
    link_->expires_never();
    co_return std::nullopt;
}

Peer ClientConnection::peer() const {
    const SSL* session = link_->session();
    if (session == nullptr) return {};
    const CertificatePtr leaf(SSL_get1_peer_certificate(session));
    return leaf ? read_peer(leaf.get()) : Peer{};
}

asio::awaitable<Exchange> ClientConnection::exchange(Outgoing request, Millis limit) {
    link_->expires_after(limit);
    const error_code written = co_await write_request(*link_, request);
    if (!written) {
        co_return co_await read_answer(request.method, request.response_bytes_max, limit);
    }
    Exchange result;
    result.message = written == beast::error::timeout
                         ? "the request could not be written within " + text(limit)
                         : "the connection broke while the request was written (" +
                               describe(written, link_->session()) + ")";
    if (written == beast::error::timeout) co_return result;
    // The peer may have given its reason before it closed: a certificate refusal, or an answer.
    link_->expires_after(std::min(limit, reason_limit));
    Exchange reason =
        co_await read_answer(request.method, request.response_bytes_max, reason_limit);
    reason.is_reusable = false;
    if (reason.kind == Reply::Kind::answered || reason.kind == Reply::Kind::wrong_peer) {
        co_return reason;
    }
    result.is_closed_early = true;
    co_return result;
}

bool ClientConnection::seems_open() {
    auto& socket = link_->socket();
    if (!socket.is_open()) return false;
    char byte = 0;
    const auto got = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

asio::awaitable<Exchange> ClientConnection::read_answer(std::string method, std::size_t bytes_max,
                                                        Millis limit) {
    Exchange result;
    for (int i = 0; i < interim_answers_max; ++i) {
        Parser parser;
        parser.header_limit(header_bytes_max);
        parser.body_limit(bytes_max);
        parser.skip(method == "HEAD");
        const error_code ec = co_await read_message(*link_, buffer_, parser);
        if (ec) {
            result.is_closed_early = i == 0 && !parser.got_some() && ec != beast::error::timeout;
            classify(result, ec, limit, link_->session());
            co_return result;
        }
        if (parser.get().result_int() >= 200) {
            result.kind = Reply::Kind::answered;
            result.is_reusable = parser.keep_alive() && !parser.need_eof() && buffer_.size() == 0;
            result.response = to_response(parser.release());
            link_->expires_never();
            if (buffer_.size() == 0 && buffer_.capacity() > first_piece_bytes) {
                buffer_.shrink_to_fit();
            }
            co_return result;
        }
    }
    result.kind = Reply::Kind::no_answer;
    result.message = "the peer sent only interim answers";
    co_return result;
}

}  // namespace edgeroll::tls
