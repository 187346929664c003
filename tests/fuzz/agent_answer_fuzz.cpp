// What agents answer, whoever wrote them: any status, any bytes.
#include <string>

#include "demand.hpp"
#include "release/text/utf8.hpp"
#include "release/wire/agent_messages.hpp"
#include "release/wire/json_util.hpp"
#include "release/wire/node_state.hpp"

namespace {

namespace wire = edgeroll::release::wire;
using edgeroll::fuzz::demand;
using edgeroll::release::Answer;
using edgeroll::release::Heard;

bool is_utf8(const std::string& text) {
    return edgeroll::release::repair_utf8(text) == text;
}

void check(const Answer& answer) {
    demand(answer.progress >= 0 && answer.progress <= 100, "progress is a percentage");
    demand(answer.steps.size() <= (64U << 10), "steps fit their column");
    demand(answer.steps.empty() || wire::parse_json(answer.steps, 64U << 10),
           "steps are JSON that can be read again");
    demand(answer.last_error.size() <= (4U << 10), "lastError is cut");
    demand(is_utf8(answer.last_error) && is_utf8(answer.message) && is_utf8(answer.about.version),
           "what is stored is UTF-8");
    demand(answer.about.sha256.empty() || answer.about.sha256.size() == 64,
           "a digest is one of ours, or none");
}

}  // namespace

/// The first line is the HTTP status, the rest the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view body = edgeroll::fuzz::text_of(data, size);
    const std::string_view head = edgeroll::fuzz::take_line(body);
    int status = 0;
    for (const char c : head.substr(0, 3))
        status = status * 10 + (c - '0');
    const Answer answer = wire::read_answer(status, body, "task-1");
    check(answer);
    demand(status == 200 || answer.heard != Heard::accepted || (status > 200 && status < 300),
           "only a 2xx is an acceptance");
    check(wire::read_answer(200, body, "task-1"));
    const std::string digest(64, 'a');
    if (const auto held = wire::read_content_held(200, body, digest)) {
        demand(is_utf8(held->capabilities), "capabilities are words");
    }
    if (const auto state = wire::read_node_state(200, body)) {
        demand(is_utf8(state->live_remark) && state->live_remark.size() <= 500,
               "a remark is cut text");
        demand(!state->live_sha256 || state->live_sha256->size() == 64, "a digest, or nothing");
        demand(!state->applied_version || state->applied_version->value > 0, "a version, or none");
        demand(wire::read_node_state(200, wire::write_node_state(*state)).has_value(),
               "what was read can be written");
    }
    return 0;
}
