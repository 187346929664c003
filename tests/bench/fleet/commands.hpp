// What the caller asks of a running fleet: a line each, answered by one line.
#pragma once

#include <string>

#include "release/result.hpp"
#include "tests/bench/fleet/fleet.hpp"

namespace edgeroll::bench {

inline constexpr const char* commands_help =
    "  apply MS [SPREAD]        how long a task takes, from MS-SPREAD to MS+SPREAD\n"
    "  rtt FROM TO              round trip of each node in ms, drawn once; 0 0: none\n"
    "  dark NODES               they answer nothing any more; NODES: 17 18 2991-3000\n"
    "  light [NODES]            they answer again; all of them\n"
    "  fail NODES [version N]   their tasks (of version N) fail; fail none\n"
    "  close-idle               ends all connections without a held answer\n"
    "  reset-log                forgets what was recorded\n"
    "  status                   counts since then, as JSON\n"
    "  applied                  how many nodes have each content, as JSON\n"
    "  report FILE              writes what was recorded as CSV: ns,node,event,version\n"
    "  quit\n";

struct CommandAnswer {
    std::string line;
    bool is_quit = false;
};

/// A failure names the word that is wrong.
release::Result<CommandAnswer> run_command(Fleet& fleet, const std::string& line);

}  // namespace edgeroll::bench
