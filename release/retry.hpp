// Which rows of a finished release a retry takes up again (docs/contract.md section 6).
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "release/ids.hpp"
#include "release/result.hpp"
#include "release/states.hpp"

namespace edgeroll::release {

struct RetryRow {
    NodeId node;
    std::string name;  ///< empty when the node is gone
    int batch = 1;
    NodeStatus status = NodeStatus::failed;
    bool is_set_aside = false;  ///< failed, and left alone by the retry before
    bool is_waived = false;     ///< ... and waived by an operator before that one
};

/// A node as an operator names it: by id, or by name (a text of digits that is no name is an id).
using NodeReference = std::variant<NodeId, std::string>;

struct RetryPlan {
    std::vector<RetryRow> taken;  ///< in the order of `rows`; never empty
    /// Failed rows that stay as they are: they count against no limit of the retry.
    int waived_failures = 0;
    /// Of these, the ones that keep the release from success: nobody has waived them.
    int left_out = 0;
    std::vector<NodeId> waived;  ///< the others, which an operator waived, or a success tolerates
    std::vector<NodeId> late;    ///< pending rows that came after the end and are not taken
};

/// Takes the rows that did not succeed (of a success: the deferred ones), or those named. Cancelled
/// ones are there when a rollback was stopped, or when `failed` was written by hand.
/// Errors: 3001 for a name that the release does not have, 3003 for a named row that has no need of
/// a retry, for a row that still runs (the release was ended by hand), and when there is nothing to
/// retry. @param rows ascending by (batch, id) @param status of the release, a final one
/// @param waived_failures its column
[[nodiscard]] Result<RetryPlan> plan_retry(const std::vector<RetryRow>& rows, ReleaseStatus status,
                                           const std::vector<NodeReference>& named,
                                           int waived_failures = 0);

}  // namespace edgeroll::release
