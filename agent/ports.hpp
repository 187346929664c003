// The agent's ports to its machine. Production implements them in files_posix, processes_posix and
// url_prober; tests have fakes where the real machine is too slow or too reliable.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "release/result.hpp"
#include "release/time.hpp"

namespace edgeroll::agent {

using release::Millis;
using release::Result;

/// Mode and group of a file.
struct FileAccess {
    int mode = 0644;
    std::optional<unsigned> group{};  ///< owning group id; nothing: the agent's own
};

/// Changes when a file's bytes or mode do: its time of change cannot be set by hand. Two changes
/// within one tick of the kernel (some milliseconds) may look like one.
struct FileStamp {
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t changed_ns = 0;
    friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

/// An entry of a tree that is no folder.
struct FoundFile {
    std::string path;  ///< starts with the tree's own path
    int mode = 0;      ///< permissions only
    FileStamp stamp{};
    bool is_regular = true;  ///< false: a link, a socket, a device
};

/// Files below AGENT_ROOT only. Paths are relative to it, with forward slashes and without `.`,
/// `..` or empty parts; only the last part may be a link, and a link is never followed. When a call
/// succeeds its result is on disk (fsynced, the folder too). Errors name the path, the reason and,
/// for a full or broken disk, the cure. Blocking; any thread.
class Files {
  public:
    virtual ~Files() = default;
    /// Creates the folder and those above it; existing folders are fine.
    virtual Result<void> make_folders(const std::string& path) = 0;
    /// Creates a file in an existing folder with exactly this mode and group; until then only the
    /// agent's user may read it. Its folder's entry is not yet synced: call sync_tree or rename
    /// next.
    virtual Result<void> create_file(const std::string& path, std::string_view bytes,
                                     const FileAccess& access) = 0;
    /// Syncs every folder of a tree, the deepest first.
    virtual Result<void> sync_tree(const std::string& path) = 0;
    /// Atomic; replaces a file at `to`, but not a non-empty folder.
    virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
    /// Exchanges two files or folders atomically.
    virtual Result<void> exchange(const std::string& one, const std::string& other) = 0;
    /// Removes a file, a link or a tree; absent is fine.
    virtual Result<void> remove(const std::string& path) = 0;
    /// Target of a link; nothing when there is no link at that path.
    virtual Result<std::optional<std::string>> read_link(const std::string& path) = 0;
    /// Creates or moves a link atomically: readers see the old target or the new one. Writes
    /// nothing when it already points there.
    virtual Result<void> point_link(const std::string& path, const std::string& target) = 0;
    /// Names in a folder, sorted; nothing when it is absent.
    virtual Result<std::vector<std::string>> list(const std::string& path) = 0;
    /// The entries of a tree that are no folders, at any depth; nothing when it is absent. More
    /// than `entries_max` entries, folders included, are an error.
    virtual Result<std::vector<FoundFile>> find_files(const std::string& path,
                                                      std::size_t entries_max) = 0;
    [[nodiscard]] virtual bool is_folder(const std::string& path) = 0;
    /// A number of the folder that stays when it is renamed or exchanged; nothing when there is no
    /// folder at that path.
    virtual std::optional<std::int64_t> identity(const std::string& path) = 0;
    /// Nothing when the file is absent. Larger than `bytes_max` is an error.
    virtual Result<std::optional<std::string>> read_file(const std::string& path,
                                                         std::size_t bytes_max) = 0;
    /// Appends to a file (created when absent). On an error nothing is appended, as far as the disk
    /// allows. Reserves space, so that the journal can be written on a full disk.
    virtual Result<void> append(const std::string& path, std::string_view bytes) = 0;
    /// Bytes on the disk that the agent may still use.
    virtual Result<std::int64_t> free_bytes() = 0;
    /// The absolute path, for commands and messages.
    [[nodiscard]] virtual std::string absolute(const std::string& path) const = 0;
};

/// Ends a running command early. Set once, from any thread.
class Interrupt {
  public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;
    void set();
    [[nodiscard]] bool is_set() const;
    /// Readable once set, for poll().
    [[nodiscard]] int descriptor() const { return descriptor_; }

  private:
    int descriptor_;
};

struct Command {
    std::vector<std::string> arguments;  ///< the first is the program's path
    /// The program, open for reading, to execute instead of the file at its path; -1: by path.
    /// Closed by the start, except for a script, whose interpreter reads it.
    int program = -1;
    bool is_script = false;
    std::string folder;                                            ///< working directory, absolute
    std::vector<std::pair<std::string, std::string>> environment;  ///< the whole environment
    Millis timeout{60'000};
    int niceness = 0;
    std::size_t output_bytes_max = 4U << 10;
};

struct CommandResult {
    enum class End { exited, killed, timed_out, interrupted, not_started };
    End end = End::not_started;
    int exit_code = 0;  ///< exited
    int signal = 0;     ///< killed by this signal, not by the agent
    /// Standard output and error. Beyond output_bytes_max only both ends are kept, with a line
    /// between them that says how much was left out.
    std::string output;
    /// The position of that line.
    struct LeftOut {
        std::size_t start = 0, size = 0;
    };
    std::optional<LeftOut> left_out;
    std::string error;  ///< not_started: why
};

/// Runs the commands of the node's settings. Each has its own session and process group, standard
/// input from /dev/null, and no other descriptor of the agent.
class Processes {
  public:
    virtual ~Processes() = default;
    /// Blocks until the command has ended. After the timeout, or when interrupted, the command and
    /// everything it started, in any session, gets SIGTERM and 2 s later SIGKILL. If the command
    /// itself ended in time, its background processes keep running and never delay this call. The
    /// calling thread must live as long as the command: when it ends, the command is killed.
    virtual CommandResult run(const Command& command, const Interrupt& interrupt) = 0;
};

/// The time of day, for display and to keep a task's time across restarts.
class WallClock {
  public:
    virtual ~WallClock() = default;
    /// Milliseconds since 1970 (UTC). Any thread.
    [[nodiscard]] virtual std::int64_t now_ms() const = 0;
};

/// One GET on its own connection.
class UrlProber {
  public:
    virtual ~UrlProber() = default;
    struct Finding {
        int status = 0;  ///< 0: no answer
        std::string body;
        std::string error;  ///< why there is no answer
    };
    /// Loop thread. Never throws.
    virtual boost::asio::awaitable<Finding> get(std::string url, Millis timeout) = 0;
};

}  // namespace edgeroll::agent
