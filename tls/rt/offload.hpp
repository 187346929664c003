// Threads for blocking calls: files, processes, databases. Jobs go in from the loop, results come
// back to it.
#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "release/result.hpp"

namespace edgeroll::rt {

/// Urgent jobs go first, and one thread (if there are two) is reserved for them. Normal jobs wait
/// in a bounded queue.
enum class Urgency { high, normal };

struct OffloadOptions {
    int threads = 1;
    std::size_t normal_waiting_max = 1000;
    release::Error busy{};  ///< result of a normal job when the queue is full
};

/// @tparam Context state of each thread: constructed and destroyed on it
template <class Context>
class Offload {
  public:
    using MakeContext = std::function<std::unique_ptr<Context>()>;

    Offload(OffloadOptions options, MakeContext make_context)
        : options_(std::move(options)),
          make_context_(std::move(make_context)),
          normal_limit_(std::max(options_.threads - 1, 1)) {
        threads_.reserve(static_cast<std::size_t>(options_.threads));
        for (int i = 0; i < options_.threads; ++i)
            threads_.emplace_back([this] { serve(); });
    }
    /// Lets running jobs end and drops waiting jobs (their coroutines are destroyed). Waiting
    /// coroutines must not be resumed after that.
    ~Offload() {
        Jobs urgent, normal;  // destroyed after the lock is released
        {
            const std::lock_guard lock(mutex_);
            is_stopping_ = true;
            urgent.swap(urgent_);
            normal.swap(normal_);
        }
        has_work_.notify_all();
        for (std::thread& thread : threads_)
            thread.join();
    }
    Offload(const Offload&) = delete;
    Offload& operator=(const Offload&) = delete;

    /// Runs `work(Context&)`, which must not throw, on a thread and resumes the caller on its own
    /// executor with the result. Normal jobs must return a Result. Not cancellable. Keeps the
    /// executor's context running meanwhile. Loop thread.
    template <class Work>
    auto run(Work work, Urgency urgency = Urgency::high)
        -> boost::asio::awaitable<std::invoke_result_t<Work&, Context&>> {
        // Not a coroutine and without co_await, which avoids the compiler's bug with temporaries in
        // co_await expressions.
        using Answer = std::invoke_result_t<Work&, Context&>;
        auto start = [this, urgency](auto handler, Work what) {
            using Handler = std::decay_t<decltype(handler)>;
            enqueue(std::make_unique<JobOf<Handler, Work>>(std::move(handler), std::move(what)),
                    urgency);
        };
        return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Answer)>(
            std::move(start), boost::asio::use_awaitable, std::move(work));
    }

  private:
    struct Job {
        virtual ~Job() = default;
        virtual void run(Context& context) = 0;
        virtual void refuse(release::Error error) = 0;
    };
    using Jobs = std::deque<std::unique_ptr<Job>>;

    template <class Handler, class Work>
    struct JobOf final : Job {
        using Answer = std::invoke_result_t<Work&, Context&>;

        JobOf(Handler handler, Work work)
            : guard_(boost::asio::get_associated_executor(handler)),
              handler_(std::move(handler)),
              work_(std::move(work)) {}

        void run(Context& context) override { answer(work_(context)); }
        void refuse(release::Error error) override {
            if constexpr (std::is_constructible_v<Answer, tl::unexpected<release::Error>>) {
                answer(tl::unexpected<release::Error>(std::move(error)));
            } else {
                std::abort();
            }
        }
        // The loop must be the handler's last owner, not this thread.
        void answer(Answer result) {
            boost::asio::post(guard_.get_executor(), [handler = std::move(handler_),
                                                      result = std::move(result)]() mutable {
                std::move(handler)(std::move(result));
            });
        }

        boost::asio::executor_work_guard<boost::asio::any_io_executor> guard_;
        Handler handler_;
        Work work_;
    };

    void enqueue(std::unique_ptr<Job> job, Urgency urgency) {
        {
            const std::lock_guard lock(mutex_);
            if (urgency == Urgency::high) {
                urgent_.push_back(std::move(job));
            } else if (normal_.size() < options_.normal_waiting_max) {
                normal_.push_back(std::move(job));
            }
        }
        if (job) {
            job->refuse(options_.busy);  // NOLINT(bugprone-use-after-move): no queue took it
            return;
        }
        has_work_.notify_one();
    }

    /// Call with the mutex held. Nothing if no job may run now.
    std::unique_ptr<Job> next(bool& is_normal) {
        is_normal = urgent_.empty();
        if (is_normal && (normal_.empty() || normal_running_ >= normal_limit_)) return nullptr;
        Jobs& from = is_normal ? normal_ : urgent_;
        std::unique_ptr<Job> job = std::move(from.front());
        from.pop_front();
        return job;
    }

    void serve() {
        const std::unique_ptr<Context> context = make_context_();
        std::unique_lock lock(mutex_);
        while (!is_stopping_) {
            bool is_normal = false;
            std::unique_ptr<Job> job = next(is_normal);
            if (!job) {
                has_work_.wait(lock);
                continue;
            }
            if (is_normal) ++normal_running_;
            lock.unlock();
            job->run(*context);
            job.reset();
            lock.lock();
            if (!is_normal) continue;
            --normal_running_;
            // The freed thread may be what a waiting normal job needs.
            if (!normal_.empty()) has_work_.notify_one();
        }
    }

    OffloadOptions options_;
    MakeContext make_context_;
    std::mutex mutex_;
    std::condition_variable has_work_;
    Jobs urgent_, normal_;
    int normal_running_ = 0;
    int normal_limit_;  ///< number of threads that normal jobs may occupy at once
    bool is_stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace edgeroll::rt
