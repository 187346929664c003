// The only client code that includes Beast.
#include "tls/connection.hpp"
#include "tls/as_tuple.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <cerrno>

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
using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;
using WireRequest = http::request<http::span_body<const char>>;
using Parser = http::response_parser<http::string_body>;

constexpr std::uint32_t header_bytes_max = 64U << 10;
constexpr std::size_t answer_buffer_bytes_max = 160U << 10;
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

// The differences between plain and TLS connections.
struct PlainLink {
    explicit PlainLink(const asio::any_io_executor& executor) : stream(executor) {}
    [[nodiscard]] static const SSL* session() { return nullptr; }
    beast::tcp_stream& lowest() { return stream; }
    PlainStream stream;
};

struct TlsLink {
    TlsLink(const asio::any_io_executor& executor, std::shared_ptr<asio::ssl::context> ctx)
        : context(std::move(ctx)), stream(beast::tcp_stream(executor), *context) {}
    [[nodiscard]] SSL* session() { return stream.native_handle(); }
    beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream); }
    std::shared_ptr<asio::ssl::context> context;
    TlsStream stream;
};

Response to_response(http::response<http::string_body>&& message) {
    Response response;
    response.status = static_cast<int>(message.result_int());
    for (const auto& field : message) {
        std::string name{field.name_string()};
        std::transform(name.begin(), name.end(), name.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
        response.headers[name] = std::string(field.value());
    }
    response.content_type = std::string(message[http::field::content_type]);
    response.body = std::move(message.body());
    return response;
}

WireRequest to_wire(const Outgoing& request) {
    WireRequest wire;
    wire.version(11);
    wire.method_string(request.method);
    wire.target(request.target);
    wire.set(http::field::host, request.host);
    wire.set(http::field::user_agent, "edgeroll/" + rt::program_version());
    for (const auto& [name, value] : request.headers)
        wire.set(name, value);
    if (request.body && !request.body->empty()) {
        wire.body() = beast::span<const char>(request.body->data(), request.body->size());
        if (wire.find(http::field::content_type) == wire.end()) {
            wire.set(http::field::content_type, "application/json");
        }
    }
    wire.prepare_payload();
    return wire;
}

template <class Link>
class Connection final : public ClientConnection {
  public:
    template <class... Args>
    explicit Connection(Args&&... args) : link_(std::forward<Args>(args)...) {}

    asio::awaitable<std::optional<OpenFailure>> open(asio::ip::tcp::endpoint endpoint,
                                                     std::string server_name, bool checks_name,
                                                     Millis limit) override {
        link_.lowest().expires_after(limit);
        auto [connected] = co_await link_.lowest().async_connect(endpoint, as_tuple);
        if (connected) {
            const bool is_late = connected == beast::error::timeout;
            co_return failure(Reply::Kind::not_sent, is_late ? "no connection within " + text(limit)
                                                             : connected.message());
        }
        error_code ignored;
        link_.lowest().socket().set_option(asio::ip::tcp::no_delay(true), ignored);
        if constexpr (std::is_same_v<Link, TlsLink>) {
            if (auto failed = prepare_session(server_name, checks_name)) co_return failed;
            auto [shaken] =
                co_await link_.stream.async_handshake(asio::ssl::stream_base::client, as_tuple);
            if (shaken == beast::error::timeout) {
                co_return failure(Reply::Kind::not_sent, "no TLS handshake within " + text(limit));
            }
            if (shaken) {
                co_return failure(is_certificate_trouble(shaken, link_.session())
                                      ? Reply::Kind::wrong_peer
                                      : Reply::Kind::not_sent,
                                  describe(shaken, link_.session()));
            }
        }
        link_.lowest().expires_never();
        co_return std::nullopt;
    }

    [[nodiscard]] Peer peer() const override {
        Peer peer;
        if constexpr (std::is_same_v<Link, TlsLink>) {
            const CertificatePtr leaf(
                SSL_get1_peer_certificate(const_cast<TlsStream&>(link_.stream).native_handle()));
            if (leaf) peer = read_peer(leaf.get());
        }
        return peer;
    }

    asio::awaitable<Exchange> exchange(Outgoing request, Millis limit) override {
        WireRequest wire = to_wire(request);
        link_.lowest().expires_after(limit);
        auto [written, sent] = co_await http::async_write(link_.stream, wire, as_tuple);
        if (!written) {
            co_return co_await read_answer(request.method, request.response_bytes_max, limit);
        }
        Exchange result;
        result.message = written == beast::error::timeout
                             ? "the request could not be written within " + text(limit)
                             : "the connection broke while the request was written (" +
                                   describe(written, link_.session()) + ")";
        if (written == beast::error::timeout) co_return result;
        // The peer may have given its reason before it closed: a certificate refusal, or an answer.
        link_.lowest().expires_after(std::min(limit, reason_limit));
        Exchange reason =
            co_await read_answer(request.method, request.response_bytes_max, reason_limit);
        reason.is_reusable = false;
        if (reason.kind == Reply::Kind::answered || reason.kind == Reply::Kind::wrong_peer) {
            co_return reason;
        }
        result.is_closed_early = true;
        co_return result;
    }

    [[nodiscard]] bool seems_open() override {
        auto& socket = link_.lowest().socket();
        if (!socket.is_open()) return false;
        char byte = 0;
        const auto got = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    }

  private:
    static std::string text(Millis limit) { return std::to_string(limit.count()) + " ms"; }

    static std::optional<OpenFailure> failure(Reply::Kind kind, std::string message) {
        return OpenFailure{kind, std::move(message)};
    }

    // OpenSSL does not check a name that it refuses to take.
    std::optional<OpenFailure> prepare_session(const std::string& server_name, bool checks_name) {
        if constexpr (std::is_same_v<Link, TlsLink>) {
            SSL* session = link_.session();
            const bool is_name = is_host_name(server_name);
            if (is_name && SSL_set_tlsext_host_name(session, server_name.c_str()) != 1) {
                return failure(Reply::Kind::not_sent, "TLS does not accept this server name");
            }
            if (!checks_name) return std::nullopt;
            const bool is_checked = is_name
                                        ? SSL_set1_host(session, server_name.c_str()) == 1
                                        : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session),
                                                                        server_name.c_str()) == 1;
            if (!is_checked) {
                ERR_clear_error();
                return failure(Reply::Kind::wrong_peer,
                               "'" + server_name +
                                   "' is neither a host name nor an address that a certificate "
                                   "can be for");
            }
        }
        return std::nullopt;
    }

    asio::awaitable<Exchange> read_answer(std::string method, std::size_t bytes_max, Millis limit) {
        Exchange result;
        for (int i = 0; i < interim_answers_max; ++i) {
            Parser parser;
            parser.header_limit(header_bytes_max);
            parser.body_limit(bytes_max);
            parser.skip(method == "HEAD");
            auto [ec, count] = co_await http::async_read(link_.stream, buffer_, parser, as_tuple);
            if (ec) {
                result.is_closed_early =
                    i == 0 && !parser.got_some() && ec != beast::error::timeout;
                classify(result, ec, limit);
                co_return result;
            }
            if (parser.get().result_int() >= 200) {
                result.kind = Reply::Kind::answered;
                result.is_reusable =
                    parser.keep_alive() && !parser.need_eof() && buffer_.size() == 0;
                result.response = to_response(parser.release());
                link_.lowest().expires_never();
                co_return result;
            }
        }
        result.kind = Reply::Kind::no_answer;
        result.message = "the peer sent only interim answers";
        co_return result;
    }

    void classify(Exchange& result, const error_code& ec, Millis limit) {
        if (is_certificate_trouble(ec, link_.session())) {
            result.kind = Reply::Kind::wrong_peer;
            result.message = describe(ec, link_.session());
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
                result.message = describe(ec, link_.session());
            }
        }
    }

    Link link_;
    beast::flat_buffer buffer_{answer_buffer_bytes_max};
};

}  // namespace

std::unique_ptr<ClientConnection> make_connection(asio::any_io_executor executor,
                                                  std::shared_ptr<asio::ssl::context> context) {
    if (!context) return std::make_unique<Connection<PlainLink>>(executor);
    return std::make_unique<Connection<TlsLink>>(executor, std::move(context));
}

}  // namespace edgeroll::tls
