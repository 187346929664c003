// Files that hold secrets: keys, tokens, settings with passwords. One rule for all of them: nobody
// but their owner and group may read or write them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "release/result.hpp"

namespace edgeroll::rt {

/// ALLOW_LOOSE_FILES=1 lets files that everybody may read pass.
enum class LooseFiles { refused, allowed };

/// What is wrong with the permission bits (stat's st_mode) of a secret file, with the cure, in
/// words that follow its name; nothing: they are good. Whatever is no regular file (a pipe, a
/// terminal) is good.
[[nodiscard]] std::optional<std::string> loose_mode_fault(unsigned mode);

struct SecretFileOptions {
    std::size_t bytes_max = 0;
    LooseFiles loose = LooseFiles::refused;
};

/// The whole file. What is judged is what is read: the file is opened once. Error: what is wrong,
/// in words that follow its name ("cannot be read (No such file or directory)").
[[nodiscard]] release::Result<std::string> read_secret_file(const std::string& path,
                                                            SecretFileOptions options);

/// The same for a file of which only its text shows whether it holds a secret.
struct JudgedFile {
    std::string text;
    std::optional<std::string> fault;  ///< loose_mode_fault
};
[[nodiscard]] release::Result<JudgedFile> read_judged_file(const std::string& path,
                                                           std::size_t bytes_max);

}  // namespace edgeroll::rt
