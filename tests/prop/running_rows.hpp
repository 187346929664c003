// The running rows of a release.
#pragma once

#include <vector>

#include "tests/support/rows.hpp"

namespace edgeroll::test {

inline std::vector<release::NodeId> running(const Rows& rows) {
    std::vector<release::NodeId> ids;
    for (const TaskRow& row : rows.nodes) {
        if (row.status == release::NodeStatus::running) ids.push_back(row.node);
    }
    return ids;
}

}  // namespace edgeroll::test
