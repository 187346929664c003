// The kind of a version's content, derived from the content itself.
#pragma once

#include <string>
#include <string_view>

#include "release/result.hpp"

namespace edgeroll::release::wire {

struct ContentKind {
    std::string sha256;        ///< content_digest
    std::string plain_sha256;  ///< plain_digest; equal to sha256 without templates
    bool is_files = true;   ///< a set of files, for apply_config; else the payload of another type
    bool is_empty = false;  ///< `{}` or no files
    std::string loose;      ///< loose_file: why a new content is refused
    bool has_secrets = false;       ///< a file of it is secret
    bool has_open_secrets = false;  ///< ... and is not sealed
};

/// An object with `files` (or an empty object) is a set of files, read as parse_payload does; its
/// digest is content_digest. Any other object is for a task of another type; its digest is SHA-256
/// over the JSON without blanks, keys in byte order. Refused (code 2002): everything else.
[[nodiscard]] Result<ContentKind> read_content(std::string_view json_text);

/// The same for a row of config_versions (parse_stored_payload).
[[nodiscard]] Result<ContentKind> read_stored_content(std::string_view json_text);

}  // namespace edgeroll::release::wire
