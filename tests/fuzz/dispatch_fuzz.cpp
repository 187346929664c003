// A dispatch, as the agent reads it.
#include "demand.hpp"
#include "release/wire/agent_messages.hpp"
#include "release/wire/json_util.hpp"

namespace {

namespace wire = edgeroll::release::wire;
using edgeroll::fuzz::demand;

bool is_same(const wire::Dispatch& a, const wire::Dispatch& b) {
    return a.task_id == b.task_id && a.type == b.type && a.version == b.version &&
           a.payload == b.payload && a.is_by_reference == b.is_by_reference &&
           a.sha256 == b.sha256 && a.content_sha256 == b.content_sha256 &&
           a.order_id == b.order_id && a.timeout == b.timeout && a.epoch == b.epoch &&
           a.node_name == b.node_name && a.node_ip == b.node_ip && a.labels == b.labels &&
           a.is_forced == b.is_forced && a.is_repair == b.is_repair && a.banned == b.banned;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto dispatch = wire::read_dispatch(edgeroll::fuzz::text_of(data, size));
    if (!dispatch) {
        demand(!dispatch.error().message.empty(), "a refusal says what is wrong");
        return 0;
    }
    const auto again = wire::read_dispatch(wire::write_dispatch(*dispatch));
    demand(again && is_same(*again, *dispatch), "written and read again it is the same");
    return 0;
}
