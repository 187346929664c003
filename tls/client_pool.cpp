#include "tls/client_pool.hpp"

#include <algorithm>
#include <exception>
#include <unordered_map>

#include "tls/connection.hpp"
#include "tls/peer.hpp"
#include "tls/rt/clock.hpp"

namespace edgeroll::tls {
namespace {

namespace asio = boost::asio;
using release::Instant;
using release::Millis;

// A node gets one request at a time, except for a cancel or a heartbeat beside a held query.
constexpr std::size_t kept_per_target_max = 2;

struct Kept {
    std::unique_ptr<ClientConnection> connection;
    int generation = 0;
    Instant opened{};
    Instant used{};
};

// Requests hold this too, so that a request in progress may outlive the pool.
struct Pool {
    asio::any_io_executor executor;
    ContextStore* contexts = nullptr;
    std::unique_ptr<rt::Clock> clock;
    /// By target, the most recently used last. Empty lists stay until the next prune().
    std::unordered_map<std::string, std::vector<Kept>> kept;
    std::size_t kept_count = 0;  ///< over all targets
    PoolOptions options;
};

std::string key_of(const Target& target) {
    return target.ip + ' ' + std::to_string(target.port) + ' ' + target.fingerprint + ' ' +
           target.name;
}

// Takes the most recently used connection: the least likely to have been closed meanwhile.
std::optional<Kept> take(Pool& pool, const std::string& key) {
    const auto found = pool.kept.find(key);
    if (found == pool.kept.end()) return std::nullopt;
    std::optional<Kept> result;
    auto& list = found->second;
    while (!list.empty() && !result) {
        Kept candidate = std::move(list.back());
        list.pop_back();
        --pool.kept_count;
        const bool is_current = candidate.generation == pool.contexts->generation();
        if (is_current && candidate.connection->seems_open()) result = std::move(candidate);
    }
    return result;
}

// Open files are limited, and a process without free ones would take healthy nodes for unreachable:
// in a large fleet the last nodes reconnect for every request.
void keep(Pool& pool, const std::string& key, Kept kept) {
    kept.used = pool.clock->now();
    std::vector<Kept>& list = pool.kept[key];
    if (list.size() >= kept_per_target_max) {
        list.erase(list.begin());
        --pool.kept_count;
    }
    if (pool.kept_count >= pool.options.kept_max) return;
    list.push_back(std::move(kept));
    ++pool.kept_count;
}

Reply reply_of(Exchange&& exchange, const std::string& where) {
    Reply reply;
    reply.kind = exchange.kind;
    if (exchange.kind == Reply::Kind::answered) {
        reply.status = exchange.response.status;
        reply.body = std::move(exchange.response.body);
    } else {
        reply.message = where + ": " + exchange.message;
    }
    return reply;
}

Reply failure(Reply::Kind kind, std::string message) {
    Reply reply;
    reply.kind = kind;
    reply.message = std::move(message);
    return reply;
}

bool may_repeat(const Exchange& exchange, const std::string& method) {
    if (!exchange.is_closed_early) return false;
    if (exchange.kind == Reply::Kind::not_sent) return true;
    return exchange.kind == Reply::Kind::no_answer && (method == "GET" || method == "HEAD");
}

Outgoing outgoing_of(const Call& call, const std::string& where) {
    Outgoing request;
    request.method = call.method;
    request.target = call.target;
    request.host = where;
    request.body = call.body;
    request.response_bytes_max = call.response_bytes_max;
    return request;
}

asio::awaitable<Reply> ask(std::shared_ptr<Pool> pool, Target target, Call call) {
    boost::system::error_code ec;
    const auto address = asio::ip::make_address(target.ip, ec);
    if (ec || target.port < 1 || target.port > 65535) {
        co_return failure(Reply::Kind::not_sent, "'" + target.ip + ":" +
                                                     std::to_string(target.port) +
                                                     "' is not an IP address and a port");
    }
    // With a zone one machine would have many addresses, none of them in its certificate.
    if (target.ip.find('%') != std::string::npos) {
        co_return failure(
            Reply::Kind::not_sent,
            "'" + target.ip + "' has a zone (%...); give the node an address without");
    }
    const asio::ip::tcp::endpoint endpoint(address, static_cast<unsigned short>(target.port));
    const std::string where =
        (address.is_v6() ? "[" + target.ip + "]" : target.ip) + ":" + std::to_string(target.port);
    const std::string key = key_of(target);
    const Outgoing request = outgoing_of(call, where);
    const Instant began = pool->clock->now();
    const auto within = [&](Millis limit) {
        const Millis left = call.at_most - (pool->clock->now() - began);
        return std::max(std::min(limit, left), Millis{1});
    };

    if (auto kept = take(*pool, key)) {
        Exchange exchange =
            co_await kept->connection->exchange(request, within(call.request_timeout));
        if (exchange.is_reusable) keep(*pool, key, std::move(*kept));
        if (!may_repeat(exchange, call.method)) co_return reply_of(std::move(exchange), where);
    }

    Kept fresh;
    fresh.generation = pool->contexts->generation();
    fresh.connection =
        std::make_unique<ClientConnection>(pool->executor, pool->contexts->current());
    const auto refused =
        co_await fresh.connection->open(endpoint, target.name, false, within(call.connect_timeout));
    if (refused) co_return failure(refused->kind, where + ": " + refused->message);
    const std::string stranger =
        judge_agent(fresh.connection->peer(),
                    {target.ip, target.name, target.fingerprint, pool->options.trust_domains});
    if (!stranger.empty()) {
        co_return failure(Reply::Kind::wrong_peer, where + ": " + stranger);
    }
    fresh.opened = pool->clock->now();
    Exchange exchange = co_await fresh.connection->exchange(request, within(call.request_timeout));
    if (exchange.is_reusable) keep(*pool, key, std::move(fresh));
    co_return reply_of(std::move(exchange), where);
}

class KeptPool final : public ClientPool {
  public:
    explicit KeptPool(std::shared_ptr<Pool> pool) : pool_(std::move(pool)) {}

    asio::awaitable<Reply> request(Target target, Call call) override {
        std::string broken;
        try {
            co_return co_await ask(pool_, std::move(target), std::move(call));
        } catch (const std::exception& e) {
            broken = e.what();
        }
        // Out of memory or similar: it is unknown how much of the request was sent.
        co_return failure(Reply::Kind::no_answer, broken);
    }

    void prune(Millis idle, Millis age) override {
        const Instant now = pool_->clock->now();
        const int generation = pool_->contexts->generation();
        for (auto entry = pool_->kept.begin(); entry != pool_->kept.end();) {
            pool_->kept_count -= std::erase_if(entry->second, [&](const Kept& kept) {
                return kept.generation != generation || now - kept.used > idle ||
                       now - kept.opened > age;
            });
            entry = entry->second.empty() ? pool_->kept.erase(entry) : std::next(entry);
        }
    }

  private:
    std::shared_ptr<Pool> pool_;
};

}  // namespace

std::unique_ptr<ClientPool> make_client_pool(asio::any_io_executor executor, ContextStore& contexts,
                                             PoolOptions options) {
    auto pool = std::make_shared<Pool>();
    pool->clock = rt::make_clock(executor);
    pool->executor = std::move(executor);
    pool->contexts = &contexts;
    pool->options = std::move(options);
    return std::make_unique<KeptPool>(std::move(pool));
}

}  // namespace edgeroll::tls
