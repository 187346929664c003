// The API's view of the database (api_store.hpp), over database threads.
#pragma once

#include <memory>

#include "control/store/api_store.hpp"
#include "control/store/db_threads.hpp"

namespace edgeroll::control {

[[nodiscard]] std::unique_ptr<ApiStore> make_api_store(DbThreads& threads);

}  // namespace edgeroll::control
