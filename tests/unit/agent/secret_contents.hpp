// Contents with secret files for tests, and checks of their tasks.
#pragma once

#include <string>
#include <vector>

#include "release/crypto/sha256.hpp"
#include "tests/unit/agent/edge.hpp"

namespace edgeroll::agent::testing {

/// A line of the key of version n, unique to it.
inline std::string line_of(int version) {
    return "line-of-the-key-" + release::sha256_hex(std::to_string(version)).substr(0, 40);
}
inline std::string key_of(int version) {
    return "-----BEGIN KEY-----\n" + line_of(version) + "\n-----END KEY-----\n";
}

inline release::wire::Json secret_file(const std::string& path, const std::string& content,
                                       const char* mode = nullptr) {
    release::wire::Json file{{"path", path}, {"content", content}, {"secret", true}};
    if (mode != nullptr) file["mode"] = mode;
    return file;
}

inline std::string payload_of(const std::vector<release::wire::Json>& files) {
    return release::wire::dump_json(release::wire::Json{{"files", files}});
}

/// A site file and its key.
inline std::string site_and_key(int version) {
    return payload_of(
        {release::wire::Json{{"path", "site.conf"}, {"content", "site " + std::to_string(version)}},
         secret_file("tls/site.key", key_of(version))});
}

inline std::string everything(const release::wire::TaskReport& report) {
    return release::wire::write_task_report(report);
}

inline std::string output_of(const release::wire::TaskReport& report, const std::string& step) {
    for (const auto& one : report.steps) {
        if (one.name == step) return one.output;
    }
    return "no step " + step;
}

inline release::wire::Dispatch secret_task(const std::string& type, std::int64_t version,
                                           std::string text) {
    auto dispatch = dispatch_of(version, std::move(text));
    dispatch.type = release::from_text<release::TaskType>(type).value();
    dispatch.task_id = type + "_127.0.0.1_" + std::to_string(version);
    return dispatch;
}

}  // namespace edgeroll::agent::testing
