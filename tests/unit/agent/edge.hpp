// A whole executor on a temporary root, with real files and commands, and a server with scripted
// answers.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "agent/executor.hpp"
#include "agent/files_posix.hpp"
#include "agent/processes_posix.hpp"
#include "agent/url_prober.hpp"
#include "agent/wall_clock_posix.hpp"
#include "tests/unit/agent/world.hpp"
#include "tls/rt/clock.hpp"
#include "tls/rt/spawn.hpp"

namespace edgeroll::agent::testing {

class FakeProber final : public UrlProber {
  public:
    explicit FakeProber(std::function<Finding()> answer) : answer_(std::move(answer)) {}
    boost::asio::awaitable<Finding> get(std::string, Millis) override {
        ++count_;
        co_return answer_();
    }
    [[nodiscard]] int count() const { return count_; }

  private:
    std::function<Finding()> answer_;
    int count_ = 0;
};

inline UrlProber::Finding answers(int status, std::string body) {
    UrlProber::Finding finding;
    finding.status = status;
    finding.body = std::move(body);
    return finding;
}

/// Forwards every call; each change goes through change().
class ForwardingFiles : public Files {
  public:
    explicit ForwardingFiles(std::unique_ptr<Files> inner) : inner_(std::move(inner)) {}

    Result<void> make_folders(const std::string& path) override {
        return change([&] { return inner_->make_folders(path); });
    }
    Result<void> create_file(const std::string& path, std::string_view bytes,
                             const FileAccess& access) override {
        return change([&] { return inner_->create_file(path, bytes, access); });
    }
    Result<void> sync_tree(const std::string& path) override { return inner_->sync_tree(path); }
    Result<void> rename(const std::string& from, const std::string& to) override {
        return change([&] { return inner_->rename(from, to); });
    }
    Result<void> exchange(const std::string& one, const std::string& other) override {
        return change([&] { return inner_->exchange(one, other); });
    }
    Result<void> remove(const std::string& path) override {
        return change([&] { return inner_->remove(path); });
    }
    Result<std::optional<std::string>> read_link(const std::string& path) override {
        return inner_->read_link(path);
    }
    Result<void> point_link(const std::string& path, const std::string& target) override {
        return change([&] { return inner_->point_link(path, target); });
    }
    Result<std::vector<std::string>> list(const std::string& path) override {
        return inner_->list(path);
    }
    Result<std::vector<FoundFile>> find_files(const std::string& path,
                                              std::size_t entries_max) override {
        return inner_->find_files(path, entries_max);
    }
    bool is_folder(const std::string& path) override { return inner_->is_folder(path); }
    std::optional<std::int64_t> identity(const std::string& path) override {
        return inner_->identity(path);
    }
    Result<std::optional<std::string>> read_file(const std::string& path,
                                                 std::size_t bytes_max) override {
        return inner_->read_file(path, bytes_max);
    }
    Result<void> append(const std::string& path, std::string_view bytes) override {
        return change([&] { return inner_->append(path, bytes); });
    }
    Result<std::int64_t> free_bytes() override { return inner_->free_bytes(); }
    std::string absolute(const std::string& path) const override { return inner_->absolute(path); }

  protected:
    virtual Result<void> change(const std::function<Result<void>()>& what) { return what(); }
    Files& inner() { return *inner_; }

  private:
    std::unique_ptr<Files> inner_;
};

class Edge {
  public:
    using Wrap = std::function<std::unique_ptr<Files>(std::unique_ptr<Files>)>;

    /// @param folder the root; must outlive the edge
    explicit Edge(const TemporaryFolder& folder, ExecutorSettings settings = {},
                  std::function<UrlProber::Finding()> server = {}, const Wrap& wrap = {})
        : folder_(folder),
          files_(std::move(open_root(folder.path()).value())),
          processes_(make_processes()),
          prober_(server ? std::move(server) : serve_live()),
          clock_(rt::make_clock(loop_.get_executor())),
          wall_clock_(make_wall_clock()) {
        if (wrap) files_ = wrap(std::move(files_));
        const HostPorts host{*files_, *processes_, prober_, *clock_, *wall_clock_};
        executor_ = std::make_unique<Executor>(host, std::move(settings));
        const auto opened = executor_->open();
        EXPECT_TRUE(opened) << opened.error().message;
        rt::spawn(loop_.get_executor(), "executor", executor_->run());
    }

    template <class T>
    T await(boost::asio::awaitable<T> work) {
        std::optional<T> value;
        boost::asio::co_spawn(loop_, std::move(work), [&](std::exception_ptr failure, T result) {
            EXPECT_FALSE(failure);
            value.emplace(std::move(result));
        });
        while (!value)
            loop_.run_one();
        return std::move(*value);
    }
    void await(boost::asio::awaitable<void> work) {
        bool is_done = false;
        boost::asio::co_spawn(loop_, std::move(work), [&](std::exception_ptr) { is_done = true; });
        while (!is_done)
            loop_.run_one();
    }

    release::wire::NodeState state() { return await(executor_->state()); }
    Result<release::TaskStatus> dispatch(release::wire::Dispatch dispatch) {
        return await(executor_->dispatch(std::move(dispatch)));
    }
    /// The task after its end.
    release::wire::TaskReport finished(const std::string& task_id) {
        return await(executor_->report(task_id, Millis(30'000))).value();
    }
    /// Dispatches and waits for the end.
    release::wire::TaskReport apply(release::wire::Dispatch dispatch) {
        const std::string task_id = dispatch.task_id;
        const auto taken = this->dispatch(std::move(dispatch));
        EXPECT_TRUE(taken) << taken.error().message;
        if (!taken) return {};
        return finished(task_id);
    }
    /// Runs the loop until `is_true`; false after some seconds.
    bool until(const std::function<bool()>& is_true) {
        const auto end = clock_->now() + Millis(20'000);
        // Asked once: what the worker's thread does may make it untrue again for a moment.
        while (!is_true()) {
            if (clock_->now() >= end) return false;
            loop_.run_one_for(std::chrono::milliseconds(5));
        }
        return true;
    }
    Executor& executor() { return *executor_; }
    FakeProber& prober() { return prober_; }
    rt::Clock& clock() { return *clock_; }
    boost::asio::any_io_executor clock_executor() { return loop_.get_executor(); }

  private:
    /// A server that serves `live` at once.
    std::function<UrlProber::Finding()> serve_live() {
        return [this] {
            return folder_.has("live/edgeroll-version")
                       ? answers(200, folder_.read("live/edgeroll-version"))
                       : answers(404, "");
        };
    }

    const TemporaryFolder& folder_;
    boost::asio::io_context loop_{1};
    // Without it an idle loop would stop for good.
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keeps_loop_{
        loop_.get_executor()};
    std::unique_ptr<Files> files_;
    std::unique_ptr<Processes> processes_;
    FakeProber prober_;
    std::unique_ptr<rt::Clock> clock_;
    std::unique_ptr<WallClock> wall_clock_;
    std::unique_ptr<Executor> executor_;
};

inline std::vector<std::string> step_names(const release::wire::TaskReport& report) {
    std::vector<std::string> names;
    for (const auto& step : report.steps)
        names.push_back(step.name);
    return names;
}

}  // namespace edgeroll::agent::testing
