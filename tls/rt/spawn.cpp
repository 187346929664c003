#include "tls/rt/spawn.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>

#include "tls/rt/log.hpp"

namespace edgeroll::rt {
namespace {

std::string text_of(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "not a std::exception";
    }
}

}  // namespace

void spawn(boost::asio::any_io_executor executor, std::string name,
           boost::asio::awaitable<void> work) {
    boost::asio::co_spawn(
        executor, std::move(work), [name = std::move(name)](std::exception_ptr failure) {
            if (!failure) return;
            log(LogLevel::error, "coroutine_died", {{"name", name}, {"error", text_of(failure)}});
            std::terminate();
        });
}

}  // namespace edgeroll::rt
