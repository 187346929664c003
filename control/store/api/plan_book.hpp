// Plans of the latest dry runs, to explain a mismatch when planSha256 is sent back.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>

#include "control/api/ports/creation.hpp"

namespace edgeroll::control {

/// Bounded by the number of entries and of nodes in total; the oldest entry is dropped first, and a
/// plan larger than the bound is not kept. The book only improves messages: an unknown plan
/// (dropped, or previewed by another process) is refused as well, without node names. Not
/// thread-safe: the API's loop thread owns it.
class PlanBook {
  public:
    explicit PlanBook(std::size_t plans_max = 64, std::size_t nodes_max = 200'000)
        : plans_max_(plans_max), nodes_max_(nodes_max) {}

    /// Remembering the same plan again makes it the newest.
    void remember(const std::string& plan_sha256, std::shared_ptr<const PreviewedPlan> plan);
    /// Null: unknown.
    [[nodiscard]] std::shared_ptr<const PreviewedPlan> find(const std::string& plan_sha256) const;

  private:
    struct Entry {
        std::string sha256;
        std::shared_ptr<const PreviewedPlan> plan;
    };
    void forget(const std::string& plan_sha256);
    void forget_oldest();

    std::size_t plans_max_, nodes_max_;
    std::size_t nodes_ = 0;
    std::deque<Entry> entries_;  ///< oldest first
};

}  // namespace edgeroll::control
