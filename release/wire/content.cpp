#include "release/wire/content.hpp"

#include "release/crypto/sha256.hpp"
#include "release/wire/json_util.hpp"
#include "release/wire/payload.hpp"

namespace edgeroll::release::wire {

namespace {

using Parse = Result<Payload> (*)(std::string_view);

Result<ContentKind> read(std::string_view json_text, std::size_t bytes_max, Parse parse) {
    const auto object = parse_json(json_text, bytes_max);
    ContentKind kind;
    const bool is_other =
        object && object->is_object() && !object->empty() && !object->contains("files");
    if (is_other) {
        kind.is_files = false;
        kind.sha256 = kind.plain_sha256 = sha256_hex(dump_json(*object));
        return kind;
    }
    const auto payload = parse(json_text);
    if (!payload) return tl::unexpected(payload.error());
    kind.is_empty = payload->files.empty();
    kind.sha256 = content_digest(*payload);
    kind.plain_sha256 = plain_digest(*payload);
    kind.loose = loose_file(*payload);
    kind.has_secrets = has_secrets(*payload);
    kind.has_open_secrets = has_open_secrets(*payload);
    return kind;
}

}  // namespace

Result<ContentKind> read_content(std::string_view json_text) {
    return read(json_text, payload_bytes_max, parse_payload);
}

Result<ContentKind> read_stored_content(std::string_view json_text) {
    return read(json_text, stored_payload_bytes_max, parse_stored_payload);
}

}  // namespace edgeroll::release::wire
