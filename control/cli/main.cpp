// edgeroll: the operator's command line. Wiring only.
#include <string>
#include <vector>

#include "control/cli/connection.hpp"
#include "control/cli/options.hpp"
#include "control/cli/posix_ports.hpp"
#include "control/cli/run.hpp"
#include "tls/rt/inherited.hpp"
#include "tls/rt/program.hpp"
#include "tls/rt/settings.hpp"

int main(int count, char** arguments) {
    using namespace edgeroll::cli;
    edgeroll::rt::begin_command();
    auto environment = edgeroll::rt::environment();
    PosixScreen screen(environment["TERM"]);
    PosixTime time;
    PosixKeyboard keyboard;
    const auto end = [&screen](ExitStatus status) {
        if (!screen.has_failed()) return static_cast<int>(status);
        screen.err("edgeroll: cannot write to standard output\n");
        return static_cast<int>(ExitStatus::refused);
    };

    const auto parsed =
        parse_command_line(std::vector<std::string>(arguments + 1, arguments + count),
                           edgeroll::rt::program_version());
    if (!parsed) {
        screen.out(parsed.error().out);
        screen.err(parsed.error().err);
        return end(parsed.error().status);
    }
    auto connection = find_connection(*parsed, environment);
    if (!connection) {
        screen.err("edgeroll: " + connection.error().message + "\n");
        return end(connection.error().status);
    }
    const auto http = make_http(std::move(*connection));
    return end(run(parsed->command, parsed->format, Ports{*http, screen, time, keyboard}));
}
