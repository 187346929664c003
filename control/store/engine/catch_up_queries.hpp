// Nodes that successful releases left behind (control/core/catch_up).
#pragma once

#include <memory>

#include "control/core/catch_up.hpp"
#include "control/store/db/threads.hpp"

namespace edgeroll::control {

/// @param threads must outlive it
[[nodiscard]] std::unique_ptr<CatchUpStore> make_catch_up_store(DbThreads& threads);

}  // namespace edgeroll::control
