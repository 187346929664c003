#include "control/store/db/threads.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "control/store/db/sqlite_connection.hpp"
#include "tests/store/private_server.hpp"

namespace edgeroll::control::testing {
namespace {

template <class T>
boost::asio::awaitable<void> deliver(boost::asio::awaitable<T> work, std::optional<T>& result) {
    T value = co_await std::move(work);
    result.emplace(std::move(value));
}

/// Blocks jobs until the test releases them.
class Latch {
  public:
    void wait() {
        std::unique_lock lock(mutex_);
        ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return is_open_; });
    }
    void open() {
        const std::lock_guard lock(mutex_);
        is_open_ = true;
        changed_.notify_all();
    }
    /// @return whether that many jobs wait before the time is up
    bool has_waiting(int count, std::chrono::milliseconds limit) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, limit, [&] { return waiting_ >= count; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int waiting_ = 0;
    bool is_open_ = false;
};

class DbThreadsTest : public ::testing::Test {
  protected:
    DbThreadsTest()
        : threads_([path = folder_.path() + "/x.db",
                    gate = std::make_shared<std::mutex>()] { return connect_sqlite(path, gate); },
                   2) {}

    template <class T>
    void start(boost::asio::awaitable<T> work, std::optional<T>& result) {
        boost::asio::co_spawn(context_, deliver(std::move(work), result),
                              [](std::exception_ptr error) {
                                  if (error) std::rethrow_exception(error);
                              });
    }
    template <class T>
    void run_until(const std::optional<T>& result) {
        while (!result)
            context_.run_one();
    }

    ScratchFolder folder_;
    boost::asio::io_context context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> busy_{
        context_.get_executor()};
    DbThreads threads_;
};

TEST_F(DbThreadsTest, keeps_a_thread_free_for_the_executor) {
    using Answer = release::Result<int>;
    Latch latch;
    std::vector<std::optional<Answer>> stuck(4);
    for (auto& one : stuck) {
        auto work = [&latch](Connection&) {
            latch.wait();
            return 1;
        };
        start(threads_.run(Access::read, work, Urgency::normal), one);
    }
    context_.poll();  // hands all four to the threads
    EXPECT_TRUE(latch.has_waiting(1, std::chrono::seconds(60)));
    const bool are_both_taken = latch.has_waiting(2, std::chrono::milliseconds(300));
    EXPECT_FALSE(are_both_taken);
    if (are_both_taken) latch.open();  // fail instead of hanging
    std::optional<Answer> urgent;
    start(threads_.run(Access::read, [](Connection&) { return 2; }), urgent);
    run_until(urgent);
    EXPECT_EQ(**urgent, 2);
    latch.open();
    for (auto& one : stuck)
        run_until(one);
}

TEST_F(DbThreadsTest, refuses_requests_when_too_many_wait) {
    using Answer = release::Result<int>;
    Latch latch;
    std::vector<std::optional<Answer>> all(1100);
    for (auto& one : all) {
        auto work = [&latch](Connection&) {
            latch.wait();
            return 1;
        };
        start(threads_.run(Access::read, work, Urgency::normal), one);
    }
    while (!all.back())
        context_.run_one();
    ASSERT_FALSE(all.back()->has_value());
    EXPECT_EQ(all.back()->error().outcome, release::Outcome::not_done);
    EXPECT_EQ(all.back()->error().code, release::code::database);
    latch.open();
    for (auto& one : all)
        run_until(one);
    EXPECT_TRUE(all.front()->has_value());
}

TEST_F(DbThreadsTest, turns_what_the_driver_throws_into_an_unknown_outcome) {
    std::optional<release::Result<int>> written, read;
    auto work = [](Connection&) -> int { throw std::runtime_error("strange"); };
    start(threads_.run(Access::write, work), written);
    start(threads_.run(Access::read, work), read);
    run_until(written);
    run_until(read);
    ASSERT_FALSE(written->has_value());
    EXPECT_EQ(written->error().outcome, release::Outcome::unknown);
    ASSERT_FALSE(read->has_value());
    EXPECT_EQ(read->error().outcome, release::Outcome::not_done);
}

}  // namespace
}  // namespace edgeroll::control::testing
