// Events of a release as JSON and as server-sent events (docs/api.md).
#pragma once

#include <string>

#include "control/api/ports/event_views.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::control::api {

/// Always an object: other text (a row written by an operator) becomes {"text": ...}.
[[nodiscard]] release::wire::Json detail_json(const std::string& text);

/// {id,nodeId,at,actor,kind,detail}. `detail` is always an object: other text (a row written by an
/// operator) becomes {"text": ...}.
[[nodiscard]] release::wire::Json json_of(const EventView& event);

/// `id`, `event` and `data` lines and the empty line that ends them.
[[nodiscard]] std::string server_sent(const EventView& event);
/// The last event of a stream. It has no `id`, so that a client that reconnects requests only new
/// events.
[[nodiscard]] std::string server_sent_end(release::ReleaseStatus status);
/// A comment, which clients skip.
[[nodiscard]] std::string server_sent_heartbeat();

}  // namespace edgeroll::control::api
