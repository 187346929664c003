#include "control/secrets/sealed_payload.hpp"

#include <map>
#include <optional>
#include <utility>

#include "release/crypto/aes_gcm.hpp"
#include "release/crypto/sha256.hpp"
#include "release/text/base64.hpp"
#include "release/wire/content.hpp"
#include "release/wire/json_util.hpp"
#include "release/wire/payload.hpp"

namespace edgeroll::control {
namespace {

using release::Result;
using release::wire::File;
using release::wire::Json;

/// A payload as JSON, with its parsed files.
struct Read {
    Json json;
    std::map<std::string, File> files;
    bool has_secrets = false;
    std::string sha256;  ///< content_digest
};

Result<Read> read(std::string_view text) {
    auto payload = release::wire::parse_stored_payload(text);
    if (!payload) return tl::unexpected(std::move(payload.error()));
    Read read;
    read.has_secrets = release::wire::has_secrets(*payload);
    if (!read.has_secrets) return read;
    read.sha256 = release::wire::content_digest(*payload);
    auto json = release::wire::parse_json(text, release::wire::stored_payload_bytes_max);
    if (!json) return tl::unexpected(std::move(json.error()));
    read.json = std::move(*json);
    for (File& file : payload->files) {
        std::string path = file.path;
        read.files.emplace(std::move(path), std::move(file));
    }
    return read;
}

/// Data that a seal authenticates besides the secret: the file, and the whole content it belongs
/// to.
std::string bound_to(const File& file, const std::string& content_sha256) {
    return "edgeroll secret 1\n" + content_sha256 + "\n" + file.path + "\n" +
           release::wire::mode_line(file) + "\n" + std::to_string(file.bytes) + "\n" +
           file.secret_sha256;
}

tl::unexpected<release::Error> trouble(const File& file, const std::string& what) {
    return release::fail("file '" + file.path + "' " + what, release::Outcome::permanent,
                         release::code::invalid);
}

/// The content of a secret file, sealed or not.
Result<std::string> content_of(const File& file, const std::string& content_sha256,
                               const SecretKeys* keys) {
    if (!file.sealed) return file.content;
    if (keys == nullptr) {
        return trouble(file, "is a sealed secret, and SECRETS_KEY_FILE is not set");
    }
    const std::string* key = keys->find(file.sealed->key_id);
    if (key == nullptr) {
        return trouble(file, "is sealed by the key " + file.sealed->key_id +
                                 ", which SECRETS_KEY_FILE does not hold: add that key to it");
    }
    auto content =
        release::gcm_open(*key, release::GcmBox{file.sealed->nonce, file.sealed->ciphertext},
                          bound_to(file, content_sha256));
    if (!content || release::sha256_hex(*content) != file.secret_sha256) {
        return trouble(file, "does not fit its seal: it was changed in the database");
    }
    return std::move(*content);
}

void put_sealed(Json& object, const File& file, const std::string& content_sha256,
                std::string_view content, const SecretKeys& keys) {
    const release::GcmBox box =
        release::gcm_seal(keys.own_key(), content, bound_to(file, content_sha256));
    object.erase("content");
    object["sealed"] = {{"key", keys.own_id()},
                        {"nonce", release::encode_base64(box.nonce)},
                        {"data", release::encode_base64(box.ciphertext)},
                        {"bytes", file.bytes},
                        {"sha256", file.secret_sha256}};
}

void put_content(Json& object, std::string content) {
    object.erase("sealed");
    const auto encoding = object.find("encoding");
    const bool is_coded = encoding != object.end() && *encoding == "base64";
    object["content"] = is_coded ? release::encode_base64(content) : std::move(content);
}

/// Calls change(object, file) for each secret; returns the new text.
template <class Change>
Result<std::string> changed(std::string_view text, const Change& change) {
    auto payload = read(text);
    if (!payload) return tl::unexpected(std::move(payload.error()));
    if (!payload->has_secrets) return std::string(text);
    for (Json& object : payload->json["files"]) {
        const File& file = payload->files.at(object["path"].get<std::string>());
        if (!file.is_secret) continue;
        const Result<void> done = change(object, file, payload->sha256);
        if (!done) return tl::unexpected(done.error());
    }
    return release::wire::dump_json(payload->json);
}

}  // namespace

Result<std::string> seal_secrets(std::string_view text, const SecretKeys& keys) {
    return changed(text,
                   [&](Json& object, const File& file, const std::string& sha256) -> Result<void> {
                       if (!file.sealed) put_sealed(object, file, sha256, file.content, keys);
                       return {};
                   });
}

Result<std::string> open_secrets(std::string_view text, const SecretKeys* keys) {
    auto opened = changed(
        text, [&](Json& object, const File& file, const std::string& sha256) -> Result<void> {
            auto content = content_of(file, sha256, keys);
            if (!content) return tl::unexpected(std::move(content.error()));
            put_content(object, std::move(*content));
            return {};
        });
    if (opened && opened->size() > release::wire::payload_bytes_max) {
        return release::fail("it is larger than " +
                                 std::to_string(release::wire::payload_bytes_max) +
                                 " bytes when its secrets are opened",
                             release::Outcome::permanent, release::code::invalid);
    }
    return opened;
}

std::string why_closed(std::string_view text, const SecretKeys* keys) {
    const auto opened = open_secrets(text, keys);
    return opened ? std::string() : opened.error().message;
}

std::string why_not_sent(std::string_view text, const SecretKeys* keys) {
    return keys == nullptr ? no_secret_keys : why_closed(text, keys);
}

Result<std::string> reseal_secrets(std::string_view text, const SecretKeys& keys) {
    return changed(text,
                   [&](Json& object, const File& file, const std::string& sha256) -> Result<void> {
                       const auto content = content_of(file, sha256, &keys);
                       if (!content) return tl::unexpected(content.error());
                       put_sealed(object, file, sha256, *content, keys);
                       return {};
                   });
}

Result<std::set<std::string>> sealing_keys(std::string_view text) {
    const auto payload = read(text);
    if (!payload) return tl::unexpected(payload.error());
    std::set<std::string> ids;
    for (const auto& [path, file] : payload->files) {
        if (file.is_secret) ids.insert(file.sealed ? file.sealed->key_id : "");
    }
    return ids;
}

std::string without_secrets(std::string_view text) {
    const auto shown =
        changed(text, [](Json& object, const File& file, const std::string&) -> Result<void> {
            for (const char* hidden : {"content", "encoding", "sealed"})
                object.erase(hidden);
            object["bytes"] = file.bytes;
            object["sha256"] = file.secret_sha256;
            return {};
        });
    if (shown) return *shown;
    // Types other than apply_config have no secrets.
    const auto object = release::wire::read_stored_content(text);
    if (object && !object->is_files) return std::string(text);
    // The word may be spelled with escapes; text that cannot be parsed is not shown if it has any.
    const bool may_be_secret = text.find("secret") != text.npos ||
                               text.find("\\u00") != text.npos || text.find("sealed") != text.npos;
    return may_be_secret ? std::string() : std::string(text);
}

}  // namespace edgeroll::control
