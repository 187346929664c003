// What the gates of a release would answer now, for a dry run (docs/contract.md 6.11).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <vector>

#include "control/api/ports/creation.hpp"
#include "control/core/ports.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::control::api {

struct PreviewedGate {
    release::Gate gate;
    release::GateAnswer answer;
};

/// Asks each gate once, all at the same time, as if the nodes of batch 1 had got the content: the
/// release has number 0, and since_sec is 60. In the order of `created.gates`; 11 s at most. Loop
/// thread. @param gates must outlive the executor's context
[[nodiscard]] awaitable<std::vector<PreviewedGate>> preview_gates(
    boost::asio::any_io_executor executor, Gates& gates, const CreatedRelease& created);

/// `[{name,verdict,rule,message,detail}]`
[[nodiscard]] release::wire::Json json_of(const std::vector<PreviewedGate>& gates);

}  // namespace edgeroll::control::api
