// The API's view of the database (store.hpp), over database threads.
#pragma once

#include <memory>

#include "control/store/api/store.hpp"
#include "control/store/db/threads.hpp"

namespace edgeroll::control {

/// @param keys with what rows of the audit log are signed; nothing: with no key
[[nodiscard]] std::unique_ptr<ApiStore> make_api_store(DbThreads& threads,
                                                       std::shared_ptr<const AuditKeys> keys = {});

}  // namespace edgeroll::control
