// The command line of bench_fleet.
#pragma once

#include <string>

#include "release/result.hpp"

namespace edgeroll::bench {

struct Options {
    std::string nodes;
    std::string ca;
    std::string ca_key;
    std::string domain = "bench.example";
    int port = 0;
    bool is_help = false;
};

inline constexpr const char* options_help =
    "bench_fleet: many agents in one process, for scripts/bench.\n"
    "  --nodes FILE    a line each: NUMBER NAME ADDRESS (IPv4, of this machine)\n"
    "  --ca FILE       certificate of the authority, for agents and clients\n"
    "  --ca-key FILE   its key: signs a certificate for each agent at the start\n"
    "  --domain NAME   trust domain of the agents' names (bench.example)\n"
    "  --port N        0: a free one\n"
    "It listens on every address, prints `listening PORT`, and then reads commands:\n";

/// A failure names the option.
release::Result<Options> read_options(int count, char** words);

}  // namespace edgeroll::bench
