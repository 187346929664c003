// The configuration itself: files, their rules and their digest (docs/contract.md section 5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "release/model.hpp"
#include "release/result.hpp"

namespace edgeroll::release::wire {

inline constexpr std::size_t payload_bytes_max = 8U << 20;
/// Room for the other fields of a dispatch around the largest payload.
inline constexpr std::size_t dispatch_bytes_max = payload_bytes_max + (64U << 10);
/// Secret files of one payload: each costs some hundred bytes more when it is sealed.
inline constexpr std::size_t secret_files_max = 1000;
/// A payload whose secrets are sealed, as config_versions holds it: base64 and what goes with it.
inline constexpr std::size_t stored_payload_bytes_max =
    payload_bytes_max + payload_bytes_max / 2 + secret_files_max * 512;

/// A secret file's content as it is stored (control/secrets): AES-256-GCM.
struct Sealed {
    std::string key_id;      ///< which key opens it: 16 hex digits
    std::string nonce;       ///< 12 bytes
    std::string ciphertext;  ///< as long as the content, and 16 bytes of tag
    friend bool operator==(const Sealed&, const Sealed&) = default;
};

struct File {
    std::string path;     ///< relative, forward slashes, no empty, `.` or `..` part
    std::string content;  ///< decoded bytes; empty when it is sealed
    int mode = 0644;      ///< permission bits only, at most 0777; of a secret 0600 or 0640
    bool is_template = false;
    bool is_secret = false;
    std::size_t bytes = 0;         ///< length of the content, sealed or not
    std::string secret_sha256{};   ///< of a secret's content, lower-case hex; else empty
    std::optional<Sealed> sealed;  ///< instead of the content; only in a stored payload
};

/// Ascending by path (bytes), no path twice, no path below another file's path.
struct Payload {
    std::vector<File> files;
};

/// Reads a payload. `{}` (or no files) is the empty payload: reload what you have. Refused: what
/// docs/contract.md section 5 refuses, unknown keys, more than payload_bytes_max, NUL or control
/// characters in a path, a path part over 255 or a path over 1024 bytes, the reserved names
/// `edgeroll-version` and `edgeroll-version.conf`, modes that are not octal text, secrets with
/// another mode than 0600 or 0640 or sealed by somebody, more than secret_files_max of them. The
/// message names the file, and holds nothing of a content.
[[nodiscard]] Result<Payload> parse_payload(std::string_view json_text);

/// The same of a row of config_versions: its secrets may be sealed (then all that is known of them
/// is digest and length), and where all of them are it has at most stored_payload_bytes_max.
[[nodiscard]] Result<Payload> parse_stored_payload(std::string_view json_text);

/// Whether a file of it is secret.
[[nodiscard]] bool has_secrets(const Payload& payload);
/// Whether one of them is not sealed.
[[nodiscard]] bool has_open_secrets(const Payload& payload);

/// Four octal digits.
[[nodiscard]] std::string mode_text(int bits);
/// What a digest and a seal say of a file: `0640`, `0644 template`, `0640 template secret`.
[[nodiscard]] std::string mode_line(const File& file);

/// The first file that everybody on a node could write (mode 0666, 0777), with the cure; empty when
/// there is none. Whoever takes a payload that is new refuses it; what nodes hold already goes on
/// being read.
[[nodiscard]] std::string loose_file(const Payload& payload);

/// What the content is called everywhere (contentSha256, docs/contract.md 5.6), lower-case hex:
/// SHA-256 over the files, each as `path LF mode LF length LF bytes`; the line of a template says
/// so, `path LF mode SP template LF length LF bytes`, since it is another content than the same
/// text taken literally. A secret file's says ` secret` as well, and has the SHA-256 of its bytes
/// in lower-case hex in their place: so a digest can be told of what nobody may open.
[[nodiscard]] std::string content_digest(const Payload& payload);

/// The rule before that, which does not see templates (docs/contract.md section 5): `sha256` of a
/// dispatch, and what older processes and pipelines have written down. Without a template both are
/// one; with a secret too, since nobody who knows only the older rule takes one.
[[nodiscard]] std::string plain_digest(const Payload& payload);

}  // namespace edgeroll::release::wire
