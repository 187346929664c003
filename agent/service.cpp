#include "agent/service.hpp"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <utility>

#include "agent/files_posix.hpp"
#include "agent/processes_posix.hpp"
#include "agent/root_inspection.hpp"
#include "agent/routes.hpp"
#include "agent/secret_group.hpp"
#include "agent/url_prober.hpp"
#include "agent/version_keepers.hpp"
#include "agent/wall_clock_posix.hpp"
#include "agent/worker.hpp"
#include "release/wire/payload.hpp"
#include "tls/http_server.hpp"
#include "tls/rt/clock.hpp"
#include "tls/rt/log.hpp"
#include "tls/rt/program.hpp"
#include "tls/rt/spawn.hpp"

namespace edgeroll::agent {
namespace {

constexpr Millis tick{1'000};
constexpr Millis look_around{60'000};  ///< interval for servers that keep a version
constexpr Millis answer_grace{1'000};  ///< for answers in progress when it stops

/// Shared by the loop's coroutines. Lives as long as the loop.
struct Parts {
    tls::ContextStore& contexts;
    rt::Clock& clock;
    Executor& executor;
    tls::HttpServer& server;
    boost::asio::io_context& loop;
};

boost::asio::awaitable<void> keep_time(Parts parts) {
    while (true) {
        parts.contexts.refresh();
        parts.executor.tick();
        const auto next = parts.clock.now() + tick;
        co_await parts.clock.sleep_until(next);
    }
}

/// Reads the machine's processes on its own thread: /proc may be slow.
struct Lookout {
    std::string root;
    Worker worker;
    bool is_looking = false;
};

boost::asio::awaitable<void> look_for_keepers(Lookout& lookout, rt::Clock& clock) {
    KeeperWatch watch;
    while (true) {
        std::function<std::vector<VersionKeeper>()> look = [&lookout] {
            return find_version_keepers(lookout.root);
        };
        lookout.is_looking = true;
        const auto keepers =
            co_await lookout.worker.call<std::vector<VersionKeeper>>(std::move(look));
        lookout.is_looking = false;
        watch.note(keepers, lookout.root);
        const auto next = clock.now() + look_around;
        co_await clock.sleep_until(next);
    }
}

/// Empty: this kernel does not tell.
std::string boot_id() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string id;
    std::getline(file, id);
    return id;
}

boost::asio::awaitable<void> shut_down(Parts parts) {
    // The executor first: held requests get their tasks' state, and new tasks are refused
    // meanwhile. All steps together take less than the 5 s of docs/contract.md section 1.
    co_await parts.executor.stop();
    co_await parts.server.stop(answer_grace);
    rt::log(rt::LogLevel::info, "stopped");
    parts.loop.stop();
}

tls::ServerOptions server_options(const Settings& settings, tls::ContextStore& contexts,
                                  std::vector<tls::IdentityPattern> allowed) {
    tls::ServerOptions options;
    options.address = settings.address;
    options.address_name = "AGENT_HTTP_ADDR";
    options.contexts = &contexts;
    options.judge_peer = [allowed = std::move(allowed)](const tls::Peer& peer) {
        return tls::judge_client(allowed, peer);
    };
    options.limits.body_bytes_max = release::wire::dispatch_bytes_max;
    // Few controls command an agent, each with a handful of connections.
    options.limits.door.known_max = 256;
    options.limits.door.strangers_max = 256;
    options.limits.door.per_address_max = static_cast<std::size_t>(settings.max_per_address);
    options.error_body = error_body;
    return options;
}

}  // namespace

int serve(const Settings& settings) {
    const auto refuse = [](const release::Error& error) {
        return rt::refuse(program, error.message);
    };
    if (const auto fits = check_settings(settings); !fits) return refuse(fits.error());
    auto allowed = allowed_clients(settings);
    if (!allowed) return refuse(allowed.error());
    ExecutorSettings executor_settings = settings.executor;
    const auto group = find_secret_group(settings.secret_group);
    if (!group) return refuse(group.error());
    executor_settings.commands.secret_group = *group;
    executor_settings.boot_id = boot_id();
    rt::set_up_log(settings.log_level, settings.log_format, program);

    boost::asio::io_context loop(1);
    auto contexts = tls::make_context_store(tls_files(settings), tls::TlsRole::server);
    if (!contexts) return refuse(contexts.error());
    auto files = open_root(settings.root);
    if (!files) return refuse(files.error());
    const auto processes = make_processes();
    const auto prober = make_url_prober();
    const auto clock = rt::make_clock(loop.get_executor());
    const auto wall_clock = make_wall_clock();
    const HostPorts host{**files, *processes, *prober, *clock, *wall_clock};
    Executor executor(host, std::move(executor_settings));
    if (const auto opened = executor.open(); !opened) return refuse(opened.error());
    const tls::Router router = make_routes(executor);
    auto server = tls::start_server(
        loop.get_executor(), server_options(settings, **contexts, std::move(*allowed)), router);
    if (!server) return refuse(server.error());

    Lookout lookout{settings.root, {}, false};
    const Parts parts{**contexts, *clock, executor, **server, loop};
    const auto signals = rt::on_stop_signal(loop.get_executor(), [parts] {
        rt::spawn(parts.loop.get_executor(), "shut_down", shut_down(parts));
    });
    rt::spawn(loop.get_executor(), "executor", executor.run());
    rt::spawn(loop.get_executor(), "keep_time", keep_time(parts));
    rt::spawn(loop.get_executor(), "look_for_keepers", look_for_keepers(lookout, *clock));
    rt::log(rt::LogLevel::info, "started",
            {{"version", rt::program_version()},
             {"address", settings.address},
             {"port", std::to_string((*server)->port())},
             {"root", settings.root}});
    loop.run();
    // A hanging disk must not delay the exit; the journal is valid at every moment.
    if (executor.is_running() || executor.is_looking() || lookout.is_looking) {
        rt::flush_log();
        std::_Exit(0);
    }
    return 0;
}

int check(const Settings& settings) {
    auto fits = check_settings(settings);
    if (fits) fits = check_user(settings.root);
    if (fits) fits = inspect_root(settings.root);
    if (!fits) return rt::refuse(program, fits.error().message);
    const auto is_free = tls::check_listen_address(settings.address, "AGENT_HTTP_ADDR");
    if (!is_free) return rt::refuse(program, is_free.error().message);
    const auto contexts = tls::make_context_store(tls_files(settings), tls::TlsRole::server);
    if (!contexts) return rt::refuse(program, contexts.error().message);
    for (const VersionKeeper& keeper : find_version_keepers(settings.root)) {
        std::cerr << program << ": warning: " << describe(keeper, settings.root) << std::endl;
    }
    std::cout << "settings, certificates, root and address are good for the user "
              << user_name(::geteuid())
              << (*is_free ? "" : " (the address is in use now: serve starts when it is free)")
              << std::endl;
    return 0;
}

}  // namespace edgeroll::agent
