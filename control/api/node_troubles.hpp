// Running nodes whose agents refuse the task or send no status, grouped by the reasons of their
// rows (release::Conversation::trouble).
#pragma once

#include <span>
#include <string>

#include "control/api/ports/release_views.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::control::api {

/// For each kind with nodes:
/// `{"kind":"unreachable|refusing|silent","count","nodes":[names],"since","until","message"}`:
/// `since` is the earliest start of their attempts, `until` when the first of the nodes is given up
/// if the trouble lasts, `message` the trouble of that node.
[[nodiscard]] release::wire::Json json_of_troubled(std::span<const ReleaseNodeView> nodes);

/// "; 2 nodes refuse the task until ... at most (edge-1 at ...: 503)", for people; empty without
/// trouble.
[[nodiscard]] std::string troubled_text(std::span<const ReleaseNodeView> nodes);

}  // namespace edgeroll::control::api
