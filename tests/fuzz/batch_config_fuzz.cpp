// batch_config: written by pipelines with SQL, read by control before and while a release runs.
#include "demand.hpp"
#include "release/evidence.hpp"
#include "release/gate_query.hpp"
#include "release/result.hpp"
#include "release/text/web_url.hpp"
#include "release/wire/batch_config.hpp"
#include "release/wire/limit_change.hpp"

namespace {

namespace release = edgeroll::release;
using edgeroll::fuzz::demand;

void check(const release::Policy& policy) {
    using Kind = release::BatchSize::Kind;
    for (std::size_t i = 0; i < policy.sizes.size(); ++i) {
        const release::BatchSize& size = policy.sizes[i];
        const bool is_labelled = size.kind == Kind::one_per_value;
        demand(size.kind == Kind::rest || is_labelled || size.amount > 0, "no batch is empty");
        demand(!is_labelled || (i == 0 && policy.sizes.size() > 1 && !size.label.empty()),
               "a label says who goes first");
    }
    demand(!policy.canary_by.empty(), "canaries have a label");
    for (const release::Window& window : policy.windows) {
        demand(window.from_minute >= 0 && window.from_minute < 1440 && window.to_minute >= 0 &&
                   window.to_minute < 1440,
               "a window is within a day");
    }
    for (const release::PoolRule& pool : policy.pools)
        demand(pool.size > 0, "a pool has room");
    for (const release::Gate& gate : policy.gates) {
        demand(release::parse_web_url(gate.target()).has_value(), "a gate can be asked");
        demand(gate.every.count() > 0 && gate.after.count() >= 0 && gate.from_batch > 0,
               "a gate has its time");
        demand(
            gate.name == release::evidence::gate_url || !release::evidence::is_reserved(gate.name),
            "a gate's evidence is a gate's");
        if (!gate.prometheus) continue;
        demand(!release::fault_of_query(gate.prometheus->query), "a query can be filled in");
        demand(!gate.prometheus->fail ||
                   !release::do_overlap(gate.prometheus->pass, *gate.prometheus->fail),
               "no number passes and fails");
    }
    demand(policy.max_parallel >= 0 && policy.retries >= 0 && policy.bake.count() >= 0,
           "nothing is negative");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = edgeroll::fuzz::text_of(data, size);
    const auto policy = release::wire::parse_batch_config(text);
    if (!policy) {
        demand(policy.error().code == release::code::invalid, "a refusal has its code");
        return 0;
    }
    check(*policy);
    const auto merged = release::wire::merge_batch_config(text, {});
    demand(merged && release::wire::parse_batch_config(*merged) == *policy,
           "written again it means the same");
    const auto slower = release::wire::merge_batch_config(text, {"2", {}});
    demand(slower && release::wire::parse_batch_config(*slower)->max_parallel == 2,
           "its speed can be changed");
    return 0;
}
