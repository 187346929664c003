#include "release/wire/payload.hpp"

#include <algorithm>
#include <set>

#include "release/crypto/sha256.hpp"
#include "release/text/base64.hpp"
#include "release/text/digits.hpp"
#include "release/text/utf8.hpp"
#include "release/wire/invalid.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::release::wire {
namespace {

constexpr std::size_t path_bytes_max = 1024;
constexpr std::size_t path_part_bytes_max = 255;
constexpr int secret_mode = 0640;
constexpr std::size_t nonce_bytes = 12, tag_bytes = 16, key_id_digits = 16;

/// The author of the payload: a sender, or edgeroll-control for its database.
enum class Form { sent, stored };

/// The file's name in messages; its path may be hostile.
std::string called(const std::string& path) {
    std::string name = cut_utf8(path, 200);
    std::replace_if(
        name.begin(), name.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
    return "file '" + name + "'";
}

/// What is wrong with a path; empty: nothing.
std::string path_fault(const std::string& path) {
    if (path.empty()) return "the path is empty";
    if (path.size() > path_bytes_max) return "the path is longer than 1024 bytes";
    if (has_control_character(path)) return "the path has a control character";
    if (path.front() == '/') return "the path must be relative";
    std::string_view rest = path;
    bool is_first = true;
    while (true) {
        const auto slash = rest.find('/');
        const std::string_view part = rest.substr(0, slash);
        if (part.empty()) return "the path has an empty part";
        if (part == "." || part == "..") return "the path has a '.' or '..' part";
        if (part.size() > path_part_bytes_max) return "a part of the path is over 255 bytes";
        if (is_first && (part == "edgeroll-version" || part == "edgeroll-version.conf")) {
            return "the name is reserved: the agent writes it";
        }
        is_first = false;
        if (slash == std::string_view::npos) return {};
        rest.remove_prefix(slash + 1);
    }
}

std::optional<int> parse_mode(std::string_view text) {
    if (text.size() == 4 && text.front() == '0') text.remove_prefix(1);
    if (text.size() != 3) return std::nullopt;
    int mode = 0;
    for (const char c : text) {
        if (c < '0' || c > '7') return std::nullopt;
        mode = mode * 8 + (c - '0');
    }
    return mode;
}

std::string unknown_key(const Json& object) {
    for (const auto& [key, value] : object.items()) {
        if (key != "path" && key != "content" && key != "encoding" && key != "mode" &&
            key != "template" && key != "secret" && key != "sealed") {
            return key;
        }
    }
    return {};
}

/// The object of `sealed`: `{"key","nonce","data","bytes","sha256"}`. Nothing: it is malformed.
std::optional<File> parse_sealed(const Json& object) {
    if (!object.is_object() || object.size() != 5) return std::nullopt;
    const auto key = optional_text(object, "key");
    const auto nonce = optional_text(object, "nonce");
    const auto data = optional_text(object, "data");
    const auto sha256 = optional_text(object, "sha256");
    const auto bytes = optional_integer(object, "bytes");
    if (!key || !*key || !nonce || !*nonce || !data || !*data || !sha256 || !*sha256 || !bytes ||
        !*bytes || **bytes < 0) {
        return std::nullopt;
    }
    auto nonce_text = decode_base64(**nonce);
    auto data_text = decode_base64(**data);
    File file;
    file.bytes = static_cast<std::size_t>(**bytes);
    const bool is_whole = nonce_text && nonce_text->size() == nonce_bytes && data_text &&
                          data_text->size() == file.bytes + tag_bytes &&
                          (*key)->size() == key_id_digits && is_hex(**key) &&
                          is_sha256_hex(**sha256);
    if (!is_whole) return std::nullopt;
    file.secret_sha256 = **sha256;
    file.sealed = Sealed{**key, std::move(*nonce_text), std::move(*data_text)};
    return file;
}

/// Which rule for secrets the file breaks; empty: none.
std::string secret_fault(const File& file) {
    if (!file.is_secret || file.mode == 0600 || file.mode == 0640) return {};
    return "a secret's mode must be 0600 or 0640 (the default)";
}

Result<File> parse_file(Json& object, std::size_t index, Form form) {
    const std::string numbered = "files[" + std::to_string(index) + "]";
    if (!object.is_object()) return invalid_payload(numbered + " must be an object");
    auto path = required_text(object, "path");
    if (!path) return invalid_payload(numbered + ": " + path.error().message);
    const std::string name = called(*path);
    if (std::string fault = path_fault(*path); !fault.empty())
        return invalid_payload(name + ": " + fault);
    if (std::string key = unknown_key(object); !key.empty()) {
        return invalid_payload(name + ": unknown key '" + cut_utf8(key, 64) + "'");
    }
    const auto encoding = optional_text(object, "encoding");
    const auto mode = optional_text(object, "mode");
    const auto is_template = optional_flag(object, "template");
    if (!encoding) return invalid_payload(name + ": " + encoding.error().message);
    if (!mode) return invalid_payload(name + ": " + mode.error().message);
    if (!is_template) return invalid_payload(name + ": " + is_template.error().message);
    const auto is_secret = optional_flag(object, "secret");
    if (!is_secret) return invalid_payload(name + ": " + is_secret.error().message);
    const bool is_kept_secret = is_secret->value_or(false);
    const auto bits =
        mode->has_value() ? parse_mode(**mode) : (is_kept_secret ? secret_mode : 0644);
    if (!bits) return invalid_payload(name + ": mode must be octal text from \"0000\" to \"0777\"");

    File file;
    const auto sealed = object.find("sealed");
    if (sealed != object.end()) {
        if (form == Form::sent) {
            return invalid_payload(
                name + ": 'sealed' is how edgeroll-control keeps a secret: send 'content'");
        }
        auto read =
            is_kept_secret && !object.contains("content") ? parse_sealed(*sealed) : std::nullopt;
        if (!read) return invalid_payload(name + ": field 'sealed' is damaged");
        file = std::move(*read);
    }
    file.path = std::move(*path);
    file.is_template = is_template->value_or(false);
    file.is_secret = is_kept_secret;
    file.mode = *bits;
    if (std::string fault = secret_fault(file); !fault.empty())
        return invalid_payload(name + ": " + fault);
    if (file.sealed) return file;

    const auto content = object.find("content");
    if (content == object.end()) return invalid_payload(name + ": field 'content' is missing");
    if (!content->is_string()) return invalid_payload(name + ": field 'content' must be a string");

    auto& text = content->get_ref<std::string&>();
    if (encoding->value_or("utf-8") == "utf-8") {
        file.content = std::move(text);
    } else if (*encoding == "base64") {
        auto bytes = decode_base64(text);
        if (!bytes) return invalid_payload(name + ": content is not valid base64");
        file.content = std::move(*bytes);
    } else {
        return invalid_payload(name + ": encoding must be utf-8 or base64");
    }
    file.bytes = file.content.size();
    if (file.is_secret) file.secret_sha256 = sha256_hex(file.content);
    return file;
}

/// A path that occurs twice, or that lies below another file; empty: none.
std::string clash(const std::vector<File>& files) {
    std::set<std::string_view> paths;
    for (const File& file : files) {
        if (!paths.insert(file.path).second) return called(file.path) + " is given twice";
    }
    for (const File& file : files) {
        const std::string_view path = file.path;
        for (auto slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1)) {
            if (paths.count(path.substr(0, slash)) != 0) {
                return called(file.path) + " lies below another file";
            }
        }
    }
    return {};
}

std::string digest_of(const Payload& payload, bool sees_templates) {
    Sha256 digest;
    for (const File& file : payload.files) {
        digest.add(file.path);
        digest.add("\n" + (sees_templates ? mode_line(file) : mode_text(file.mode)) + "\n" +
                   std::to_string(file.bytes) + "\n");
        digest.add(file.is_secret ? file.secret_sha256 : file.content);
    }
    return digest.finish();
}

Result<Payload> parse(std::string_view json_text, Form form) {
    auto parsed =
        parse_json(json_text, form == Form::stored ? stored_payload_bytes_max : payload_bytes_max);
    if (!parsed) return invalid_payload(parsed.error().message);
    if (!parsed->is_object()) return invalid_payload("must be an object");
    for (const auto& [key, value] : parsed->items()) {
        if (key != "files") return invalid_payload("unknown key '" + cut_utf8(key, 64) + "'");
    }
    Payload payload;
    const auto files = parsed->find("files");
    if (files == parsed->end()) return payload;
    if (!files->is_array()) return invalid_payload("field 'files' must be a list");
    payload.files.reserve(files->size());
    for (std::size_t i = 0; i < files->size(); ++i) {
        auto file = parse_file((*files)[i], i, form);
        if (!file) return tl::unexpected(std::move(file.error()));
        payload.files.push_back(std::move(*file));
    }
    if (const std::string fault = clash(payload.files); !fault.empty())
        return invalid_payload(fault);
    // std::string compares bytes as unsigned, which is the order of the digest.
    std::sort(payload.files.begin(), payload.files.end(),
              [](const File& a, const File& b) { return a.path < b.path; });
    const auto secrets = std::ranges::count_if(payload.files, &File::is_secret);
    if (static_cast<std::size_t>(secrets) > secret_files_max) {
        return invalid_payload("more than 1000 files are secret");
    }
    // Only a sealed payload may be larger than the limit for senders: agents accept no more.
    const bool is_all_sealed = has_secrets(payload) && !has_open_secrets(payload);
    if (json_text.size() > payload_bytes_max && !is_all_sealed) {
        return invalid("larger than " + std::to_string(payload_bytes_max) + " bytes");
    }
    return payload;
}

}  // namespace

Result<Payload> parse_payload(std::string_view json_text) {
    return parse(json_text, Form::sent);
}

Result<Payload> parse_stored_payload(std::string_view json_text) {
    return parse(json_text, Form::stored);
}

bool has_secrets(const Payload& payload) {
    return std::ranges::any_of(payload.files, &File::is_secret);
}

bool has_open_secrets(const Payload& payload) {
    return std::ranges::any_of(payload.files,
                               [](const File& file) { return file.is_secret && !file.sealed; });
}

std::string mode_text(int bits) {
    std::string mode = "0000";
    for (std::size_t i = 0; i < 4; ++i) {
        mode[3 - i] = static_cast<char>('0' + ((bits >> (3 * i)) & 7));
    }
    return mode;
}

std::string mode_line(const File& file) {
    std::string line = mode_text(file.mode);
    if (file.is_template) line += " template";
    if (file.is_secret) line += " secret";
    return line;
}

std::string loose_file(const Payload& payload) {
    constexpr int by_others = 0002;
    for (const File& file : payload.files) {
        if ((file.mode & by_others) == 0) continue;
        return "payload: " + called(file.path) +
               ": its mode lets everybody on the node write it; take that away (chmod o-w: 0644, "
               "0755)";
    }
    return {};
}

std::string content_digest(const Payload& payload) {
    return digest_of(payload, true);
}

std::string plain_digest(const Payload& payload) {
    return digest_of(payload, has_secrets(payload));
}

}  // namespace edgeroll::release::wire
