// A loop to run servers and clients on, for sequential tests.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "certificates.hpp"
#include "tls/client_pool.hpp"
#include "tls/http_server.hpp"

namespace edgeroll::tls::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using release::Millis;

/// An address in 127.0.0.0/8 used only by this test process.
[[nodiscard]] std::string own_address();

class Loop {
  public:
    /// Runs the loop until the work is done, and returns its value.
    template <class T>
    T wait(asio::awaitable<T> work) {
        std::optional<T> value;
        std::exception_ptr failure;
        asio::co_spawn(context_, std::move(work), [&](std::exception_ptr e, T result) {
            failure = e;
            value.emplace(std::move(result));
        });
        if (!until([&] { return value.has_value(); })) throw std::runtime_error("test is stuck");
        if (failure) std::rethrow_exception(failure);
        return std::move(*value);
    }
    void wait(asio::awaitable<void> work) {
        bool is_done = false;
        std::exception_ptr failure;
        asio::co_spawn(context_, std::move(work), [&](std::exception_ptr e) {
            failure = e;
            is_done = true;
        });
        if (!until([&] { return is_done; })) throw std::runtime_error("test is stuck");
        if (failure) std::rethrow_exception(failure);
    }
    /// Runs the loop until the condition holds. False: not within the limit.
    bool until(const std::function<bool()>& holds,
               std::chrono::milliseconds limit = std::chrono::seconds(30));

    [[nodiscard]] asio::any_io_executor executor() { return context_.get_executor(); }

  private:
    asio::io_context context_{1};
};

/// A context used unchanged: for peers that our own ContextStore would refuse.
class FixedContexts final : public ContextStore {
  public:
    explicit FixedContexts(std::shared_ptr<asio::ssl::context> context)
        : context_(std::move(context)) {}
    std::shared_ptr<asio::ssl::context> current() override { return context_; }
    void refresh() override {}
    [[nodiscard]] int generation() const override { return 1; }
    [[nodiscard]] std::string trouble() const override { return {}; }
    [[nodiscard]] CertificateReport report() const override { return {}; }

  private:
    std::shared_ptr<asio::ssl::context> context_;
};

/// No checks of any kind.
/// @param pair null: no certificate.
/// @param ca_pem empty: peers unverified
/// @param version TLS1_1_VERSION ...: the only version spoken; 0: any
[[nodiscard]] std::shared_ptr<asio::ssl::context> raw_context(TlsRole role, const Pair* pair,
                                                              const std::string& ca_pem,
                                                              int version = 0);

/// A store from files, which must be valid.
[[nodiscard]] std::unique_ptr<ContextStore> good_store(const TlsFiles& files, TlsRole role);

/// Counts the requests that reach the handlers. Routes: GET /ok, POST /echo, GET /slow (ends when
/// released), GET /throws, GET /big.
struct TestRoutes {
    explicit TestRoutes(asio::any_io_executor executor);
    Router router;
    int calls = 0;
    Request last;
    asio::steady_timer gate;
};

/// Options for a server on own_address(), port 0; plain when contexts is null.
[[nodiscard]] ServerOptions server_options(ContextStore* contexts = nullptr);

[[nodiscard]] std::unique_ptr<HttpServer> started(Loop& loop, ServerOptions options,
                                                  const Router& router);

[[nodiscard]] Target target_at(int port, const std::string& name = "",
                               const std::string& fingerprint = "");

[[nodiscard]] Call get(const std::string& target);
[[nodiscard]] Call post(const std::string& target, const std::string& body);

[[nodiscard]] const char* to_text(Reply::Kind kind);

}  // namespace edgeroll::tls::test
