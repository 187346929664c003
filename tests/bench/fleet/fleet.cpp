#include "tests/bench/fleet/fleet.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace edgeroll::bench {
namespace {

using release::fail;

constexpr std::uint64_t listener_id = 0, input_id = 1;

std::string system_error(const std::string& what) {
    return what + ": " + std::strerror(errno);
}

}  // namespace

Fleet::Fleet(ContextPtr context, std::vector<Agent> agents)
    : context_(std::move(context)), agents_(std::move(agents)) {
    for (Agent& agent : agents_) {
        by_address_[agent.node.address_bits] = &agent;
        by_number_[agent.node.number] = &agent;
    }
}

Fleet::~Fleet() {
    connections_.clear();
    if (listener_ >= 0) ::close(listener_);
    if (epoll_ >= 0) ::close(epoll_);
}

release::Result<int> Fleet::listen(int port) {
    const std::string where = "port " + std::to_string(port);
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (epoll_ < 0 || listener_ < 0) return fail(system_error("cannot open sockets"));
    const int on = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    auto* any = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (bind(listener_, any, size) != 0 || ::listen(listener_, SOMAXCONN) != 0 ||
        getsockname(listener_, any, &size) != 0) {
        return fail(system_error("cannot listen on " + where));
    }
    for (const auto& [fd, id] : {std::pair{listener_, listener_id}, {STDIN_FILENO, input_id}}) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = id;
        if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) {
            return fail(system_error(id == input_id ? "cannot wait for standard input" : where));
        }
    }
    return ntohs(address.sin_port);
}

release::Result<bool> Fleet::wait() {
    std::array<epoll_event, 256> events{};
    const int count = epoll_wait(epoll_, events.data(), events.size(), timers_.wait_ms());
    if (count < 0 && errno != EINTR) return fail(system_error("epoll_wait"));
    bool has_input = false;
    for (int i = 0; i < count; ++i) {
        const std::uint64_t id = events[static_cast<std::size_t>(i)].data.u64;
        if (id == input_id) {
            has_input = true;
        } else if (id != listener_id) {
            on_ready(id);
        } else if (auto accepted = accept_all(); !accepted) {
            return tl::unexpected(accepted.error());
        }
    }
    timers_.run();
    return has_input;
}

release::Result<void> Fleet::accept_all() {
    while (true) {
        const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            const bool is_fatal = errno == EMFILE || errno == ENFILE || errno == ENOMEM;
            if (is_fatal) return fail(system_error("cannot take a connection (ulimit -n)"));
            return {};
        }
        auto connection = std::make_unique<Connection>();
        connection->fd = fd;
        sockaddr_in address{};
        socklen_t size = sizeof address;
        getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
        const auto found = by_address_.find(address.sin_addr.s_addr);
        if (found == by_address_.end()) continue;
        const int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connection->agent = found->second;
        connection->ssl.reset(SSL_new(context_.get()));
        SSL* ssl = connection->ssl.get();
        if (ssl == nullptr || SSL_set_fd(ssl, fd) != 1 ||
            SSL_use_certificate(ssl, found->second->certificate.get()) != 1) {
            return fail("cannot set up TLS for a connection");
        }
        SSL_set_accept_state(ssl);
        Connection& kept = *connection;
        kept.id = ++last_id_;
        epoll_event event{};
        event.data.u64 = kept.id;
        if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) {
            return fail(system_error("epoll_ctl"));
        }
        connections_.emplace(kept.id, std::move(connection));
        if (kept.agent->rtt_ms > 0) delay(kept);  // the handshake of TCP
        watch(kept);
    }
}

void Fleet::on_ready(std::uint64_t id) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    Connection& connection = *found->second;
    // epoll reports a broken connection even where nothing is asked for.
    if (connection.watched == 0) return drop(id);
    if (connection.agent->rtt_ms > 0) {
        delay(connection);
        return watch(connection);
    }
    handle(connection);
}

void Fleet::delay(Connection& connection) {
    connection.is_delayed = true;
    timers_.after(Millis(connection.agent->rtt_ms), [this, id = connection.id] {
        const auto found = connections_.find(id);
        if (found == connections_.end()) return;
        found->second->is_delayed = false;
        handle(*found->second);
    });
}

/// May end the connection.
void Fleet::handle(Connection& connection) {
    const std::uint64_t id = connection.id;
    Agent& agent = *connection.agent;
    if (agent.is_dark) return watch(connection);
    const Pumped pumped = pump(connection);
    if (pumped == Pumped::closed) return drop(id);
    if (pumped == Pumped::no_handshake) {
        record_.note(Event::no_handshake, agent.node.number, 0);
        return drop(id);
    }
    if (pumped == Pumped::shaken) {
        connection.is_control = is_control(connection.ssl.get());
        record_.note(connection.is_control ? Event::handshake : Event::wrong_client,
                     agent.node.number, 0);
    }
    answer(connection);
}

void Fleet::answer(Connection& connection) {
    const std::uint64_t id = connection.id;
    Agent& agent = *connection.agent;
    bool is_bad = false;
    while (connection.held_task.empty() && !connection.is_last) {
        const auto request = take_request(connection.received, is_bad);
        if (!request) break;
        connection.is_last = request->is_last;
        if (!connection.is_control) {
            connection.to_send += text_of(refusal(403, release::code::forbidden, "not a control"),
                                          connection.is_last);
            continue;
        }
        const Reaction reaction = react(agent, *request, record_);
        if (!reaction.begun_task.empty()) begin_task(agent, reaction.begun_task);
        if (reaction.reply) {
            connection.to_send += text_of(*reaction.reply, connection.is_last);
        } else {
            hold(connection, reaction);
        }
        // A cancelled task is an end as well.
        if (request->method == "POST") release_waiting(agent);
    }
    const bool is_broken = is_bad || !flush(connection);
    const bool is_done =
        connection.is_last && connection.held_task.empty() && connection.to_send.empty();
    if (is_broken || is_done) return drop(id);
    watch(connection);
}

void Fleet::begin_task(Agent& agent, const std::string& task_id) {
    std::uniform_int_distribution<int> draw(-apply_.spread_ms, apply_.spread_ms);
    const int time_ms = std::max(apply_.ms + draw(random_), 0);
    timers_.after(Millis(time_ms), [this, &agent, task_id] {
        end_task(agent, task_id, record_);
        release_waiting(agent);
    });
}

void Fleet::hold(Connection& connection, const Reaction& reaction) {
    connection.held_task = reaction.held_task;
    connection.hold_number = ++last_hold_;
    connection.agent->waiting.push_back(connection.id);
    timers_.after(reaction.hold, [this, id = connection.id, number = connection.hold_number] {
        const auto found = connections_.find(id);
        const bool is_held = found != connections_.end() && !found->second->held_task.empty() &&
                             found->second->hold_number == number;
        if (is_held) end_hold(id);
    });
}

void Fleet::end_hold(std::uint64_t id) {
    Connection& connection = *connections_.at(id);
    Agent& agent = *connection.agent;
    // A dark node's answer waits until it is light again.
    if (agent.is_dark) return;
    connection.to_send +=
        text_of(report_of(agent, connection.held_task, record_), connection.is_last);
    connection.held_task.clear();
    std::erase(agent.waiting, id);
    answer(connection);
}

void Fleet::release_waiting(Agent& agent) {
    const std::vector<std::uint64_t> waiting = agent.waiting;
    for (const std::uint64_t id : waiting) {
        const auto found = connections_.find(id);
        if (found == connections_.end()) continue;
        const auto task = agent.tasks.find(found->second->held_task);
        if (task != agent.tasks.end() && task->second.state != TaskState::running) end_hold(id);
    }
}

void Fleet::watch(Connection& connection) {
    const bool is_deaf = connection.agent->is_dark || connection.is_delayed;
    const std::uint32_t wanted =
        is_deaf ? 0U
                : EPOLLIN | (connection.wants_write ? static_cast<std::uint32_t>(EPOLLOUT) : 0U);
    if (wanted == connection.watched) return;
    epoll_event event{};
    event.events = wanted;
    event.data.u64 = connection.id;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
    connection.watched = wanted;
}

void Fleet::drop(std::uint64_t id) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    std::erase(found->second->agent->waiting, id);
    connections_.erase(found);
}

Agent* Fleet::find(std::uint32_t number) {
    const auto found = by_number_.find(number);
    return found == by_number_.end() ? nullptr : found->second;
}

void Fleet::set_rtt(int from_ms, int to_ms) {
    std::uniform_int_distribution<int> draw(from_ms, to_ms);
    for (Agent& agent : agents_)
        agent.rtt_ms = static_cast<std::uint32_t>(draw(random_));
}

bool Fleet::set_dark(std::uint32_t number, bool is_dark) {
    Agent* agent = find(number);
    if (agent == nullptr) return false;
    agent->is_dark = is_dark;
    std::vector<std::uint64_t> touched;
    for (const auto& [id, connection] : connections_) {
        if (connection->agent == agent) touched.push_back(id);
    }
    for (const std::uint64_t id : touched)
        watch(*connections_.at(id));
    // Held answers whose task ended, or whose time was over, meanwhile.
    const std::vector<std::uint64_t> waiting = agent->waiting;
    for (const std::uint64_t id : waiting) {
        if (!is_dark && connections_.contains(id)) end_hold(id);
    }
    return true;
}

void Fleet::light_all() {
    for (const Agent& agent : agents_) {
        if (agent.is_dark) set_dark(agent.node.number, false);
    }
}

std::size_t Fleet::close_idle() {
    return std::erase_if(connections_, [](const auto& entry) {
        const Connection& connection = *entry.second;
        return connection.held_task.empty() && connection.to_send.empty();
    });
}

std::map<std::string, std::size_t> Fleet::applied() const {
    std::map<std::string, std::size_t> counts;
    for (const Agent& agent : agents_)
        ++counts[agent.applied_sha256];
    return counts;
}

bool Fleet::set_failing(std::uint32_t number, std::int64_t version) {
    Agent* agent = find(number);
    if (agent != nullptr) agent->failing_versions.insert(version);
    return agent != nullptr;
}

void Fleet::clear_failing() {
    for (Agent& agent : agents_)
        agent.failing_versions.clear();
}

}  // namespace edgeroll::bench
