#include "tls/http_client.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <vector>

#include "tls/connection.hpp"
#include "tls/rt/clock.hpp"
#include "tls/rt/within.hpp"
#include "tls/url.hpp"

namespace edgeroll::tls {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using release::fail;
using release::Millis;
using release::Result;

using Endpoints = std::vector<tcp::endpoint>;

// A resolver look-up cannot be interrupted; within() abandons a slow one.
asio::awaitable<Result<Endpoints>> resolve(asio::any_io_executor executor, std::string host,
                                           int port) {
    tcp::resolver resolver(executor);
    auto [ec, found] = co_await resolver.async_resolve(host, std::to_string(port),
                                                       asio::as_tuple(asio::use_awaitable));
    if (ec) {
        co_return fail("cannot find the address of '" + host + "' (" + ec.message() + ")",
                       release::Outcome::not_done);
    }
    Endpoints endpoints;
    for (const auto& entry : found)
        endpoints.push_back(entry.endpoint());
    co_return endpoints;
}

asio::awaitable<Result<Endpoints>> find(asio::any_io_executor executor, const Url& url,
                                        Millis limit) {
    boost::system::error_code ec;
    const auto address = asio::ip::make_address(url.host, ec);
    if (!ec) {
        Endpoints endpoints;
        endpoints.emplace_back(address, static_cast<unsigned short>(url.port));
        co_return endpoints;
    }
    auto found = co_await rt::within(executor, limit, resolve(executor, url.host, url.port));
    if (!found) {
        co_return fail("cannot find the address of '" + url.host + "' in time",
                       release::Outcome::not_done);
    }
    co_return std::move(*found);
}

Result<std::shared_ptr<asio::ssl::context>> system_context() {
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
    boost::system::error_code ec;
    context->set_default_verify_paths(ec);
    if (ec) return fail("cannot read the system's certificates", release::Outcome::not_done);
    context->set_verify_mode(asio::ssl::verify_peer);
    if (SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION) != 1) {
        return fail("cannot set up TLS", release::Outcome::not_done);
    }
    return context;
}

std::string host_header(const Url& url) {
    const bool is_v6 = url.host.find(':') != std::string::npos;
    std::string text = is_v6 ? "[" + url.host + "]" : url.host;
    if (url.port != (url.is_https ? 443 : 80)) text += ":" + std::to_string(url.port);
    return text;
}

bool has_no_control_character(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
}

Result<Outgoing> outgoing_of(UrlRequest&& request, const Url& url) {
    for (const auto& [name, value] : request.headers) {
        if (name.empty() || !has_no_control_character(name) || !has_no_control_character(value)) {
            return fail("a request header holds a control character", release::Outcome::not_done);
        }
    }
    Outgoing outgoing;
    outgoing.method = request.method;
    outgoing.target = url.target;
    outgoing.host = host_header(url);
    outgoing.headers = std::move(request.headers);
    outgoing.headers["Connection"] = "close";
    outgoing.body = std::make_shared<const std::string>(std::move(request.body));
    outgoing.response_bytes_max = request.response_bytes_max;
    return outgoing;
}

Result<Response> response_of(Exchange&& exchange, const std::string& where) {
    switch (exchange.kind) {
        case Reply::Kind::answered:
            return std::move(exchange.response);
        case Reply::Kind::not_sent:
        case Reply::Kind::wrong_peer:
            return fail(where + exchange.message, release::Outcome::not_done);
        case Reply::Kind::no_answer:
        case Reply::Kind::too_large:
            break;
    }
    return fail(where + exchange.message, release::Outcome::unknown);
}

}  // namespace

asio::awaitable<Result<Response>> fetch(UrlRequest request) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto clock = rt::make_clock(executor);
    const auto deadline = clock->now() + request.timeout;
    const auto left = [&] { return std::max(Millis{1}, deadline - clock->now()); };

    const auto url = parse_url(request.url);
    if (!url) co_return fail(url.error().message);
    const std::string where = host_header(*url) + ": ";
    std::shared_ptr<asio::ssl::context> context;
    if (url->is_https) {
        auto made = system_context();
        if (!made) co_return tl::unexpected(made.error());
        context = std::move(*made);
    }
    const auto refuses = std::move(request.refuses);
    auto outgoing = outgoing_of(std::move(request), *url);
    if (!outgoing) co_return tl::unexpected(outgoing.error());
    const auto endpoints = co_await find(executor, *url, left());
    if (!endpoints) co_return tl::unexpected(endpoints.error());

    std::string trouble = "has no address";
    std::optional<std::string> refusal;
    bool is_dialled = false;
    for (const tcp::endpoint& endpoint : *endpoints) {
        if (auto refused =
                refuses ? refuses(url->host, endpoint.address(), url->port) : std::nullopt) {
            if (!refusal) refusal = std::move(refused);
            continue;
        }
        is_dialled = true;
        auto connection = std::make_unique<ClientConnection>(executor, context);
        const auto refused = co_await connection->open(endpoint, url->host, true, left());
        if (!refused) {
            Exchange exchange = co_await connection->exchange(*outgoing, left());
            co_return response_of(std::move(exchange), where);
        }
        trouble = refused->message;
    }
    if (refusal && !is_dialled) {
        co_return fail(*refusal, release::Outcome::permanent, release::code::forbidden);
    }
    co_return fail(where + trouble, release::Outcome::not_done);
}

}  // namespace edgeroll::tls
