// A thread for calls that block: files, processes. Jobs run one after the other.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "tls/rt/offload.hpp"

namespace edgeroll::agent {

class Worker {
  public:
    /// Runs `job` on the thread and resumes the caller on its own executor with the result. The job
    /// must not throw. Not cancellable.
    template <class T>
    boost::asio::awaitable<T> call(std::function<T()> job) {
        auto work = [job = std::move(job)](Nothing&) { return job(); };
        return thread_.run(std::move(work));
    }

  private:
    struct Nothing {};

    rt::Offload<Nothing> thread_{{}, [] { return std::make_unique<Nothing>(); }};
};

}  // namespace edgeroll::agent
