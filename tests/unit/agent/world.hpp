// A temporary root folder for a test, and small helpers.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "release/ids.hpp"
#include "release/wire/agent_messages.hpp"
#include "release/wire/json_util.hpp"
#include "release/wire/payload.hpp"

namespace edgeroll::agent::testing {

namespace fs = std::filesystem;

class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string pattern = (fs::temp_directory_path() / "edgeroll-agent-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] std::string path(const std::string& below = "") const {
        return below.empty() ? path_ : path_ + "/" + below;
    }
    [[nodiscard]] std::string read(const std::string& below) const {
        std::ifstream file(path(below), std::ios::binary);
        std::ostringstream text;
        text << file.rdbuf();
        return text.str();
    }
    void write(const std::string& below, const std::string& text, int mode = 0644) const {
        fs::create_directories(fs::path(path(below)).parent_path());
        std::ofstream(path(below), std::ios::binary) << text;
        fs::permissions(path(below), static_cast<fs::perms>(mode));
    }
    [[nodiscard]] bool has(const std::string& below) const {
        return fs::exists(fs::symlink_status(path(below)));
    }
    [[nodiscard]] std::string link(const std::string& below) const {
        std::error_code ignored;
        return fs::read_symlink(path(below), ignored).string();
    }
    [[nodiscard]] std::vector<std::string> names(const std::string& below) const {
        std::vector<std::string> found;
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator(path(below), ignored)) {
            found.push_back(entry.path().filename().string());
        }
        std::sort(found.begin(), found.end());
        return found;
    }

  private:
    std::string path_;
};

/// A payload of plain files.
inline std::string payload(const std::vector<std::pair<std::string, std::string>>& files,
                           bool is_template = false) {
    release::wire::Json list = release::wire::Json::array();
    for (const auto& [path, content] : files) {
        release::wire::Json file{{"path", path}, {"content", content}};
        if (is_template) file["template"] = true;
        list.push_back(std::move(file));
    }
    return release::wire::dump_json(release::wire::Json{{"files", std::move(list)}});
}

/// A single file that identifies the version.
inline std::string numbered_payload(int number, const std::string& path = "conf.d/a.conf") {
    return payload({{path, std::to_string(number)}});
}

inline std::string digest(const std::string& payload_text) {
    return release::wire::content_digest(release::wire::parse_payload(payload_text).value());
}

/// By the rule without templates.
inline std::string plain_digest(const std::string& payload_text) {
    return release::wire::plain_digest(release::wire::parse_payload(payload_text).value());
}

inline release::wire::Dispatch dispatch_of(std::int64_t version, std::string payload_text,
                                           const std::string& suffix = "") {
    release::wire::Dispatch dispatch;
    dispatch.task_id = "apply_config_127.0.0.1_" + std::to_string(version) + suffix;
    dispatch.version = release::Version{version};
    dispatch.payload = std::move(payload_text);
    dispatch.node_name = "edge-1";
    dispatch.node_ip = "127.0.0.1";
    dispatch.labels = {{"app", "cdn"}, {"region", "eu"}};
    return dispatch;
}

}  // namespace edgeroll::agent::testing
