// The files of a folder, as they are found on the operator's disk.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>

#include "control/cli/ignore_rules.hpp"

namespace edgeroll::cli {

struct FoundFile {
    std::filesystem::path file;  ///< where it is read
    std::filesystem::perms mode = std::filesystem::perms::none;
    std::size_t bytes = 0;  ///< when it was looked at
};

struct FolderFiles {
    std::map<std::string, FoundFile> files;  ///< by relative path
    std::size_t bytes = 0;                   ///< of all of them
    LeftOut left_out;
};

enum class Links { refused, followed };

/// Files and folders of a folder; more than any payload can hold.
inline constexpr std::size_t folder_entries_max = 200'000;

/// Every regular file below `folder` but what is left out (left_out.hpp), which is not looked at
/// further. Refused, with the name: links, where they are not followed; links that lead nowhere or
/// into a folder that they lie in; special files, names that are not UTF-8, set-uid and similar
/// bits, a folder without files or with more than entries_max entries, a .edgerollignore
/// that is no regular file, too large or not understood. Where links are followed it ends as soon
/// as there is more than wire::payload_bytes_max: what they lead to may be a whole disk. Blocking.
/// @param entries_max for tests
[[nodiscard]] Answer<FolderFiles> files_of_folder(const std::string& folder, Links links,
                                                  std::size_t entries_max = folder_entries_max);

/// The whole file. Refused, with its name: what cannot be read, is no regular file (any more), or
/// has more than `bytes_max` by the time it is read. Blocking.
/// @param links refused: the file itself must be none (the folders above it may)
[[nodiscard]] Answer<std::string> read_file(const std::filesystem::path& path,
                                            std::size_t bytes_max, Links links);

}  // namespace edgeroll::cli
