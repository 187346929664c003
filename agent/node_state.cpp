#include "agent/node_state.hpp"

#include "agent/task_report.hpp"
#include "release/wire/agent_messages.hpp"
#include "tls/rt/program.hpp"

namespace edgeroll::agent {
namespace {

const apply::Entry* newer(const apply::Entry* one, const apply::Entry& other) {
    return one == nullptr || other.order > one->order ? &other : one;
}

}  // namespace

release::wire::NodeState node_state_of(const apply::Book& book, const LiveFinding& live) {
    release::wire::NodeState state;
    state.applied_version = book.ledger.applied_version;
    state.sha256 = book.ledger.applied_sha256;
    state.agent_version = rt::program_version();
    state.live_sha256 = live.sha256;
    state.live_is_whole = live.is_whole;
    state.live_remark = live.remark;
    state.facts_sha256 = live.facts_sha256;
    state.capabilities = release::wire::agent_capabilities;
    const apply::Entry* last = nullptr;
    const apply::Entry* applied = nullptr;
    for (const auto& [id, entry] : book.ledger.tasks) {
        if (!release::is_final(entry.course.status)) {
            ++state.queue;
            continue;
        }
        last = newer(last, entry);
        const bool has_applied = entry.course.status == release::TaskStatus::success &&
                                 !entry.course.finished.empty() && !entry.sha256.empty() &&
                                 entry.version == live.version;
        if (has_applied) applied = newer(applied, entry);
    }
    if (last != nullptr) {
        state.last_task =
            release::wire::LastTask{last->task_id, last->version, last->course.status,
                                    rfc3339(book.details.at(last->task_id).finished_at)};
    }
    if (applied != nullptr) {
        state.evidence = make_report(*applied, book.details.at(applied->task_id)).evidence;
    }
    return state;
}

}  // namespace edgeroll::agent
