// The plans of the most recent dry runs: what a caller saw when planSha256 is sent back.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>

#include "control/api/ports/creation.hpp"

namespace edgeroll::control {

/// Bounded by entries and by nodes in all, the oldest out first; a plan that is larger than the
/// bound is not kept. It is a help for messages only: what is not in it (it fell out, another
/// process made the preview) is refused all the same, without the names. Not for several threads:
/// the API's loop thread owns it.
class PlanBook {
  public:
    explicit PlanBook(std::size_t plans_max = 64, std::size_t nodes_max = 200'000)
        : plans_max_(plans_max), nodes_max_(nodes_max) {}

    /// The same plan again becomes the newest.
    void remember(const std::string& plan_sha256, std::shared_ptr<const PreviewedPlan> plan);
    /// Null: not known.
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
