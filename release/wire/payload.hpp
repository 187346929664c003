// The configuration itself: files, their rules and their digest (SPEC.md section 5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "release/model.hpp"
#include "release/result.hpp"

namespace edgeroll::release::wire {

inline constexpr std::size_t payload_bytes_max = 8U << 20;
/// Room for the other fields of a dispatch around the largest payload.
inline constexpr std::size_t dispatch_bytes_max = payload_bytes_max + (64U << 10);

struct File {
    std::string path;     ///< relative, forward slashes, no empty, `.` or `..` part
    std::string content;  ///< decoded bytes
    int mode = 0644;      ///< permission bits only, at most 0777
    bool is_template = false;
};

/// Ascending by path (bytes), no path twice, no path below another file's path.
struct Payload {
    std::vector<File> files;
};

/// Reads a payload. `{}` (or no files) is the empty payload: reload what you have. Refused: what
/// SPEC.md section 5 refuses, unknown keys, more than payload_bytes_max, NUL or control characters
/// in a path, a path part over 255 or a path over 1024 bytes, the reserved names `edgeroll-version`
/// and `edgeroll-version.conf`, modes that are not octal text. The message names the file.
[[nodiscard]] Result<Payload> parse_payload(std::string_view json_text);

/// The first file that everybody on a node could write (mode 0666, 0777), with the cure; empty when
/// there is none. Whoever takes a payload that is new refuses it; what nodes hold already goes on
/// being read.
[[nodiscard]] std::string loose_file(const Payload& payload);

/// What the content is called everywhere (contentSha256, SPEC.md 10.1), lower-case hex: SHA-256
/// over the files, each as `path LF mode LF length LF bytes`; the line of a template says so, `path
/// LF mode SP template LF length LF bytes`, since it is another content than the same text taken
/// literally.
[[nodiscard]] std::string content_digest(const Payload& payload);

/// The rule before that, which does not see templates (SPEC.md section 5): `sha256` of a dispatch,
/// and what older processes and pipelines have written down. Without a template both are one.
[[nodiscard]] std::string plain_digest(const Payload& payload);

/// Fills in `${node.name}`, `${node.ip}`, `${label.NAME}`. `$${` is a literal `${`. Error names
/// what is unknown. @param labels sorted by name
[[nodiscard]] Result<std::string> render_template(const std::string& text, const std::string& name,
                                                  const std::string& ip, const Labels& labels);

}  // namespace edgeroll::release::wire
