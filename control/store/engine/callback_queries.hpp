// Finished releases whose callbacks are due (release_tasks.callback_*).
#pragma once

#include <memory>
#include <string>

#include "control/core/callbacks.hpp"
#include "control/store/db/threads.hpp"

namespace edgeroll::control {

/// @param threads must outlive it @param actor for the history
[[nodiscard]] std::unique_ptr<CallbackStore> make_callback_store(DbThreads& threads,
                                                                 std::string actor);

}  // namespace edgeroll::control
