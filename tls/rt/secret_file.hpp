// Files that hold secrets: keys, tokens, settings with passwords. One rule for all: only owner and
// group may read or write them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "release/result.hpp"

namespace edgeroll::rt {

/// ALLOW_LOOSE_FILES=1 accepts secret files that everybody may read.
enum class LooseFiles { refused, allowed };

/// What is wrong with the permission bits (stat's st_mode) of a secret file, with the cure, in
/// words that follow its name; nothing: they are fine. Anything but a regular file (a pipe, a
/// terminal) is fine.
[[nodiscard]] std::optional<std::string> loose_mode_fault(unsigned mode);

struct SecretFileOptions {
    std::size_t bytes_max = 0;
    LooseFiles loose = LooseFiles::refused;
};

/// Reads the whole file. Opens it once, so that the file checked is the file read. Error: in words
/// that follow its name ("cannot be read (No such file or directory)").
[[nodiscard]] release::Result<std::string> read_secret_file(const std::string& path,
                                                            SecretFileOptions options);

/// For a file whose text must be read to tell whether it holds a secret.
struct JudgedFile {
    std::string text;
    std::optional<std::string> fault;  ///< loose_mode_fault
};
[[nodiscard]] release::Result<JudgedFile> read_judged_file(const std::string& path,
                                                           std::size_t bytes_max);

}  // namespace edgeroll::rt
