#include "control/store/api/plan_book.hpp"

#include <algorithm>
#include <utility>

namespace edgeroll::control {

void PlanBook::remember(const std::string& plan_sha256, std::shared_ptr<const PreviewedPlan> plan) {
    forget(plan_sha256);
    const std::size_t size = plan->nodes.size();
    if (size > nodes_max_ || plans_max_ == 0) return;
    while (entries_.size() >= plans_max_ || nodes_ + size > nodes_max_)
        forget_oldest();
    nodes_ += size;
    entries_.push_back({plan_sha256, std::move(plan)});
}

std::shared_ptr<const PreviewedPlan> PlanBook::find(const std::string& plan_sha256) const {
    for (const Entry& entry : entries_) {
        if (entry.sha256 == plan_sha256) return entry.plan;
    }
    return nullptr;
}

void PlanBook::forget(const std::string& plan_sha256) {
    std::erase_if(entries_, [&](const Entry& entry) {
        if (entry.sha256 != plan_sha256) return false;
        nodes_ -= entry.plan->nodes.size();
        return true;
    });
}

void PlanBook::forget_oldest() {
    nodes_ -= entries_.front().plan->nodes.size();
    entries_.pop_front();
}

}  // namespace edgeroll::control
