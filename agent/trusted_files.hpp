// Programs that the agent runs on its own: hooks and jobs. A user who can replace them controls
// what runs here, so only root and the agent's user may be able to.
#pragma once

#include <sys/stat.h>

#include <string>

#include "agent/descriptor.hpp"
#include "agent/ports.hpp"

namespace edgeroll::agent {

/// What is wrong with the owner and the mode of a file or folder, with the cure, in words that
/// follow its name; empty: only root and the agent's user can change it.
[[nodiscard]] std::string owner_fault(const struct stat& info);

/// Opens the folder at an absolute path and checks it and every folder and link from / to it: each
/// must belong to root or the agent's user and must not be writable by group or others (sticky
/// folders such as /tmp are allowed on the way). Blocking.
/// @param called the name used in messages, for example AGENT_JOBS_DIR
[[nodiscard]] Result<Descriptor> open_trusted_folder(const std::string& called,
                                                     const std::string& path);

/// Opens a program in such a folder: a regular file, not a link, executable, and as trusted as the
/// folder. An error without `is_absent` is about an existing file. Errors name the file and the
/// cure.
struct TrustedProgram {
    Descriptor file;         ///< open for reading; not open when absent
    bool is_absent = false;  ///< no entry of that name
};
[[nodiscard]] Result<TrustedProgram> open_trusted_program(const Descriptor& folder,
                                                          const std::string& folder_path,
                                                          const std::string& name);

}  // namespace edgeroll::agent
