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
/// The largest payload plus room for the other fields of a dispatch.
inline constexpr std::size_t dispatch_bytes_max = payload_bytes_max + (64U << 10);
/// Secret files of one payload: sealing adds some hundred bytes to each.
inline constexpr std::size_t secret_files_max = 1000;
/// A payload with sealed secrets, as config_versions stores it: base64 and the seal's fields.
inline constexpr std::size_t stored_payload_bytes_max =
    payload_bytes_max + payload_bytes_max / 2 + secret_files_max * 512;

/// A secret file's stored content (control/secrets): AES-256-GCM.
struct Sealed {
    std::string key_id;      ///< the key that opens it: 16 hex digits
    std::string nonce;       ///< 12 bytes
    std::string ciphertext;  ///< as long as the content, followed by 16 bytes of tag
    friend bool operator==(const Sealed&, const Sealed&) = default;
};

struct File {
    std::string path;     ///< relative, forward slashes, no empty, `.` or `..` part
    std::string content;  ///< decoded bytes; empty if sealed
    int mode = 0644;      ///< permission bits only, at most 0777; for a secret 0600 or 0640
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

/// Reads a payload. `{}` (or no files) is the empty payload: reload the live version. Refused: what
/// docs/contract.md section 5 refuses, unknown keys, more than payload_bytes_max, NUL or control
/// characters in a path, a path part over 255 or a path over 1024 bytes, the reserved names
/// `edgeroll-version` and `edgeroll-version.conf`, modes that are not octal text, secrets with
/// another mode than 0600 or 0640 or already sealed, more than secret_files_max secrets. The
/// message names the file, and contains nothing of a content.
[[nodiscard]] Result<Payload> parse_payload(std::string_view json_text);

/// The same for a row of config_versions: its secrets may be sealed (then only their digest and
/// length are known), and if all of them are, it has at most stored_payload_bytes_max.
[[nodiscard]] Result<Payload> parse_stored_payload(std::string_view json_text);

/// Whether any file is secret.
[[nodiscard]] bool has_secrets(const Payload& payload);
/// Whether any secret is not sealed.
[[nodiscard]] bool has_open_secrets(const Payload& payload);

/// Four octal digits.
[[nodiscard]] std::string mode_text(int bits);
/// The line for a file in a digest and a seal: `0640`, `0644 template`, `0640 template secret`.
[[nodiscard]] std::string mode_line(const File& file);

/// The first file that every user on a node could write (mode 0666, 0777), with the cure; empty:
/// none. A new payload with such a file is refused; payloads that nodes already hold remain
/// readable.
[[nodiscard]] std::string loose_file(const Payload& payload);

/// The name of a content everywhere (contentSha256, docs/contract.md 5.6), lower-case hex: SHA-256
/// over the files, each as `path LF mode LF length LF bytes`. The line of a template is marked,
/// `path LF mode SP template LF length LF bytes`, since a template and the same literal text are
/// different contents. The line of a secret file is marked ` secret` too, and the SHA-256 of its
/// bytes in lower-case hex replaces them: so the digest can be computed without the key.
[[nodiscard]] std::string content_digest(const Payload& payload);

/// The older rule, which ignores templates (docs/contract.md section 5): `sha256` of a dispatch,
/// and the digest that older processes and pipelines have stored. Without a template both digests
/// are equal; with a secret too, since no process that knows only the older rule accepts a secret.
[[nodiscard]] std::string plain_digest(const Payload& payload);

}  // namespace edgeroll::release::wire
