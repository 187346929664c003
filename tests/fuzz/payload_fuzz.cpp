// Payloads: which paths an agent would write, and the digest by which everybody calls a content.
#include <string>

#include "demand.hpp"
#include "release/text/base64.hpp"
#include "release/wire/content.hpp"
#include "release/wire/json_util.hpp"
#include "release/wire/payload.hpp"
#include "release/wire/task_payload.hpp"
#include "release/wire/template.hpp"

namespace {

namespace wire = edgeroll::release::wire;
using edgeroll::fuzz::demand;

void check_path(std::string_view path) {
    demand(!path.empty() && path.front() != '/' && path.back() != '/', "a path is relative");
    demand(path.size() <= 1024, "a path has an end");
    const std::string walled = "/" + std::string(path) + "/";
    for (const char* part : {"//", "/./", "/../"})
        demand(walled.find(part) == std::string::npos, "a path stays in its folder");
    const std::string_view first = path.substr(0, path.find('/'));
    demand(first != "edgeroll-version" && first != "edgeroll-version.conf", "no path is reserved");
    for (const char c : path)
        demand(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F,
               "a path has no control character");
}

/// The payload as JSON, contents in base64.
std::string written(const wire::Payload& payload) {
    wire::Json files = wire::Json::array();
    for (const wire::File& file : payload.files) {
        files.push_back({{"path", file.path},
                         {"content", edgeroll::release::encode_base64(file.content)},
                         {"encoding", "base64"},
                         {"mode", wire::mode_text(file.mode)},
                         {"template", file.is_template},
                         {"secret", file.is_secret}});
    }
    return wire::dump_json({{"files", std::move(files)}});
}

void check(const wire::Payload& payload) {
    const edgeroll::release::Labels labels{{"region", "eu"}};
    for (std::size_t i = 0; i < payload.files.size(); ++i) {
        const wire::File& file = payload.files[i];
        check_path(file.path);
        demand(i == 0 || payload.files[i - 1].path < file.path, "paths ascend");
        demand(file.mode >= 0 && file.mode <= 0777, "a mode has permission bits only");
        demand(file.is_secret == !file.secret_sha256.empty(), "a secret has its digest");
        if (file.is_template) {
            static_cast<void>(wire::render_template(file.content, "edge-1", "10.0.0.1", labels));
        }
    }
    const auto again = wire::parse_payload(written(payload));
    demand(again && content_digest(*again) == content_digest(payload),
           "written and read again it has the same digest");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = edgeroll::fuzz::text_of(data, size);
    const auto payload = wire::parse_payload(text);
    const auto stored = wire::parse_stored_payload(text);
    const auto digests = wire::payload_digests(edgeroll::release::TaskType::apply_config, text);
    demand(payload.has_value() == digests.has_value(), "what has a digest is a payload");
    demand(!payload || stored, "what may be sent may be stored");
    if (payload) {
        check(*payload);
        const auto kind = wire::read_content(text);
        demand(kind && kind->sha256 == content_digest(*payload), "one content, one digest");
    }
    if (stored) {
        for (const wire::File& file : stored->files)
            check_path(file.path);
    }
    static_cast<void>(wire::read_stored_content(text));
    return 0;
}
