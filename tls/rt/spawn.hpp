// The one way to start a coroutine: named, and what it throws is never lost.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <string>

namespace edgeroll::rt {

/// Runs `work` on `executor`. A coroutine that ends with an exception has broken a promise: it is
/// logged with its name and the process ends (std::terminate), since its state is unknown; leases
/// and the journal make that safe. Whatever `work` refers to must outlive the executor's context.
void spawn(boost::asio::any_io_executor executor, std::string name,
           boost::asio::awaitable<void> work);

}  // namespace edgeroll::rt
