#include "control/store/db/threads.hpp"

#include <algorithm>
#include <exception>
#include <string>

#include "control/store/db/mysql_connection.hpp"

namespace edgeroll::control {
namespace {

// Controls on several nodes of a Galera cluster learn at the commit that another one has written
// the audit log meanwhile (docs/adr/0022).
constexpr int deadlock_tries = 10;
constexpr std::size_t waiting_max = 1000;

/// The driver may throw what is not a database error (out of memory, say).
[[noreturn]] void rethrow_as_failure(const std::exception& error, Access access) {
    DbFailure failure(
        std::string("the database driver failed: ") + error.what(),
        access == Access::write ? release::Outcome::unknown : release::Outcome::not_done);
    failure.breaks_connection = true;
    throw failure;
}

}  // namespace

namespace detail {

void run_with_retries(ConnectionSlot& slot, Access access,
                      const std::function<void(Connection&)>& work) {
    bool may_reconnect = slot.is_open();
    for (int deadlocks = 0;;) {
        try {
            work(slot.get());
            slot.drop_if_broken();
            return;
        } catch (DbFailure& failure) {
            const bool is_harmless = failure.is_before_work || access != Access::write;
            slot.drop_if_broken();
            if (is_harmless && failure.breaks_connection && may_reconnect) {
                may_reconnect = false;
                continue;
            }
            if (failure.is_deadlock && ++deadlocks < deadlock_tries) continue;
            if (access != Access::write && failure.outcome() == release::Outcome::unknown) {
                failure.set_outcome(release::Outcome::not_done);
            }
            throw;
        } catch (const Refused&) {
            slot.drop_if_broken();
            throw;
        } catch (const std::exception& error) {
            slot.drop_if_broken();
            rethrow_as_failure(error, access);
        }
    }
}

}  // namespace detail

DbThreads::DbThreads(boost::asio::any_io_executor executor, Connector connector, int count)
    : executor_(std::move(executor)),
      connector_(std::move(connector)),
      normal_limit_(std::max(count - 1, 1)) {
    threads_.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i)
        threads_.emplace_back([this] { serve(); });
}

DbThreads::~DbThreads() {
    std::deque<std::unique_ptr<Job>> urgent, normal;  // end after the lock is released
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

void DbThreads::enqueue(std::unique_ptr<Job> job, Urgency urgency) {
    {
        const std::lock_guard lock(mutex_);
        if (urgency == Urgency::high) {
            urgent_.push_back(std::move(job));
        } else if (normal_.size() < waiting_max) {
            normal_.push_back(std::move(job));
        }
    }
    if (job) {
        release::Error error;
        error.message = "too many requests wait for the database";
        error.outcome = release::Outcome::not_done;
        error.code = release::code::database;
        job->refuse(std::move(error));
        return;
    }
    has_work_.notify_one();
}

std::unique_ptr<DbThreads::Job> DbThreads::next(bool& is_normal) {
    is_normal = urgent_.empty();
    if (is_normal && (normal_.empty() || normal_running_ >= normal_limit_)) return nullptr;
    std::deque<std::unique_ptr<Job>>& from = is_normal ? normal_ : urgent_;
    std::unique_ptr<Job> job = std::move(from.front());
    from.pop_front();
    return job;
}

void DbThreads::serve() {
    const MysqlThread registration;
    ConnectionSlot slot(connector_);
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
        job->run(slot);
        job.reset();
        lock.lock();
        if (!is_normal) continue;
        --normal_running_;
        // The place that is free now may be what a waiting normal job was held back for.
        if (!normal_.empty()) has_work_.notify_one();
    }
}

}  // namespace edgeroll::control
