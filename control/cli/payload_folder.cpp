#include "control/cli/payload_folder.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <system_error>

#include "control/cli/globs.hpp"
#include "control/cli/text.hpp"
#include "release/text/base64.hpp"
#include "release/text/utf8.hpp"
#include "release/wire/payload.hpp"

namespace edgeroll::cli {
namespace {

namespace fs = std::filesystem;
namespace wire = release::wire;

std::string sizes(std::size_t bytes) {
    return human_bytes(bytes) + " (" + grouped(bytes) + " bytes)";
}

tl::unexpected<Failure> too_large(const std::string& what, std::size_t bytes) {
    return refuse(what + " is " + sizes(bytes) + "; a payload may have " +
                  sizes(wire::payload_bytes_max));
}

/// @param links followed: the rest was not read
Answer<void> check_size(const std::string& folder, const FolderFiles& found, Links links) {
    if (found.bytes <= wire::payload_bytes_max) return {};
    const auto largest = std::ranges::max_element(
        found.files, {}, [](const auto& file) { return file.second.bytes; });
    auto failure = too_large(
        printable(folder) + (links == Links::followed ? ", with links followed so far," : ""),
        found.bytes);
    failure.value().message += "; the largest file is " + printable(largest->second.file.string()) +
                               " with " + human_bytes(largest->second.bytes);
    return failure;
}

Answer<void> check_globs(const std::string& option, const std::vector<std::string>& globs,
                         const FolderFiles& found) {
    for (const std::string& glob : globs) {
        const bool is_used = std::ranges::any_of(
            found.files, [&](const auto& file) { return matches(glob, file.first); });
        if (is_used) continue;
        return refuse(option + " " + printable(glob) + " matches no file that would be pushed");
    }
    return {};
}

bool is_utf8_text(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t length = release::utf8_length(bytes);
        if (length == 0 || bytes.front() == '\0') return false;
        bytes.remove_prefix(length);
    }
    return true;
}

std::string mode_text(fs::perms mode) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode) & 0777U);
    return text.data();
}

wire::Json entry_of(const std::string& path, fs::perms mode, std::string content,
                    const FolderOptions& options) {
    wire::Json entry = {{"path", path}};
    const bool is_text = is_utf8_text(content);
    entry["encoding"] = is_text ? "utf-8" : "base64";
    entry["content"] = is_text ? std::move(content) : release::encode_base64(content);
    if (matches_any(options.templates, path)) entry["template"] = true;
    if (matches_any(options.secrets, path)) {
        entry["secret"] = true;
    } else {
        entry["mode"] = mode_text(mode);
    }
    return entry;
}

}  // namespace

Answer<FolderPayload> payload_from_folder(const std::string& folder, const FolderOptions& options) {
    const auto found = files_of_folder(folder, options.links);
    if (!found) return tl::unexpected(found.error());
    if (auto fits = check_size(folder, *found, options.links); !fits) {
        return tl::unexpected(fits.error());
    }
    for (const auto& [option, globs] :
         {std::pair("--template", &options.templates), std::pair("--secret", &options.secrets)}) {
        if (auto used = check_globs(option, *globs, *found); !used) {
            return tl::unexpected(used.error());
        }
    }
    wire::Json list = wire::Json::array();
    std::size_t room = wire::payload_bytes_max;  // files may have grown since
    for (const auto& [path, file] : found->files) {
        // For a followed link, the path of its target.
        auto content = read_file(file.file, room, Links::refused);
        if (!content) return tl::unexpected(std::move(content.error()));
        room -= content->size();
        list.push_back(entry_of(path, file.mode, std::move(*content), options));
    }
    FolderPayload payload{wire::dump_json({{"files", std::move(list)}}), found->left_out};
    if (payload.text.size() > wire::payload_bytes_max) {
        return too_large(printable(folder) + " as JSON", payload.text.size());
    }
    return payload;
}

Answer<std::string> payload_from_file(const std::string& path) {
    std::error_code ec;
    const std::uintmax_t bytes = fs::file_size(path, ec);
    if (ec) return refuse("cannot read " + printable(path) + ": " + ec.message());
    if (bytes > wire::payload_bytes_max) {
        return too_large(printable(path), static_cast<std::size_t>(bytes));
    }
    auto text = read_file(path, wire::payload_bytes_max, Links::followed);
    if (text && text->starts_with("\xef\xbb\xbf")) {
        return refuse(printable(path) +
                      " begins with a byte order mark, which JSON does not allow: save it as UTF-8 "
                      "without");
    }
    return text;
}

}  // namespace edgeroll::cli
