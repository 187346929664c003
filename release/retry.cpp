#include "release/retry.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <utility>

namespace edgeroll::release {
namespace {

bool may_retry(NodeStatus row, ReleaseStatus release) {
    if (release == ReleaseStatus::success) return row == NodeStatus::deferred;
    return row == NodeStatus::failed || row == NodeStatus::skipped || row == NodeStatus::deferred ||
           row == NodeStatus::cancelled;
}

std::string name_of(const RetryRow& row) {
    return row.name.empty() ? "#" + std::to_string(row.node.value) : row.name;
}

std::string name_of(const NodeReference& reference) {
    const auto* id = std::get_if<NodeId>(&reference);
    return id != nullptr ? "#" + std::to_string(id->value) : std::get<std::string>(reference);
}

/// Finds rows by what operators call them.
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

tl::unexpected<Error> refused(std::string message, int error_code = code::wrong_state) {
    return fail(std::move(message), Outcome::permanent, error_code);
}

}  // namespace

Result<RetryPlan> plan_retry(const std::vector<RetryRow>& rows, ReleaseStatus status,
                             const std::vector<NodeReference>& named) {
    for (const RetryRow& row : rows) {
        if (row.status != NodeStatus::running) continue;
        return refused("node " + name_of(row) + " still runs: wait for its end");
    }
    const Finder finder(rows);
    std::vector<bool> is_taken(rows.size(), false);
    for (const NodeReference& reference : named) {
        const auto position = finder.find(reference);
        if (!position) {
            return refused("the release has no node " + name_of(reference), code::not_found);
        }
        const RetryRow& row = rows[*position];
        if (!may_retry(row.status, status)) {
            return refused("node " + name_of(row) + " is " + std::string(to_text(row.status)) +
                           " in a release that is " + std::string(to_text(status)) +
                           ": it is not retried");
        }
        is_taken[*position] = true;
    }
    RetryPlan plan;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (named.empty()) is_taken[i] = may_retry(rows[i].status, status);
        if (is_taken[i]) {
            plan.taken.push_back(rows[i]);
        } else if (rows[i].status == NodeStatus::failed) {
            ++plan.waived_failures;
        }
    }
    if (plan.taken.empty()) {
        return refused("the release is " + std::string(to_text(status)) +
                       " and has no node to retry: none is failed, skipped, deferred or "
                       "cancelled");
    }
    return plan;
}

}  // namespace edgeroll::release
