// A thread for calls that block: files, processes. Jobs run one after the other; their results come
// back to the loop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace edgeroll::agent {

class Worker {
  public:
    Worker();
    /// Waits for the job that is running; those not begun are dropped. What waits for a job must
    /// not be resumed any more by then.
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Runs `job` on the thread and resumes the caller on its own executor with the result. The
    /// job must not throw. Not cancellable.
    template <class T>
    boost::asio::awaitable<T> call(std::function<T()> job) {
        // Not a coroutine, and nothing is co_awaited here: the compiler's trap with temporaries
        // in co_await expressions cannot bite.
        return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, void(T)>(
            [this](auto handler, std::function<T()> work) {
                submit_for<T>(std::move(handler), std::move(work));
            },
            boost::asio::use_awaitable, std::move(job));
    }

  private:
    template <class T, class Handler>
    void submit_for(Handler handler, std::function<T()> work) {
        auto executor = boost::asio::get_associated_executor(handler);
        auto guard = boost::asio::make_work_guard(executor);
        auto held = std::make_shared<Handler>(std::move(handler));
        submit([executor, guard = std::move(guard), held = std::move(held),
                work = std::move(work)]() mutable {
            auto result = std::make_shared<T>(work());
            // The handler's last owner must be the loop, not this thread.
            boost::asio::post(executor, [held = std::move(held), result]() mutable {
                Handler resume = std::move(*held);
                resume(std::move(*result));
            });
        });
    }

    void submit(std::function<void()> job);
    void run();

    std::mutex mutex_;
    std::condition_variable is_due_;
    std::deque<std::function<void()>> jobs_;
    bool is_stopping_ = false;
    std::thread thread_;
};

}  // namespace edgeroll::agent
