// The history of a release as the API shows it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "release/ids.hpp"
#include "release/states.hpp"

namespace edgeroll::control {

/// A row of release_events.
struct EventView {
    std::int64_t id = 0;
    std::optional<release::NodeId> node;
    std::string at, actor, kind;
    std::string detail;  ///< the column's text: a JSON object when edgeroll wrote it
};

struct EventPage {
    std::vector<EventView> items;  ///< ascending by id
    std::int64_t total = 0;        ///< number of events after the requested id
    std::int64_t last_id = 0;      ///< the newest event of the release; 0: none
    release::ReleaseStatus status = release::ReleaseStatus::pending;  ///< at the moment of the read
};

inline constexpr int event_page_size_max = 100;

}  // namespace edgeroll::control
