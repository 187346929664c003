// Reads the files of a folder from the operator's disk.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>

#include "control/cli/ignore_rules.hpp"

namespace edgeroll::cli {

struct FoundFile {
    std::filesystem::path file;  ///< path to read from
    std::filesystem::perms mode = std::filesystem::perms::none;
    std::size_t bytes = 0;  ///< when the folder was read
};

struct FolderFiles {
    std::map<std::string, FoundFile> files;  ///< by relative path
    std::size_t bytes = 0;                   ///< total
    LeftOut left_out;
};

enum class Links { refused, followed };

/// Limit on files and folders: more than any payload can hold.
inline constexpr std::size_t folder_entries_max = 200'000;

/// Every regular file below `folder`, except ignored ones (ignore_rules.hpp), which are not read.
/// Refused, with the name: links, unless followed; links to nothing or to a folder above them;
/// special files, names that are not UTF-8, set-uid and similar bits, a folder without files or
/// with more than entries_max entries, a .edgerollignore that is not a regular file, too large or
/// invalid. When following links it stops at more than wire::payload_bytes_max: a link may lead to
/// a whole disk. Blocking.
/// @param entries_max for tests
[[nodiscard]] Answer<FolderFiles> files_of_folder(const std::string& folder, Links links,
                                                  std::size_t entries_max = folder_entries_max);

/// The whole file. Refused, with its name: unreadable files, anything but a regular file, and more
/// than `bytes_max` at the time of reading. Blocking.
/// @param links refused: the file itself must not be a link (folders above it may)
[[nodiscard]] Answer<std::string> read_file(const std::filesystem::path& path,
                                            std::size_t bytes_max, Links links);

}  // namespace edgeroll::cli
