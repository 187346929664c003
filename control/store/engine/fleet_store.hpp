// FleetStore over the table `nodes` and `control_members`.
#pragma once

#include <memory>

#include "control/core/heartbeats.hpp"
#include "control/store/db/threads.hpp"

namespace edgeroll::control {

/// @param threads must outlive the store
[[nodiscard]] std::unique_ptr<FleetStore> make_fleet_store(DbThreads& threads);

}  // namespace edgeroll::control
