// The same cases on both databases: each has a fresh database, a store over it, and a connection
// for SQL as pipelines and operators write it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "control/store/db/connection.hpp"
#include "control/store/open.hpp"
#include "tests/store/private_server.hpp"

namespace edgeroll::control::testing {

using release::Commit;
using release::NodeChange;
using release::NodeId;
using release::NodeStatus;
using release::Outcome;
using release::ReleaseId;
using release::ReleaseStatus;
using release::Result;
using release::Version;

/// A clock that only the test moves.
class HandClock final : public Clock {
  public:
    [[nodiscard]] release::Instant now() const override { return now_; }
    awaitable<void> sleep_until(release::Instant) override { co_return; }
    [[nodiscard]] std::unique_ptr<rt::Timer> make_timer() override { return nullptr; }
    void advance(release::Millis by) { now_ += by; }

  private:
    release::Instant now_{release::Millis{1'000'000}};
};

template <class T>
awaitable<void> deliver(awaitable<T> work, std::optional<T>& result) {
    T value = co_await std::move(work);
    result.emplace(std::move(value));
}

/// A control process from the database's view: its own threads, connections and name.
class Process {
  public:
    Process(const std::string& url, const std::string& owner,
            release::Millis lease = release::Millis{15'000}, int threads = 2);
    explicit Process(StoreOptions options);

    /// Begins a call; `result` is filled in while the loop runs.
    template <class T>
    void start(awaitable<T> work, std::optional<T>& result) {
        boost::asio::co_spawn(context_, deliver(std::move(work), result),
                              [](std::exception_ptr error) {
                                  if (error) std::rethrow_exception(error);
                              });
    }
    /// Runs the loop until `result` is there.
    template <class T>
    void run_until(const std::optional<T>& result) {
        while (!result)
            context_.run_one();
    }
    template <class T>
    T await(awaitable<T> work) {
        std::optional<T> result;
        start(std::move(work), result);
        run_until(result);
        return std::move(result).value();
    }
    /// The same for calls that must succeed.
    template <class T>
    T get(awaitable<Result<T>> work) {
        Result<T> result = await(std::move(work));
        if (!result) throw std::runtime_error("database call failed: " + result.error().message);
        return std::move(*result);
    }

    Store& store() { return database_->store(); }
    ApiStore& api() { return database_->api(); }
    CallbackStore& callbacks() { return database_->callbacks(); }
    ReconcileStore& reconciliation() { return database_->reconciliation(); }
    FleetStore& fleet() { return database_->fleet(); }
    HandClock& clock() { return clock_; }

    std::optional<Claim> claim(ReleaseId id, const std::string& order_id = "order-a") {
        return get(store().claim(id, order_id));
    }
    std::vector<std::int64_t> claimable(int limit = 100);
    /// @param part only the header and this batch
    std::optional<release::Snapshot> read(const Claim& claim,
                                          std::optional<int> part = std::nullopt) {
        return get(store().read(claim, part));
    }
    Committed commit(const Claim& claim, const Commit& what) {
        return get(store().commit(claim, what));
    }

  private:
    HandClock clock_;
    boost::asio::io_context context_;
    // As in the program, the loop never runs out of work between two calls.
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> busy_{
        context_.get_executor()};
    std::unique_ptr<Database> database_;
};

class StoreTest : public ::testing::TestWithParam<Backend> {
  protected:
    StoreTest();

    [[nodiscard]] bool is_mysql() const { return GetParam() == Backend::mysql; }
    [[nodiscard]] const std::string& url() const { return url_; }
    /// The process that most cases use.
    Process& control() { return *control_; }

    // ---- SQL by operators and pipelines ----
    std::int64_t sql(const std::string& statement, const Values& values = {});
    Rows rows(const std::string& query, const Values& values = {});
    std::string text(const std::string& query, const Values& values = {});
    std::int64_t number(const std::string& query, const Values& values = {});
    Connection& hand();

    /// Inserts only the columns that the contract marks, like pipelines.
    std::int64_t add_node(const std::string& name, const std::string& ip);
    ReleaseId add_release(std::int64_t version, int total_nodes);
    void add_row(ReleaseId id, std::int64_t node, int batch = 1);
    /// Nodes n1… and a release with a row for each, in batches of the given sizes.
    ReleaseId add_whole_release(std::int64_t version, const std::vector<int>& batch_sizes);

    /// Counters equal the rows (I4).
    void expect_counters(ReleaseId id);
    std::vector<std::string> history(ReleaseId id);

    std::vector<std::int64_t> node_ids_;

  private:
    ScratchFolder folder_;
    std::string url_;
    std::unique_ptr<Connection> hand_;
    std::unique_ptr<Process> control_;
};

/// A change of the first release in its database, whose rows were added in the order of their
/// nodes.
inline NodeChange node_change(std::int64_t node, NodeStatus from, NodeStatus to) {
    NodeChange change;
    change.row_id = node;
    change.node = NodeId{node};
    change.from = from;
    change.to = to;
    change.attempt = 1;
    change.task_id = "apply_config_10.0.0.1_" + std::to_string(node);
    return change;
}

std::unique_ptr<Connection> connect(const std::string& url);
std::string backend_name(const ::testing::TestParamInfo<Backend>& info);

/// A database that was never migrated. Returns its URL.
std::string make_database(Backend backend, const std::string& folder);
/// One as the migrations leave it; on SQLite an empty one, which the first Process migrates.
std::string make_migrated_database(Backend backend, const std::string& folder);

#define EDGEROLL_ON_BOTH_DATABASES(Suite)                                                   \
    INSTANTIATE_TEST_SUITE_P(On, Suite, ::testing::Values(Backend::sqlite, Backend::mysql), \
                             backend_name)

}  // namespace edgeroll::control::testing
