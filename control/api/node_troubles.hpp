// Running nodes whose agents take no task or say nothing of it, by the reasons of their rows
// (release::Conversation::trouble).
#pragma once

#include <span>
#include <string>

#include "control/api/ports/release_views.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::control::api {

/// For each kind that there is
/// `{"kind":"unreachable|refusing|silent","count","nodes":[names],"since","until","message"}`:
/// `since` is when the attempt of the first of them began, `until` when the first of them is given
/// up if that goes on, `message` what is in the way of that one.
[[nodiscard]] release::wire::Json json_of_troubled(std::span<const ReleaseNodeView> nodes);

/// "; 2 nodes refuse the task until ... at most (edge-1 at ...: 503)", for people; empty where
/// nothing is in the way.
[[nodiscard]] std::string troubled_text(std::span<const ReleaseNodeView> nodes);

}  // namespace edgeroll::control::api
