// The command line: what may be typed, and what was.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

#include "control/cli/exit_status.hpp"

namespace edgeroll::cli {

enum class Format { table, json };

struct ReleaseList {
    std::string status, type, created_by, q, sort;  ///< empty: not given
    int page = 1, page_size = 20;
};
struct ReleaseShow {
    std::int64_t id = 0;
};
struct ReleaseWatch {
    std::int64_t id = 0;
    double give_up_after_sec = 0;  ///< of control being away; 0: never
};
struct ConfigPush {
    std::string path;
    std::int64_t version = 0;
    std::string note;
    std::vector<std::string> templates;  ///< globs
};
struct NodeList {};
struct NodeAdd {
    std::string name, ip, fingerprint;
    int port = 8443;
    std::map<std::string, std::string> labels;
};

using Command = std::variant<ReleaseList, ReleaseShow, ReleaseWatch, ConfigPush, NodeList, NodeAdd>;

struct Invocation {
    std::string url;         ///< --url; empty: not given
    std::string token_file;  ///< --token-file; empty: not given
    Format format = Format::table;
    Command command;
};

/// There is nothing to run: --help, --version or a mistake.
struct Ended {
    ExitStatus status = ExitStatus::success;
    std::string out, err;
};

/// @param arguments without the program's name
[[nodiscard]] tl::expected<Invocation, Ended> parse_command_line(
    std::vector<std::string> arguments, const std::string& program_version);

}  // namespace edgeroll::cli
