#include "harness.hpp"

#include <openssl/ssl.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>

namespace edgeroll::tls::test {

std::string own_address() {
    const auto id = static_cast<unsigned>(::getpid());
    return "127." + std::to_string(80 + id % 100) + "." + std::to_string(id / 100 % 250) + ".7";
}

bool Loop::until(const std::function<bool()>& holds, std::chrono::milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!holds()) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        if (context_.stopped()) context_.restart();
        context_.run_one_for(std::chrono::milliseconds(50));
    }
    return true;
}

std::shared_ptr<asio::ssl::context> raw_context(TlsRole role, const Pair* pair,
                                                const std::string& ca_pem, int version) {
    const bool is_server = role == TlsRole::server;
    auto context = std::make_shared<asio::ssl::context>(is_server ? asio::ssl::context::tls_server
                                                                  : asio::ssl::context::tls_client);
    SSL_CTX* native = context->native_handle();
    SSL_CTX_set_security_level(native, 0);  // TLS 1.1 needs its SHA-1
    if (version != 0) {
        SSL_CTX_set_min_proto_version(native, version);
        SSL_CTX_set_max_proto_version(native, version);
    }
    if (pair != nullptr) {
        EXPECT_EQ(SSL_CTX_use_certificate(native, pair->certificate.get()), 1);
        EXPECT_EQ(SSL_CTX_use_PrivateKey(native, pair->key.get()), 1);
    }
    if (!ca_pem.empty()) {
        context->add_certificate_authority(asio::buffer(ca_pem));
        context->set_verify_mode(is_server ? asio::ssl::verify_peer |
                                                 asio::ssl::verify_fail_if_no_peer_cert
                                           : asio::ssl::verify_peer);
    }
    return context;
}

std::unique_ptr<ContextStore> good_store(const TlsFiles& files, TlsRole role) {
    auto store = make_context_store(files, role);
    if (!store) throw std::runtime_error(store.error().message);
    return std::move(*store);
}

namespace {

asio::awaitable<Response> ok(TestRoutes* routes, Request request) {
    ++routes->calls;
    routes->last = std::move(request);
    Response response;
    response.body = R"({"ok":true})";
    co_return response;
}

asio::awaitable<Response> echo(TestRoutes* routes, Request request) {
    ++routes->calls;
    Response response;
    response.content_type = "text/plain";
    response.body = request.body;
    response.headers["X-Length"] = std::to_string(request.body.size());
    response.headers["X-Odd"] = "a\r\nSet-Cookie: b";
    routes->last = std::move(request);
    routes->last.room.reset();  // kept for checks, without its reserved memory
    co_return response;
}

asio::awaitable<Response> slow(TestRoutes* routes, Request) {
    ++routes->calls;
    co_await routes->gate.async_wait(asio::as_tuple(asio::use_awaitable));
    Response response;
    response.body = "late";
    co_return response;
}

asio::awaitable<Response> throws(TestRoutes* routes, Request) {
    ++routes->calls;
    throw std::runtime_error("secret detail");
    co_return Response{};
}

asio::awaitable<Response> big(TestRoutes* routes, Request) {
    ++routes->calls;
    Response response;
    response.body = std::string(3U << 20, 'x');
    co_return response;
}

}  // namespace

TestRoutes::TestRoutes(asio::any_io_executor executor) : gate(executor, std::chrono::hours(1)) {
    const auto add = [this](const char* method, const char* path, auto* function) {
        router.add(method, path, [this, function](Request request) {
            return function(this, std::move(request));
        });
    };
    add("GET", "/ok", &ok);
    add("GET", "/ok/{name}", &ok);
    add("POST", "/echo", &echo);
    add("GET", "/slow", &slow);
    add("GET", "/throws", &throws);
    add("GET", "/big", &big);
}

ServerOptions server_options(ContextStore* contexts) {
    ServerOptions options;
    options.address = own_address() + ":0";
    options.address_name = "T_ADDR";
    options.contexts = contexts;
    options.error_body = [](int status, const std::string& what) {
        return "error " + std::to_string(status) + ": " + what;
    };
    return options;
}

std::unique_ptr<HttpServer> started(Loop& loop, ServerOptions options, const Router& router) {
    auto server = start_server(loop.executor(), std::move(options), router);
    if (!server) throw std::runtime_error(server.error().message);
    return std::move(*server);
}

Target target_at(int port, const std::string& name, const std::string& fingerprint) {
    Target target;
    target.ip = own_address();
    target.port = port;
    target.name = name;
    target.fingerprint = fingerprint;
    return target;
}

Call get(const std::string& target) {
    Call call;
    call.target = target;
    call.connect_timeout = Millis{10'000};
    call.request_timeout = Millis{10'000};
    return call;
}

Call post(const std::string& target, const std::string& body) {
    Call call = get(target);
    call.method = "POST";
    call.body = std::make_shared<const std::string>(body);
    return call;
}

const char* to_text(Reply::Kind kind) {
    switch (kind) {
        case Reply::Kind::answered:
            return "answered";
        case Reply::Kind::not_sent:
            return "not_sent";
        case Reply::Kind::no_answer:
            return "no_answer";
        case Reply::Kind::wrong_peer:
            return "wrong_peer";
        case Reply::Kind::too_large:
            return "too_large";
    }
    return "?";
}

}  // namespace edgeroll::tls::test
