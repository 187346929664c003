#include "tls/http_server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "tls/rt/clock.hpp"
#include "tls/rt/log.hpp"
#include "tls/rt/spawn.hpp"
#include "tls/session.hpp"
#include "tls/url.hpp"

namespace edgeroll::tls {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using release::fail;
using release::Instant;
using release::Millis;
using release::Result;
using rt::LogLevel;

// Keeps unread answers in the session instead of the kernel: otherwise a peer that sends a hundred
// requests and reads nothing has megabytes of answers made for it at once.
using UnsentMark = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>;
constexpr int unsent_bytes_max = 16 << 10;

constexpr Millis accept_pause{100};  // after an error such as "too many open files"

std::string address_of(const tcp::socket& socket) {
    error_code ec;
    const auto endpoint = socket.remote_endpoint(ec);
    if (ec) return {};
    const auto address = endpoint.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    }
    return address.to_string();
}

// Connections get at most half of the files; the rest is for files, databases and agents.
DoorLimits limits_of_process(const DoorLimits& limits) {
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return limits;
    return fitting(limits, static_cast<std::size_t>(files.rlim_cur));
}

void receive(const std::shared_ptr<ServerState>& state, tcp::socket socket) {
    std::string address = address_of(socket);
    auto admission = state->door.admit(address_key(address));
    state->live[admission.id].is_idle = true;
    evict(*state, admission.evicted);
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(UnsentMark(unsent_bytes_max), ignored);
    rt::spawn(state->executor, "http_session",
              run_session(state, std::move(socket), std::move(address), admission.id));
}

asio::awaitable<void> accept_loop(std::shared_ptr<ServerState> state) {
    const rt::Clock& clock = *state->clock;
    ThrottledLog trouble(LogLevel::warn);
    while (!state->is_stopping) {
        auto [ec, socket] =
            co_await state->acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
        if (state->is_stopping || ec == asio::error::operation_aborted) co_return;
        if (ec) {
            trouble.say(clock.now(), "accept_failed", {{"reason", ec.message()}});
            // Too many open files: close a stranger to free one.
            if (const auto stranger = state->door.dismiss_stranger()) evict(*state, {*stranger});
            const Instant until = clock.now() + accept_pause;
            co_await state->clock->sleep_until(until);
            continue;
        }
        receive(state, std::move(socket));
    }
}

void close_all(ServerState& state, bool only_idle) {
    for (auto& [id, connection] : state.live) {
        if (connection.close && (connection.is_idle || !only_idle)) connection.close();
    }
}

void end_streams(ServerState& state) {
    for (auto& [id, connection] : state.live) {
        if (connection.end_stream) connection.end_stream();
    }
}

class Server final : public HttpServer {
  public:
    explicit Server(std::shared_ptr<ServerState> state) : state_(std::move(state)) {}
    ~Server() override {
        stop_accepting();
        close_all(*state_, false);
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    asio::awaitable<void> stop(Millis grace) override {
        const auto state = state_;
        stop_accepting();
        close_all(*state, true);
        end_streams(*state);
        co_await wait_until_gone(state, grace);
        close_all(*state, false);
        co_await wait_until_gone(state, last_words);
    }

    [[nodiscard]] int port() const override {
        error_code ec;
        return state_->acceptor.local_endpoint(ec).port();
    }

    [[nodiscard]] ServerFigures figures() const override {
        ServerFigures now = state_->figures;
        now.strangers = state_->door.strangers();
        now.known = state_->door.known();
        now.body_bytes = state_->bodies->used();
        return now;
    }

  private:
    // Sessions need a turn of the loop to notice that their sockets are closed.
    static constexpr Millis last_words{100};

    static asio::awaitable<void> wait_until_gone(std::shared_ptr<ServerState> state, Millis limit) {
        if (state->live.empty()) co_return;
        state->all_gone.expires_after(limit);
        co_await state->all_gone.async_wait(asio::as_tuple(asio::use_awaitable));
    }

    void stop_accepting() {
        state_->is_stopping = true;
        error_code ignored;
        state_->acceptor.close(ignored);
    }

    std::shared_ptr<ServerState> state_;
};

error_code open_at(tcp::acceptor& acceptor, const tcp::endpoint& endpoint, bool is_dual) {
    error_code ec;
    if (acceptor.is_open()) acceptor.close(ec);
    acceptor.open(endpoint.protocol(), ec);
    if (!ec) acceptor.set_option(asio::socket_base::reuse_address(true), ec);
    if (!ec && endpoint.protocol() == tcp::v6()) {
        acceptor.set_option(asio::ip::v6_only(!is_dual), ec);
    }
    if (!ec) acceptor.bind(endpoint, ec);
    return ec;
}

/// Why an address of a setting cannot be bound.
struct Binding {
    std::string complaint;  ///< empty: bound
    bool is_in_use = false;
};

Binding bind_at(tcp::acceptor& acceptor, const std::string& text, const std::string& name) {
    const auto refused = [&](const std::string& why) {
        return Binding{name + ": '" + text + "' " + why};
    };
    const auto address = parse_listen_address(text);
    if (!address) return refused(address.error().message);
    const auto port = static_cast<unsigned short>(address->port);
    error_code ec;
    if (address->host.empty()) {
        ec = open_at(acceptor, tcp::endpoint(tcp::v6(), port), true);
        // The machine has no IPv6.
        if (ec == asio::error::address_family_not_supported ||
            ec == asio::error::invalid_argument) {
            ec = open_at(acceptor, tcp::endpoint(tcp::v4(), port), false);
        }
    } else {
        tcp::resolver resolver(acceptor.get_executor());
        const auto found =
            resolver.resolve(address->host, std::to_string(port), tcp::resolver::passive, ec);
        if (ec || found.empty()) {
            return refused("cannot be resolved (" + ec.message() +
                           "); give an IP address of this machine");
        }
        ec = open_at(acceptor, found.begin()->endpoint(), false);
    }
    if (!ec) return {};
    Binding binding = refused("cannot be bound (" + ec.message() +
                              "); give a free port and an address of this machine");
    binding.is_in_use = ec == asio::error::address_in_use;
    return binding;
}

Result<void> listen(ServerState& state) {
    const ServerOptions& options = state.options;
    const Binding binding = bind_at(state.acceptor, options.address, options.address_name);
    if (!binding.complaint.empty()) return fail(binding.complaint);
    error_code ec;
    state.acceptor.listen(asio::socket_base::max_listen_connections, ec);
    if (!ec) return {};
    return fail(options.address_name + ": '" + options.address + "' cannot be bound (" +
                ec.message() + "); give a free port and an address of this machine");
}

}  // namespace

Result<std::unique_ptr<HttpServer>> start_server(asio::any_io_executor executor,
                                                 ServerOptions options, const Router& router) {
    options.limits.door = limits_of_process(options.limits.door);
    auto state = std::make_shared<ServerState>(executor, std::move(options), router);
    if (auto bound = listen(*state); !bound) return tl::unexpected(bound.error());
    rt::spawn(executor, "accept_loop", accept_loop(state));
    return std::make_unique<Server>(std::move(state));
}

Result<bool> check_listen_address(const std::string& address, const std::string& address_name) {
    asio::io_context loop(1);
    tcp::acceptor acceptor(loop);
    const Binding binding = bind_at(acceptor, address, address_name);
    if (binding.complaint.empty()) return true;
    if (binding.is_in_use) return false;
    return fail(binding.complaint);
}

}  // namespace edgeroll::tls
