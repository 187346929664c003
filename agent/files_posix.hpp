// Files below one folder, on a real disk.
#pragma once

#include <memory>
#include <string>

#include "agent/descriptor.hpp"
#include "agent/ports.hpp"

namespace edgeroll::agent {

/// Opens the root folder, making it (mode 0755) when it is absent, and takes an exclusive lock on
/// it that lasts as long as the object. Error: one line that names AGENT_ROOT, the folder and the
/// cure; another agent that holds the lock is one of them.
[[nodiscard]] Result<std::unique_ptr<Files>> open_root(const std::string& root);

/// Whether open_root would work, without making or locking anything.
[[nodiscard]] Result<void> check_root(const std::string& root);

/// Whether a check says anything about the agent: run by root, with a root of another user, it does
/// not, since root may read and write everything. Error: one line with the command to run instead.
[[nodiscard]] Result<void> check_user(const std::string& root);

/// The user's name, or its number where it has none. At a program's start only.
[[nodiscard]] std::string user_name(unsigned id);

/// Files below an open folder. @param root its absolute path, for commands and messages
[[nodiscard]] std::unique_ptr<Files> make_files(std::string root, Descriptor folder);

/// An errno in words, with the cure where there is one.
[[nodiscard]] std::string disk_reason(int error);

}  // namespace edgeroll::agent
