// Threads that may block on a database, each with its own connection. Jobs go in from the loop,
// results come back to the loop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
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
#include <type_traits>
#include <utility>
#include <vector>

#include "control/store/db/connection.hpp"
#include "release/result.hpp"

namespace edgeroll::control {

/// Makes a connection or throws DbFailure. Called on the database threads.
using Connector = std::function<std::unique_ptr<Connection>()>;

/// A thread's connection: made when needed, thrown away after any error that spoils it.
class ConnectionSlot {
  public:
    explicit ConnectionSlot(const Connector& connector) : connector_(connector) {}
    [[nodiscard]] bool is_open() const { return connection_ != nullptr; }
    Connection& get() {
        if (!connection_) connection_ = connector_();
        return *connection_;
    }
    void drop_if_broken() {
        if (connection_ && connection_->is_broken()) connection_.reset();
    }

  private:
    const Connector& connector_;
    std::unique_ptr<Connection> connection_;
};

/// Whether a job changes anything. `repeatable`: only what may be done again by whoever asks the
/// same question next (marks, conditional updates). A failure of it, as of a read, is never
/// `unknown`: there is nothing to find out.
enum class Access { read, repeatable, write };

/// The executor's jobs go first, and one thread (if there are two) is kept free of all others: many
/// readers of a slow database must not cost a release its lease. Normal jobs wait in a bounded
/// queue.
enum class Urgency { high, normal };

namespace detail {
/// Runs `work` and, where that is certain to be harmless, runs it again: after a deadlock (the
/// transaction is gone), and once when a connection that had been idle turned out to be dead before
/// anything was sent over it. Failures come out as DbFailure.
void run_with_retries(ConnectionSlot& slot, Access access,
                      const std::function<void(Connection&)>& work);
}  // namespace detail

/// Runs `work(connection)` and turns DbFailure and Refused into an Error. Blocking.
template <class Work>
auto run_job(ConnectionSlot& slot, Access access, Work& work)
    -> release::Result<std::invoke_result_t<Work&, Connection&>> {
    using Answer = std::invoke_result_t<Work&, Connection&>;
    try {
        release::Result<Answer> result = release::fail("no result");
        detail::run_with_retries(slot, access, [&](Connection& connection) {
            if constexpr (std::is_void_v<Answer>) {
                work(connection);
                result = release::Result<void>{};
            } else {
                result = work(connection);
            }
        });
        return result;
    } catch (const DbFailure& failure) {
        return tl::unexpected<release::Error>(failure.to_error());
    } catch (const Refused& refused) {
        return tl::unexpected<release::Error>(refused.error);
    }
}

class DbThreads {
  public:
    /// @param executor where results are handed back; must outlive this object
    /// @param count > 0
    DbThreads(boost::asio::any_io_executor executor, Connector connector, int count);
    /// Lets running jobs end, drops waiting ones (their coroutines are destroyed).
    ~DbThreads();
    DbThreads(const DbThreads&) = delete;
    DbThreads& operator=(const DbThreads&) = delete;

    /// Runs `work(Connection&)` on a database thread. Not cancellable: it ends by the connection's
    /// own time limits. Keeps the executor's context running meanwhile. Loop thread.
    template <class Work>
    auto run(Access access, Work work, Urgency urgency = Urgency::high)
        -> boost::asio::awaitable<release::Result<std::invoke_result_t<Work&, Connection&>>> {
        using Outcome = release::Result<std::invoke_result_t<Work&, Connection&>>;
        auto start = [this, urgency](auto handler, Access how, Work what) {
            using Handler = std::decay_t<decltype(handler)>;
            enqueue(std::make_unique<JobOf<Handler, Work>>(executor_, std::move(handler), how,
                                                           std::move(what)),
                    urgency);
        };
        return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Outcome)>(
            std::move(start), boost::asio::use_awaitable, access, std::move(work));
    }

  private:
    struct Job {
        virtual ~Job() = default;
        virtual void run(ConnectionSlot& slot) = 0;
        virtual void refuse(release::Error error) = 0;
    };

    template <class Handler, class Work>
    struct JobOf final : Job {
        JobOf(boost::asio::any_io_executor executor, Handler handler, Access access, Work work)
            : guard_(std::move(executor)),
              handler_(std::move(handler)),
              access_(access),
              work_(std::move(work)) {}

        void run(ConnectionSlot& slot) override { answer(run_job(slot, access_, work_)); }
        void refuse(release::Error error) override {
            answer(tl::unexpected<release::Error>(std::move(error)));
        }
        void answer(release::Result<std::invoke_result_t<Work&, Connection&>> result) {
            boost::asio::post(guard_.get_executor(), [handler = std::move(handler_),
                                                      result = std::move(result)]() mutable {
                std::move(handler)(std::move(result));
            });
        }

        boost::asio::executor_work_guard<boost::asio::any_io_executor> guard_;
        Handler handler_;
        Access access_;
        Work work_;
    };

    void enqueue(std::unique_ptr<Job> job, Urgency urgency);
    void serve();
    /// With the mutex held. Nothing if there is no job that may run now.
    std::unique_ptr<Job> next(bool& is_normal);

    boost::asio::any_io_executor executor_;
    Connector connector_;
    std::mutex mutex_;
    std::condition_variable has_work_;
    std::deque<std::unique_ptr<Job>> urgent_, normal_;
    int normal_running_ = 0;
    int normal_limit_;  ///< threads that normal jobs may keep busy at once
    bool is_stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace edgeroll::control
