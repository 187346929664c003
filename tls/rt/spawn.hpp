// The only way to start a coroutine: named, and its exceptions are never lost.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <string>

namespace edgeroll::rt {

/// Runs `work` on `executor`. An exception from the coroutine is a broken promise: it is logged
/// with the name and the process ends (std::terminate), since its state is unknown; leases and the
/// journal make that safe. Everything `work` refers to must outlive the executor's context.
void spawn(boost::asio::any_io_executor executor, std::string name,
           boost::asio::awaitable<void> work);

}  // namespace edgeroll::rt
