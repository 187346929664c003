#include "control/cli/payload_folder.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <system_error>

#include "control/cli/text.hpp"
#include "release/wire/base64.hpp"
#include "release/wire/payload.hpp"
#include "release/wire/text_util.hpp"

namespace edgeroll::cli {
namespace {

namespace fs = std::filesystem;
namespace wire = release::wire;

struct Found {
    fs::path file;
    fs::perms mode = fs::perms::none;
    std::size_t bytes = 0;
};
using Files = std::map<std::string, Found>;  ///< by relative path

std::string sizes(std::size_t bytes) {
    return human_bytes(bytes) + " (" + grouped(bytes) + " bytes)";
}

tl::unexpected<Failure> too_large(const std::string& what, std::size_t bytes) {
    return refuse(what + " is " + sizes(bytes) + "; a payload may have " +
                  sizes(wire::payload_bytes_max));
}

Answer<std::string> read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(file), {});
    if (!file.good() && !file.eof()) return refuse("cannot read " + printable(path.string()));
    return text;
}

bool is_utf8_text(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t length = wire::utf8_length(bytes);
        if (length == 0 || bytes.front() == '\0') return false;
        bytes.remove_prefix(length);
    }
    return true;
}

/// One entry of the folder; folders themselves are only walked through.
Answer<void> take(Files& files, const fs::directory_entry& entry, const std::string& path) {
    std::error_code ec;
    const fs::file_status status = entry.symlink_status(ec);
    const std::string shown = printable(path);
    if (ec) return refuse("cannot look at " + shown + ": " + ec.message());
    if (fs::is_symlink(status)) {
        return refuse(shown + " is a link: a configuration has files only; copy what it points to");
    }
    if (fs::is_directory(status)) return {};
    if (!fs::is_regular_file(status)) {
        return refuse(shown + " is neither a file nor a folder: a configuration has files only");
    }
    if (!is_utf8_text(path)) return refuse(shown + ": its name is not UTF-8");
    if ((status.permissions() & ~fs::perms(0777)) != fs::perms::none) {
        return refuse(shown + " has a set-uid, set-gid or sticky bit; a payload carries 0777 only");
    }
    const std::uintmax_t bytes = entry.file_size(ec);
    if (ec) return refuse("cannot look at " + shown + ": " + ec.message());
    files[path] = {entry.path(), status.permissions(), static_cast<std::size_t>(bytes)};
    return {};
}

Answer<Files> walk(const fs::path& folder) {
    Files files;
    std::error_code ec;
    fs::recursive_directory_iterator entry(folder, ec);
    while (!ec && entry != fs::recursive_directory_iterator()) {
        const std::string path = entry->path().lexically_relative(folder).generic_string();
        if (auto taken = take(files, *entry, path); !taken) {
            return tl::unexpected(std::move(taken.error()));
        }
        entry.increment(ec);
    }
    if (ec)
        return refuse("cannot read the folder " + printable(folder.string()) + ": " + ec.message());
    if (files.empty()) return refuse(printable(folder.string()) + " holds no file");
    return files;
}

Answer<void> check_size(const std::string& folder, const Files& files) {
    std::size_t total = 0;
    const Found* largest = nullptr;
    for (const auto& [path, found] : files) {
        total += found.bytes;
        if (largest == nullptr || found.bytes > largest->bytes) largest = &found;
    }
    if (total <= wire::payload_bytes_max) return {};
    auto failure = too_large(printable(folder), total);
    failure.value().message += "; the largest file is " + printable(largest->file.string()) +
                               " with " + human_bytes(largest->bytes);
    return failure;
}

Answer<void> check_globs(const std::vector<std::string>& globs, const Files& files) {
    for (const std::string& glob : globs) {
        const bool is_used = std::any_of(files.begin(), files.end(), [&](const auto& file) {
            return matches(glob, file.first);
        });
        if (!is_used) return refuse("--template " + printable(glob) + " matches no file");
    }
    return {};
}

std::string mode_text(fs::perms mode) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode) & 0777U);
    return text.data();
}

}  // namespace

bool matches(const std::string& glob, std::string_view path) {
    const bool is_for_path = glob.find('/') != std::string::npos;
    const std::string subject(is_for_path ? path : path.substr(path.rfind('/') + 1));
    return ::fnmatch(glob.c_str(), subject.c_str(), FNM_PATHNAME) == 0;
}

Answer<std::string> payload_from_folder(const std::string& folder,
                                        const std::vector<std::string>& globs) {
    const auto files = walk(folder);
    if (!files) return tl::unexpected(files.error());
    if (auto fits = check_size(folder, *files); !fits) return tl::unexpected(fits.error());
    if (auto used = check_globs(globs, *files); !used) return tl::unexpected(used.error());
    wire::Json list = wire::Json::array();
    for (const auto& [path, found] : *files) {
        auto content = read_file(found.file);
        if (!content) return content;
        wire::Json file = {{"path", path}, {"mode", mode_text(found.mode)}};
        const bool is_text = is_utf8_text(*content);
        file["encoding"] = is_text ? "utf-8" : "base64";
        file["content"] = is_text ? std::move(*content) : wire::encode_base64(*content);
        if (std::any_of(globs.begin(), globs.end(), [&, &name = path](const std::string& glob) {
                return matches(glob, name);
            })) {
            file["template"] = true;
        }
        list.push_back(std::move(file));
    }
    std::string text = wire::dump_json({{"files", std::move(list)}});
    if (text.size() > wire::payload_bytes_max) {
        return too_large(printable(folder) + " as JSON", text.size());
    }
    return text;
}

Answer<std::string> payload_from_file(const std::string& path) {
    std::error_code ec;
    const std::uintmax_t bytes = fs::file_size(path, ec);
    if (ec) return refuse("cannot read " + printable(path) + ": " + ec.message());
    if (bytes > wire::payload_bytes_max) {
        return too_large(printable(path), static_cast<std::size_t>(bytes));
    }
    return read_file(path);
}

}  // namespace edgeroll::cli
