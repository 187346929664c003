#include "release/wire/payload.hpp"

#include <algorithm>
#include <set>

#include "release/wire/base64.hpp"
#include "release/wire/json_util.hpp"
#include "release/wire/sha256.hpp"
#include "release/wire/text_util.hpp"

namespace edgeroll::release::wire {
namespace {

constexpr std::size_t path_bytes_max = 1024;
constexpr std::size_t path_part_bytes_max = 255;

tl::unexpected<Error> invalid(std::string message) {
    return fail("payload: " + std::move(message), Outcome::permanent, code::invalid);
}

/// How messages call a file; its path may be hostile.
std::string called(const std::string& path) {
    std::string name = cut_utf8(path, 200);
    std::replace_if(
        name.begin(), name.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
    return "file '" + name + "'";
}

/// What is wrong with a path; empty when nothing is.
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
            key != "template") {
            return key;
        }
    }
    return {};
}

Result<File> parse_file(Json& object, std::size_t index) {
    const std::string numbered = "files[" + std::to_string(index) + "]";
    if (!object.is_object()) return invalid(numbered + " must be an object");
    auto path = required_text(object, "path");
    if (!path) return invalid(numbered + ": " + path.error().message);
    const std::string name = called(*path);
    if (std::string fault = path_fault(*path); !fault.empty()) return invalid(name + ": " + fault);
    if (std::string key = unknown_key(object); !key.empty()) {
        return invalid(name + ": unknown key '" + cut_utf8(key, 64) + "'");
    }
    const auto encoding = optional_text(object, "encoding");
    const auto mode = optional_text(object, "mode");
    const auto is_template = optional_flag(object, "template");
    if (!encoding) return invalid(name + ": " + encoding.error().message);
    if (!mode) return invalid(name + ": " + mode.error().message);
    if (!is_template) return invalid(name + ": " + is_template.error().message);

    const auto content = object.find("content");
    if (content == object.end()) return invalid(name + ": field 'content' is missing");
    if (!content->is_string()) return invalid(name + ": field 'content' must be a string");

    File file;
    file.path = std::move(*path);
    file.is_template = is_template->value_or(false);
    const auto bits = parse_mode(mode->value_or("0644"));
    if (!bits) return invalid(name + ": mode must be octal text from \"0000\" to \"0777\"");
    file.mode = *bits;
    auto& text = content->get_ref<std::string&>();
    if (encoding->value_or("utf-8") == "utf-8") {
        file.content = std::move(text);
    } else if (*encoding == "base64") {
        auto bytes = decode_base64(text);
        if (!bytes) return invalid(name + ": content is not valid base64");
        file.content = std::move(*bytes);
    } else {
        return invalid(name + ": encoding must be utf-8 or base64");
    }
    return file;
}

/// A path that is given twice, or that lies below another file; empty when there is none.
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
        std::string mode = "0000";
        for (std::size_t i = 0; i < 4; ++i) {
            mode[3 - i] = static_cast<char>('0' + ((file.mode >> (3 * i)) & 7));
        }
        if (sees_templates && file.is_template) mode += " template";
        digest.add(file.path);
        digest.add("\n" + mode + "\n" + std::to_string(file.content.size()) + "\n");
        digest.add(file.content);
    }
    return digest.finish();
}

}  // namespace

Result<Payload> parse_payload(std::string_view json_text) {
    auto parsed = parse_json(json_text, payload_bytes_max);
    if (!parsed) return invalid(std::move(parsed.error().message));
    if (!parsed->is_object()) return invalid("must be an object");
    for (const auto& [key, value] : parsed->items()) {
        if (key != "files") return invalid("unknown key '" + cut_utf8(key, 64) + "'");
    }
    Payload payload;
    const auto files = parsed->find("files");
    if (files == parsed->end()) return payload;
    if (!files->is_array()) return invalid("field 'files' must be a list");
    payload.files.reserve(files->size());
    for (std::size_t i = 0; i < files->size(); ++i) {
        auto file = parse_file((*files)[i], i);
        if (!file) return tl::unexpected(std::move(file.error()));
        payload.files.push_back(std::move(*file));
    }
    if (std::string fault = clash(payload.files); !fault.empty()) return invalid(std::move(fault));
    // std::string compares bytes as unsigned: the order that the digest asks for.
    std::sort(payload.files.begin(), payload.files.end(),
              [](const File& a, const File& b) { return a.path < b.path; });
    return payload;
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
    return digest_of(payload, false);
}

}  // namespace edgeroll::release::wire
