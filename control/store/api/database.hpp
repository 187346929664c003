// The API's view of the database (store.hpp), over database threads.
#pragma once

#include <memory>

#include "control/store/api/store.hpp"
#include "control/store/db/threads.hpp"

namespace edgeroll::control {

[[nodiscard]] std::unique_ptr<ApiStore> make_api_store(DbThreads& threads);

}  // namespace edgeroll::control
