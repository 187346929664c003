// Files below one folder, on a real disk.
#pragma once

#include <memory>
#include <string>

#include "agent/descriptor.hpp"
#include "agent/ports.hpp"

namespace edgeroll::agent {

/// Opens the root folder, creating it (mode 0755) if absent, and holds an exclusive lock on it for
/// the object's lifetime. Error: one line with AGENT_ROOT, the folder and the cure; also when
/// another agent holds the lock.
[[nodiscard]] Result<std::unique_ptr<Files>> open_root(const std::string& root);

/// Whether open_root would work; creates and locks nothing.
[[nodiscard]] Result<void> check_root(const std::string& root);

/// Whether a check run by this user is meaningful: run by root for a root folder of another user it
/// is not, since root may read and write everything. Error: one line with the command to run
/// instead.
[[nodiscard]] Result<void> check_user(const std::string& root);

/// The user's name, or its number if it has none. Only at a program's start.
[[nodiscard]] std::string user_name(unsigned id);

/// Files below an open folder. @param root its absolute path, for commands and messages
[[nodiscard]] std::unique_ptr<Files> make_files(std::string root, Descriptor folder);

/// An errno in words, with the cure if there is one.
[[nodiscard]] std::string disk_reason(int error);

}  // namespace edgeroll::agent
