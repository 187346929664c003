// What the agent needs from the machine it runs on. Production implements these in files_posix,
// processes_posix and url_prober; tests have their own where the real thing is too slow or too
// kind.
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

/// Who may do what with a file.
struct FileAccess {
    int mode = 0644;
    std::optional<unsigned> group{};  ///< the id of the one it belongs to; nothing: the agent's own
};

/// A regular file of a tree.
struct FoundFile {
    std::string path;  ///< with that of the tree before it
    int mode = 0;      ///< permissions only
};

/// Files below AGENT_ROOT and nowhere else. Paths are relative to it, with forward slashes and
/// without `.`, `..` or empty parts; no part but the last may be a link, and a link is never
/// followed. What a call reports as done is on the disk (fsynced, its folder too). Errors name the
/// path, the reason and, for a full or broken disk, the cure. Blocking; any thread.
class Files {
  public:
    virtual ~Files() = default;
    /// The folder and those above it; existing ones are fine.
    virtual Result<void> make_folders(const std::string& path) = 0;
    /// A new file in an existing folder, exactly with this mode and group; until all of that is so
    /// nobody but the agent's user may read it. Not yet in its folder's entry on the disk:
    /// sync_tree or rename follows.
    virtual Result<void> create_file(const std::string& path, std::string_view bytes,
                                     const FileAccess& access) = 0;
    /// Every folder of a tree, the deepest first.
    virtual Result<void> sync_tree(const std::string& path) = 0;
    /// Atomic; replaces a file at `to`, not a folder with something in it.
    virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
    /// Two files or folders change places, in one step.
    virtual Result<void> exchange(const std::string& one, const std::string& other) = 0;
    /// A file, a link or a tree; absent is fine.
    virtual Result<void> remove(const std::string& path) = 0;
    /// Target of a link; nothing when there is none at that path.
    virtual Result<std::optional<std::string>> read_link(const std::string& path) = 0;
    /// Makes or moves a link in one step: readers see the old target or the new one. Writes
    /// nothing when it points there already.
    virtual Result<void> point_link(const std::string& path, const std::string& target) = 0;
    /// Names in a folder, sorted; nothing when it is absent.
    virtual Result<std::vector<std::string>> list(const std::string& path) = 0;
    /// Regular files of a tree, at any depth; nothing when it is absent. More than `entries_max`
    /// files, folders and others are an error.
    virtual Result<std::vector<FoundFile>> find_files(const std::string& path,
                                                      std::size_t entries_max) = 0;
    [[nodiscard]] virtual bool is_folder(const std::string& path) = 0;
    /// Nothing when it is absent. Larger than `bytes_max` is an error.
    virtual Result<std::optional<std::string>> read_file(const std::string& path,
                                                         std::size_t bytes_max) = 0;
    /// Appends to a file (made when absent). On an error nothing is appended, as far as the disk
    /// lets us. Keeps space in reserve, so that a full disk can still be written down.
    virtual Result<void> append(const std::string& path, std::string_view bytes) = 0;
    /// For commands and messages.
    [[nodiscard]] virtual std::string absolute(const std::string& path) const = 0;
};

/// Ends a running command early. Set from any thread, once.
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
    std::vector<std::string> arguments;  ///< the first one is the program's path
    /// The program itself, open for reading, instead of what is at its path; -1: by path. Closed by
    /// the start, except for a script, whose interpreter reads it from there.
    int program = -1;
    bool is_script = false;
    std::string folder;                                            ///< working directory, absolute
    std::vector<std::pair<std::string, std::string>> environment;  ///< all of it
    Millis timeout{60'000};
    int niceness = 0;
    std::size_t output_bytes_max = 4U << 10;
};

struct CommandResult {
    enum class End { exited, killed, timed_out, interrupted, not_started };
    End end = End::not_started;
    int exit_code = 0;  ///< exited
    int signal = 0;     ///< killed by this one, not by us
    /// What it wrote to standard output and error; of more than output_bytes_max the two ends, with
    /// a line between them that says how much was left out.
    std::string output;
    /// The line in it that stands for what was left out.
    struct LeftOut {
        std::size_t start = 0, size = 0;
    };
    std::optional<LeftOut> left_out;
    std::string error;  ///< not_started: why
};

/// Commands of the node's own settings. Each runs in a session and process group of its own, with
/// standard input from /dev/null and no other descriptor of ours.
class Processes {
  public:
    virtual ~Processes() = default;
    /// Blocks until it has ended. Past the timeout, or once interrupted, it and everything that it
    /// has started, in whatever session, gets SIGTERM and 2 s later SIGKILL. What a command leaves
    /// running in the background is left alone when the command itself ended in time, and can never
    /// hold this call up. The calling thread must live as long as the command: when it ends, the
    /// command is killed.
    virtual CommandResult run(const Command& command, const Interrupt& interrupt) = 0;
};

/// The time of day, for display and for a task's time across restarts.
class WallClock {
  public:
    virtual ~WallClock() = default;
    /// Milliseconds since 1970 (UTC). Any thread.
    [[nodiscard]] virtual std::int64_t now_ms() const = 0;
};

/// One GET on a connection of its own.
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
