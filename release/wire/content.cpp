#include "release/wire/content.hpp"

#include "release/wire/json_util.hpp"
#include "release/wire/payload.hpp"

namespace edgeroll::release::wire {

Result<ContentKind> read_content(std::string_view json_text) {
    const auto object = parse_json(json_text, payload_bytes_max);
    ContentKind kind;
    const bool is_other =
        object && object->is_object() && !object->empty() && !object->contains("files");
    if (is_other) {
        kind.is_files = false;
        kind.sha256 = kind.plain_sha256 = sha256_hex(dump_json(*object));
        return kind;
    }
    const auto payload = parse_payload(json_text);
    if (!payload) return tl::unexpected(payload.error());
    kind.is_empty = payload->files.empty();
    kind.sha256 = content_digest(*payload);
    kind.plain_sha256 = plain_digest(*payload);
    kind.loose = loose_file(*payload);
    return kind;
}

}  // namespace edgeroll::release::wire
