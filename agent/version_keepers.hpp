// Servers started inside a version's folder, which keep using that version whatever is live.
#pragma once

#include <string>
#include <vector>

namespace edgeroll::agent {

/// A process whose working directory, root directory or command line is in AGENT_ROOT/versions: it
/// resolved `live` once, when it started.
struct VersionKeeper {
    int pid = 0;
    std::string program;  ///< as the kernel calls it
    std::string path;     ///< its directory, or the argument
    bool operator==(const VersionKeeper&) const = default;
};

/// The visible ones: those of the agent's user, or all for root. Excludes the agent itself and
/// programs with a terminal, such as an operator's shell. Blocking (reads /proc); any thread.
/// @param root AGENT_ROOT; links on its way are followed
/// @param proc where the kernel shows its processes; another folder in tests
[[nodiscard]] std::vector<VersionKeeper> find_version_keepers(const std::string& root,
                                                              const std::string& proc = "/proc");

/// One sentence with the cure.
[[nodiscard]] std::string describe(const VersionKeeper& keeper, const std::string& root);

/// Logs `server_keeps_version` once per process: at once on the first look, later only when found
/// by two looks in a row, since a task's own commands may name a version while they run.
class KeeperWatch {
  public:
    void note(const std::vector<VersionKeeper>& keepers, const std::string& root);

  private:
    bool is_first_ = true;
    std::vector<VersionKeeper> seen_, told_;
};

}  // namespace edgeroll::agent
