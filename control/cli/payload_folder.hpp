// A folder as a payload (docs/contract.md section 5).
#pragma once

#include <string>
#include <vector>

#include "control/cli/folder_files.hpp"

namespace edgeroll::cli {

struct FolderOptions {
    std::vector<std::string> templates{}, secrets{};  ///< globs (globs.hpp)
    Links links = Links::refused;
};

struct FolderPayload {
    std::string text;  ///< JSON
    LeftOut left_out;
};

/// Every file found by files_of_folder, with its relative path and permission bits; text as UTF-8,
/// other content as base64. Secrets get no mode and thus the default of secrets (0640): a key with
/// mode 0600 here must be readable for the server's group there. Refused, in addition to
/// files_of_folder: a glob without a match, and more than 8 MiB as JSON (with the sizes). Reads
/// each file once, in the order of their paths.
[[nodiscard]] Answer<FolderPayload> payload_from_folder(const std::string& folder,
                                                        const FolderOptions& options);

/// The text of a payload file; refused when unreadable or over 8 MiB.
[[nodiscard]] Answer<std::string> payload_from_file(const std::string& path);

}  // namespace edgeroll::cli
