// edgeroll-agent: applies configurations on an edge node.
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <string>

#include "agent/service.hpp"
#include "agent/settings.hpp"
#include "tls/rt/inherited.hpp"
#include "tls/rt/log.hpp"
#include "tls/rt/program.hpp"
#include "tls/rt/settings.hpp"

int main(int argc, char** argv) {
    namespace rt = edgeroll::rt;
    namespace agent = edgeroll::agent;
    rt::begin_service();
    // New files are readable for the server's user; files that are not set their mode explicitly.
    ::umask(022);
    agent::Settings settings;
    const auto table = agent::settings_table(settings);
    std::string config_path;
    CLI::App app("edgeroll's agent on an edge node: puts configurations live.", agent::program);
    app.require_subcommand(0, 1);
    app.fallthrough();
    rt::add_common_options(app, config_path, table);
    app.add_subcommand("serve", "run the agent (the default)");
    const CLI::App* const check = app.add_subcommand(
        "check", "validate settings, certificates and root, then exit with 0 or 2");
    if (const auto status = rt::parse_arguments(app, argc, argv)) return *status;
    if (const auto read = rt::load_settings(table, config_path, rt::environment()); !read) {
        return rt::refuse(agent::program, read.error().message);
    }
    const int status = check->parsed() ? agent::check(settings) : agent::serve(settings);
    rt::flush_log();
    return status;
}
