#include "release/step/task_start.hpp"

#include <algorithm>

#include "release/limits.hpp"

namespace edgeroll::release {

std::string task_id_of(const Release& release, const NodeRow& row) {
    return make_task_id(release.seen.type, row.address.ip, release.seen.version, row.attempt);
}

Instant deadline_from(const Release& release, Instant start, Instant now) {
    return std::min(start + node_timeout(release), time_limit(release, now));
}

StartConversation conversation_with(const NodeState& node) {
    StartConversation start;
    start.node = node.row.id;
    start.address = node.row.address;
    start.task_id = node.row.task_id;
    start.deadline = node.deadline;
    start.content = node.row.config_version;
    start.is_own_agent = node.is_own_agent;
    return start;
}

}  // namespace edgeroll::release
