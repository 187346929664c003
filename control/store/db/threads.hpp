// Threads that may block on a database, each with its own connection.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "control/store/db/connection.hpp"
#include "release/result.hpp"
#include "tls/rt/offload.hpp"

namespace edgeroll::control {

/// Makes a connection or throws DbFailure. Called on the database threads.
using Connector = std::function<std::unique_ptr<Connection>()>;

/// A thread's connection: opened on demand, discarded after any error that breaks it.
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

/// Whether a job changes the database. `repeatable`: changes that the next identical request may
/// repeat (marks, conditional updates). Its failures, like those of a read, are never `unknown`:
/// there is no outcome to find out.
enum class Access { read, repeatable, write };

using rt::Urgency;

namespace detail {
/// Runs `work`, and repeats it where that is certain to be harmless: after a deadlock (the server
/// has rolled back), and once when an idle connection turned out to be dead before any statement
/// was sent. Turns DbFailure and Refused into an Error.
release::Result<void> run_with_retries(ConnectionSlot& slot, Access access,
                                       const std::function<void(Connection&)>& work);
}  // namespace detail

/// Runs `work(connection)` and turns DbFailure and Refused into an Error. Blocking.
template <class Work>
auto run_job(ConnectionSlot& slot, Access access, Work& work)
    -> release::Result<std::invoke_result_t<Work&, Connection&>> {
    using Answer = std::invoke_result_t<Work&, Connection&>;
    release::Result<Answer> result = release::fail("no result");
    release::Result<void> end = detail::run_with_retries(slot, access, [&](Connection& connection) {
        if constexpr (std::is_void_v<Answer>) {
            work(connection);
            result = release::Result<void>{};
        } else {
            result = work(connection);
        }
    });
    if (!end) return tl::unexpected<release::Error>(std::move(end).error());
    return result;
}

/// Per-thread state of a database thread.
class DbThread {
  public:
    explicit DbThread(const Connector& connector);
    ~DbThread();
    DbThread(const DbThread&) = delete;
    DbThread& operator=(const DbThread&) = delete;
    [[nodiscard]] ConnectionSlot& slot() { return slot_; }

  private:
    struct Registration;
    /// Registration with the driver; destroyed after the connection.
    std::unique_ptr<Registration> registration_;
    ConnectionSlot slot_;
};

/// The executor's jobs are urgent: many readers of a slow database must not cost a release its
/// lease.
class DbThreads {
  public:
    /// @param count > 0
    DbThreads(Connector connector, int count);

    /// Runs `work(Connection&)` on a database thread and resumes the caller on its own executor.
    /// Not cancellable: it ends by the connection's own time limits. Loop thread.
    template <class Work>
    auto run(Access access, Work work, Urgency urgency = Urgency::high)
        -> boost::asio::awaitable<release::Result<std::invoke_result_t<Work&, Connection&>>> {
        release::Result<std::invoke_result_t<Work&, Connection&>> result =
            release::fail("no result");
        // The queue knows only this type: otherwise all of it would be compiled for every query.
        Job job = [&](ConnectionSlot& slot) {
            Work once = std::move(work);  // destroyed on the database thread
            result = run_job(slot, access, once);
        };
        release::Result<void> end = co_await run_on_thread(std::move(job), urgency);
        if (!end) co_return tl::unexpected<release::Error>(std::move(end).error());
        co_return std::move(result);
    }

  private:
    using Job = std::function<void(ConnectionSlot&)>;

    /// Fails only if too many jobs wait.
    boost::asio::awaitable<release::Result<void>> run_on_thread(Job job, Urgency urgency);

    Connector connector_;
    rt::Offload<DbThread> threads_;
};

}  // namespace edgeroll::control
