// Programs that the agent runs by itself: hooks, jobs. Whoever could put another one in their place
// would decide what runs here, so nobody but root and the agent's own user may be able to.
#pragma once

#include <sys/stat.h>

#include <string>

#include "agent/descriptor.hpp"
#include "agent/ports.hpp"

namespace edgeroll::agent {

/// What is wrong with the owner and the mode of a file or folder, with the cure, in words that
/// follow its name; empty: nobody but root and the agent's user can change it.
[[nodiscard]] std::string owner_fault(const struct stat& info);

/// Opens the folder at an absolute path, and looks at every folder and link on the way from / to it
/// and at itself: each must be root's or the agent's user's, and not writable by group or others
/// (on the way there, sticky folders such as /tmp may be). @param called how messages name it,
/// AGENT_JOBS_DIR for example. Blocking.
[[nodiscard]] Result<Descriptor> open_trusted_folder(const std::string& called,
                                                     const std::string& path);

/// Opens a program in such a folder: a regular file, no link, executable, and as trustworthy as the
/// folder. An error without `is_absent` is about what is there. Errors name the file and the cure.
struct TrustedProgram {
    Descriptor file;         ///< open for reading; not open when there is none
    bool is_absent = false;  ///< there is nothing of that name
};
[[nodiscard]] Result<TrustedProgram> open_trusted_program(const Descriptor& folder,
                                                          const std::string& folder_path,
                                                          const std::string& name);

}  // namespace edgeroll::agent
