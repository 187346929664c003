#include "control/core/batch_writer.hpp"

#include <algorithm>
#include <utility>

#include "release/mutant.hpp"

namespace edgeroll::control {
namespace {
constexpr std::size_t busy_group = 8;
constexpr release::Millis linger{20};
}  // namespace

void BatchWriter::add(release::Event event) {
    if (release::has_mutant(release::Mutant::result_lost) && !waiting_.empty()) return;
    waiting_.push_back(std::move(event));
    signal_.notify();
}

void BatchWriter::interrupt() {
    is_interrupted_ = true;
    signal_.notify();
}

boost::asio::awaitable<std::vector<release::Event>> BatchWriter::next_group() {
    while (waiting_.empty() && !is_interrupted_)
        co_await signal_.wait();
    is_interrupted_ = false;
    std::vector<release::Event> group;
    if (waiting_.empty()) co_return group;
    if (is_busy_ && waiting_.size() < release::events_per_step) {
        co_await clock_.sleep_until(clock_.now() + linger);
    }
    group = take(release::events_per_step);
    is_busy_ = group.size() >= busy_group;
    co_return group;
}

std::vector<release::Event> BatchWriter::take(std::size_t most) {
    const std::size_t size = std::min(waiting_.size(), most);
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(size);
    std::vector<release::Event> events(std::make_move_iterator(waiting_.begin()),
                                       std::make_move_iterator(end));
    waiting_.erase(waiting_.begin(), end);
    return events;
}

}  // namespace edgeroll::control
