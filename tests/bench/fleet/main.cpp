// A fleet of agents in one process: real TLS and the real protocol, and nothing behind it.
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <iostream>
#include <utility>
#include <vector>

#include "tests/bench/fleet/commands.hpp"
#include "tests/bench/fleet/fleet.hpp"
#include "tests/bench/fleet/options.hpp"

namespace {

using namespace edgeroll::bench;
using edgeroll::release::Error;
using edgeroll::release::fail;
using edgeroll::release::Result;

int refuse(const Error& error) {
    std::cerr << "bench_fleet: " << error.message << std::endl;
    return 2;
}

/// Each agent has a connection or two.
Result<void> raise_file_limit(std::size_t agents) {
    constexpr std::size_t others = 64;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur < agents + others) {
        return fail("ulimit -n " + std::to_string(limit.rlim_cur) + " is too low for " +
                    std::to_string(agents) + " agents");
    }
    return {};
}

Result<std::vector<Agent>> make_agents(const Options& options, const Issuer& issuer) {
    auto nodes = read_node_list(options.nodes);
    if (!nodes) return tl::unexpected(nodes.error());
    if (auto raised = raise_file_limit(nodes->size()); !raised) {
        return tl::unexpected(raised.error());
    }
    std::vector<Agent> agents;
    agents.reserve(nodes->size());
    for (NodeEntry& node : *nodes) {
        auto certificate = issue(issuer, options.domain, node.name, node.address);
        if (!certificate) return tl::unexpected(certificate.error());
        Agent agent;
        agent.node = std::move(node);
        agent.certificate = std::move(*certificate);
        agents.push_back(std::move(agent));
    }
    return agents;
}

/// Reads commands as they come. `has_ended`: no more will come.
class Input {
  public:
    explicit Input(Fleet& fleet) : fleet_(fleet) {}

    Result<void> take() {
        std::array<char, 4096> bytes{};
        const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
        if (count <= 0) has_ended = true;  // so the fleet ends with its caller
        if (count > 0) text_.append(bytes.data(), static_cast<std::size_t>(count));
        while (!has_ended) {
            const std::size_t end = text_.find('\n');
            if (end == std::string::npos) break;
            const std::string line = text_.substr(0, end);
            text_.erase(0, end + 1);
            const auto answer = run_command(fleet_, line);
            // The caller takes the fleet to be as it asked: a misunderstanding ends it.
            std::cout << (answer ? answer->line : "error " + answer.error().message) << std::endl;
            if (!answer) return tl::unexpected(answer.error());
            has_ended = answer->is_quit;
        }
        return {};
    }

    bool has_ended = false;

  private:
    Fleet& fleet_;
    std::string text_;
};

Result<void> run(const Options& options) {
    auto issuer = read_issuer(options.ca, options.ca_key);
    if (!issuer) return tl::unexpected(issuer.error());
    auto context = server_context(*issuer);
    if (!context) return tl::unexpected(context.error());
    if (SSL_CTX_use_PrivateKey(context->get(), issuer->key.get()) != 1) {
        return fail("cannot use the agents' key");
    }
    auto agents = make_agents(options, *issuer);
    if (!agents) return tl::unexpected(agents.error());
    Fleet fleet(std::move(*context), std::move(*agents));
    const auto port = fleet.listen(options.port);
    if (!port) return tl::unexpected(port.error());
    std::cout << "listening " << *port << std::endl;
    Input input(fleet);
    Result<void> outcome;
    const auto served = fleet.serve([&] {
        outcome = input.take();
        return outcome && !input.has_ended;
    });
    return served ? outcome : served;
}

}  // namespace

int main(int count, char** words) {
    std::signal(SIGPIPE, SIG_IGN);
    const auto options = read_options(count, words);
    if (!options) return refuse(options.error());
    if (options->is_help) {
        std::cout << options_help << commands_help;
        return 0;
    }
    const auto done = run(*options);
    return done ? 0 : refuse(done.error());
}
