#include "agent/worker.hpp"

namespace edgeroll::agent {

Worker::Worker() : thread_([this] { run(); }) {}

Worker::~Worker() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    is_due_.notify_all();
    thread_.join();
}

void Worker::submit(std::function<void()> job) {
    {
        const std::lock_guard lock(mutex_);
        jobs_.push_back(std::move(job));
    }
    is_due_.notify_one();
}

void Worker::run() {
    while (true) {
        std::function<void()> job;
        {
            std::unique_lock lock(mutex_);
            is_due_.wait(lock, [this] { return is_stopping_ || !jobs_.empty(); });
            if (is_stopping_) return;
            job = std::move(jobs_.front());
            jobs_.pop_front();
        }
        job();
    }
}

}  // namespace edgeroll::agent
