#include "tests/bench/fleet/options.hpp"

#include <charconv>
#include <map>

namespace edgeroll::bench {

using release::fail;

release::Result<Options> read_options(int count, char** words) {
    Options options;
    std::string port = "0";
    const std::map<std::string, std::string*> known{{"--nodes", &options.nodes},
                                                    {"--ca", &options.ca},
                                                    {"--ca-key", &options.ca_key},
                                                    {"--domain", &options.domain},
                                                    {"--port", &port}};
    for (int i = 1; i < count; ++i) {
        const std::string word = words[i];
        if (word == "-h" || word == "--help") {
            options.is_help = true;
            return options;
        }
        const auto found = known.find(word);
        if (found == known.end()) return fail("unknown option '" + word + "'");
        if (++i == count) return fail(word + " needs a value");
        *found->second = words[i];
    }
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), options.port);
    if (error != std::errc() || end != port.data() + port.size() || options.port < 0 ||
        options.port > 65535) {
        return fail("--port " + port + " is no number from 0 to 65535");
    }
    if (options.nodes.empty()) return fail("--nodes is missing");
    if (options.ca.empty()) return fail("--ca is missing");
    if (options.ca_key.empty()) return fail("--ca-key is missing");
    return options;
}

}  // namespace edgeroll::bench
