#include "release/retry.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace edgeroll::release {
namespace {

bool may_retry(NodeStatus row, ReleaseStatus release, RetryBy by) {
    if (by == RetryBy::reconciliation) return release == ReleaseStatus::success && is_final(row);
    if (release == ReleaseStatus::success) return row == NodeStatus::deferred;
    return row == NodeStatus::failed || row == NodeStatus::skipped || row == NodeStatus::deferred ||
           row == NodeStatus::cancelled || row == NodeStatus::pending;
}

// A late row may have an invalid batch number: it would make the release impossible.
bool has_batch(const RetryRow& row, RetryBy by) {
    const bool is_joined = row.batch == 0 && row.is_joined;
    return row.batch >= 1 || (is_joined && by == RetryBy::reconciliation);
}

// Which failed rows are waived: the marked rows; if no retry has marked any yet, the first ones, as
// many as `continue` has waived (release/failures.hpp). A success was within its limits, so all its
// failures count as waived.
std::vector<bool> waived_rows(const std::vector<RetryRow>& rows, ReleaseStatus status,
                              int waived_failures) {
    const auto aside = std::count_if(rows.begin(), rows.end(),
                                     [](const RetryRow& row) { return row.is_set_aside; });
    auto left = std::max<std::int64_t>(waived_failures - aside, 0);
    std::vector<bool> is_waived(rows.size(), false);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const RetryRow& row = rows[i];
        if (row.status != NodeStatus::failed) continue;
        const bool is_counted = !row.is_set_aside && left > 0;
        if (is_counted) --left;
        is_waived[i] = is_counted || row.is_waived || status == ReleaseStatus::success;
    }
    return is_waived;
}

std::string name_of(const RetryRow& row) {
    return row.name.empty() ? "#" + std::to_string(row.node.value) : row.name;
}

std::string name_of(const NodeReference& reference) {
    const auto* id = std::get_if<NodeId>(&reference);
    return id != nullptr ? "#" + std::to_string(id->value) : std::get<std::string>(reference);
}

/// Finds rows by the names that operators use.
class Finder {
  public:
    explicit Finder(const std::vector<RetryRow>& rows) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
            by_id_.emplace(std::to_string(rows[i].node.value), i);
            if (!rows[i].name.empty()) by_name_.emplace(rows[i].name, i);
        }
    }
    [[nodiscard]] std::optional<std::size_t> find(const NodeReference& wanted) const {
        const auto* id = std::get_if<NodeId>(&wanted);
        if (id != nullptr) return find(by_id_, std::to_string(id->value));
        const std::string& text = std::get<std::string>(wanted);
        const auto named = find(by_name_, text);
        return named ? named : find(by_id_, text);
    }

  private:
    using Index = std::map<std::string, std::size_t>;
    static std::optional<std::size_t> find(const Index& index, const std::string& text) {
        const auto found = index.find(text);
        if (found == index.end()) return std::nullopt;
        return found->second;
    }
    Index by_id_, by_name_;
};

tl::unexpected<Error> refuse_retry(std::string message, int error_code = code::wrong_state) {
    return fail(std::move(message), Outcome::permanent, error_code);
}

}  // namespace

Result<RetryPlan> plan_retry(const std::vector<RetryRow>& rows, ReleaseStatus status,
                             const std::vector<NodeReference>& named, int waived_failures,
                             RetryBy by) {
    for (const RetryRow& row : rows) {
        if (row.status != NodeStatus::running) continue;
        return refuse_retry("node " + name_of(row) + " still runs: wait for its end");
    }
    const Finder finder(rows);
    std::vector<bool> is_taken(rows.size(), false);
    for (const NodeReference& reference : named) {
        const auto position = finder.find(reference);
        if (!position) {
            return refuse_retry("the release has no node " + name_of(reference), code::not_found);
        }
        const RetryRow& row = rows[*position];
        if (!may_retry(row.status, status, by)) {
            return refuse_retry("node " + name_of(row) + " is " + std::string(to_text(row.status)) +
                                " in a release that is " + std::string(to_text(status)) +
                                ": it is not retried");
        }
        if (!has_batch(row, by)) {
            return refuse_retry("node " + name_of(row) + " came late, in batch " +
                                std::to_string(row.batch) + ": a batch must be at least 1");
        }
        is_taken[*position] = true;
    }
    RetryPlan plan;
    const std::vector<bool> is_waived = waived_rows(rows, status, waived_failures);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (named.empty())
            is_taken[i] = may_retry(rows[i].status, status, by) && has_batch(rows[i], by);
        if (is_taken[i]) {
            plan.taken.push_back(rows[i]);
        } else if (rows[i].status == NodeStatus::pending) {
            plan.late.push_back(rows[i].node);
        } else if (rows[i].status == NodeStatus::failed) {
            ++plan.waived_failures;
            if (is_waived[i]) plan.waived.push_back(rows[i].node);
            plan.left_out += is_waived[i] ? 0 : 1;
        }
    }
    if (plan.taken.empty()) {
        return refuse_retry("the release is " + std::string(to_text(status)) +
                            " and has no node to retry: none is failed, skipped, deferred or "
                            "cancelled");
    }
    return plan;
}

}  // namespace edgeroll::release
