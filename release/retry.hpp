// Which rows of a finished release a retry includes (docs/contract.md section 6).
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
    std::string name;  ///< empty if the node is gone
    int batch = 1;
    NodeStatus status = NodeStatus::failed;
    bool is_set_aside = false;  ///< failed, and left out by the previous retry
    bool is_waived = false;     ///< ... and waived by an operator before that retry
    bool is_joined = false;     ///< edgeroll added it to a success, with batch 0
};

/// A node as an operator names it: by id, or by name (a text of digits that matches no name is an
/// id).
using NodeReference = std::variant<NodeId, std::string>;

struct RetryPlan {
    std::vector<RetryRow> taken;  ///< in the order of `rows`; never empty
    /// Failed rows that stay unchanged: they count against no limit of the retry.
    int waived_failures = 0;
    /// Those of them that prevent success: they are not waived.
    int left_out = 0;
    std::vector<NodeId> waived;  ///< the others, waived by an operator or tolerated by a success
    std::vector<NodeId> late;  ///< pending rows that were added after the end and are not included
};

/// Who asks for the retry.
enum class RetryBy {
    operators,
    reconciliation,  ///< named rows of a success that have ended, however they did
};

/// Takes the rows that did not succeed (of a success: the deferred rows), or the named rows.
/// Cancelled rows exist after a stopped rollback, or if an operator wrote `failed`.
/// Errors: 3001 for a name that the release does not have, 3003 for a named row that needs no
/// retry, for a row that still runs (an operator ended the release), and when there is nothing to
/// retry. @param rows ascending by (batch, id) @param status of the release, a final one
/// @param waived_failures its column
[[nodiscard]] Result<RetryPlan> plan_retry(const std::vector<RetryRow>& rows, ReleaseStatus status,
                                           const std::vector<NodeReference>& named,
                                           int waived_failures = 0,
                                           RetryBy by = RetryBy::operators);

}  // namespace edgeroll::release
