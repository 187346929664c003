// What a version's content is, by what is in it.
#pragma once

#include <string>
#include <string_view>

#include "release/result.hpp"

namespace edgeroll::release::wire {

struct ContentKind {
    std::string sha256;        ///< content_digest
    std::string plain_sha256;  ///< plain_digest; the same where there are no templates
    bool is_files = true;   ///< a set of files, for apply_config; else what other types are given
    bool is_empty = false;  ///< `{}` or no file in it
    std::string loose;      ///< loose_file: why a new one is refused
    bool has_secrets = false;       ///< a file of it is secret
    bool has_open_secrets = false;  ///< ... and is not sealed
};

/// An object with `files` (or nothing) is a set of files, read as parse_payload does; its digest is
/// content_digest. Any other object is for a task of another type; its digest is SHA-256
/// over the JSON without blanks, keys in byte order. Refused (code 2002): everything else.
[[nodiscard]] Result<ContentKind> read_content(std::string_view json_text);

/// The same of a row of config_versions (parse_stored_payload).
[[nodiscard]] Result<ContentKind> read_stored_content(std::string_view json_text);

}  // namespace edgeroll::release::wire
