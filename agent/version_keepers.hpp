// Servers that were started inside a version's folder, and so keep that version whatever is live.
#pragma once

#include <string>
#include <vector>

namespace edgeroll::agent {

/// A process whose working directory, root directory or command line lies in AGENT_ROOT/versions:
/// `live` was resolved once, when it started.
struct VersionKeeper {
    int pid = 0;
    std::string program;  ///< as the kernel calls it
    std::string path;     ///< where it stands, or the argument
    bool operator==(const VersionKeeper&) const = default;
};

/// Those that can be seen: of the agent's own user, and of all for root. Left out are the agent
/// itself and programs that belong to a terminal, a shell of somebody who looks around. Blocking
/// (reads /proc); any thread.
/// @param root AGENT_ROOT; links on its way are followed
/// @param proc where the kernel shows its processes; another folder in tests
[[nodiscard]] std::vector<VersionKeeper> find_version_keepers(const std::string& root,
                                                              const std::string& proc = "/proc");

/// One sentence, with what to do.
[[nodiscard]] std::string describe(const VersionKeeper& keeper, const std::string& root);

/// Logs `server_keeps_version` for each one, once: of the first look at once, later when it is
/// there at two looks in a row, since a task's own commands may name a version while they run.
class KeeperWatch {
  public:
    void note(const std::vector<VersionKeeper>& keepers, const std::string& root);

  private:
    bool is_first_ = true;
    std::vector<VersionKeeper> seen_, told_;
};

}  // namespace edgeroll::agent
