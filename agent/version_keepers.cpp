#include "agent/version_keepers.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

#include "agent/layout.hpp"
#include "tls/rt/log.hpp"

namespace edgeroll::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t command_line_bytes_max = 64U << 10;

std::string read_some(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text(command_line_bytes_max, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

std::string link_of(const fs::path& path) {
    std::error_code ec;
    return fs::read_symlink(path, ec).string();
}

/// "pid (program) state parent group session terminal …"
struct Stat {
    std::string program;
    bool has_terminal = false;
};

std::optional<Stat> read_stat(const fs::path& folder) {
    const std::string text = read_some(folder / "stat");
    const auto open = text.find('(');
    const auto close = text.rfind(')');
    if (open == std::string::npos || close == std::string::npos || close < open) return {};
    std::string_view rest(text);
    rest.remove_prefix(close + 1);
    for (int field = 0; field < 5; ++field) {
        const auto space = rest.find(' ');
        if (space == std::string_view::npos) return {};
        rest.remove_prefix(space + 1);
    }
    Stat stat;
    stat.program = text.substr(open + 1, close - open - 1);
    stat.has_terminal = !rest.starts_with("0 ");
    return stat;
}

/// The part of `text` that names a path below `folder`, up to a blank, since process titles are one
/// text.
std::string named_in(const std::string& text, const std::string& folder) {
    const auto at = text.find(folder);
    if (at == std::string::npos) return {};
    const std::string_view ends("\0 \t\n\"';,", 8);
    return text.substr(at, std::min(text.find_first_of(ends, at), text.size()) - at);
}

std::string kept_path(const fs::path& process, const std::vector<std::string>& folders) {
    const std::string commands = read_some(process / "cmdline");
    const std::string places[] = {link_of(process / "cwd"), link_of(process / "root")};
    for (const std::string& folder : folders) {
        for (const std::string& place : places) {
            if (place.starts_with(folder)) return place;
        }
        if (auto named = named_in(commands, folder); !named.empty()) return named;
    }
    return {};
}

/// Path prefixes of a version. A version is renamed before it is removed (housekeeping.cpp).
std::vector<std::string> version_paths(const std::string& root) {
    std::error_code ec;
    const std::string resolved = fs::canonical(root, ec).string();
    std::vector<std::string> paths;
    for (const std::string& top : {root, resolved}) {
        if (top.empty() || (!paths.empty() && resolved == root)) continue;
        paths.push_back(top + "/" + layout::versions + "/");
        paths.push_back(top + "/" + layout::staging + "/old-");
    }
    return paths;
}

}  // namespace

std::vector<VersionKeeper> find_version_keepers(const std::string& root, const std::string& proc) {
    const std::vector<std::string> folders = version_paths(root);
    std::error_code ec;
    std::vector<VersionKeeper> keepers;
    fs::directory_iterator entry(proc, ec);
    for (; !ec && entry != fs::directory_iterator(); entry.increment(ec)) {
        const std::string name = entry->path().filename().string();
        VersionKeeper keeper;
        const auto read = std::from_chars(name.data(), name.data() + name.size(), keeper.pid);
        if (read.ec != std::errc() || read.ptr != name.data() + name.size()) continue;
        if (keeper.pid == ::getpid()) continue;
        const auto stat = read_stat(entry->path());
        if (!stat || stat->has_terminal) continue;
        keeper.path = kept_path(entry->path(), folders);
        if (keeper.path.empty()) continue;
        keeper.program = stat->program;
        keepers.push_back(std::move(keeper));
    }
    std::ranges::sort(keepers, {}, &VersionKeeper::pid);
    return keepers;
}

namespace {
std::string advice(const std::string& root) {
    return "start it in another folder, with " + root + "/live in its settings";
}
}  // namespace

std::string describe(const VersionKeeper& keeper, const std::string& root) {
    return "process " + std::to_string(keeper.pid) + " (" + keeper.program + ") was started in " +
           keeper.path +
           " and keeps that version whatever is live: start it in another folder, with " + root +
           "/live in its settings";
}

void KeeperWatch::note(const std::vector<VersionKeeper>& keepers, const std::string& root) {
    const auto is_in = [](const std::vector<VersionKeeper>& list, const VersionKeeper& keeper) {
        return std::ranges::find(list, keeper) != list.end();
    };
    for (const VersionKeeper& keeper : keepers) {
        if (is_in(told_, keeper) || (!is_first_ && !is_in(seen_, keeper))) continue;
        told_.push_back(keeper);
        rt::log(rt::LogLevel::warn, "server_keeps_version",
                {{"pid", std::to_string(keeper.pid)},
                 {"program", keeper.program},
                 {"path", keeper.path},
                 {"advice", advice(root)}});
    }
    std::erase_if(told_, [&](const VersionKeeper& keeper) { return !is_in(keepers, keeper); });
    seen_ = keepers;
    is_first_ = false;
}

}  // namespace edgeroll::agent
