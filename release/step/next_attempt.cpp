#include "release/step/next_attempt.hpp"

#include <string>
#include <utility>

#include "release/step/task_start.hpp"

namespace edgeroll::release {
namespace {

// The status stays `running`: the row names the next task before it is sent.
void begin_next_attempt(Draft& draft, std::size_t position, const Verdict& verdict, Millis pause) {
    Release& release = draft.release;
    NodeState& node = release.nodes[position];
    if (node.is_starting) --release.starting;
    node.is_starting = false;
    node.is_cancel_sent = false;
    node.is_in_conversation = true;  // a reading in the same step clears it
    node.row.attempt += 1;
    node.row.task_id = task_id_of(release, node.row);
    NodeChange& change = draft.change_node(position, NodeStatus::running);
    change.error = node.row.error;
    change.earlier_error = node.row.earlier_error;
    change.steps = verdict.steps;
    node.deadline = deadline_from(release, draft.now + pause, draft.now);
    StartConversation start = conversation_with(node);
    start.not_before = draft.now + pause;
    draft.effects.emplace_back(std::move(start));
}

}  // namespace

void try_again(Draft& draft, std::size_t position, const Verdict& verdict, Millis pause) {
    NodeState& node = draft.release.nodes[position];
    const std::string earlier = "attempt " + std::to_string(node.row.attempt) + " failed (" +
                                std::string(to_text(verdict.failure)) + "): " + verdict.error;
    draft.note("node_retry",
               {{"attempt", std::to_string(node.row.attempt)},
                {"failure", std::string(to_text(verdict.failure))},
                {"error", verdict.error},
                {"pause_ms", std::to_string(pause.count())}},
               node.row.id);
    node.row.error = node.row.earlier_error = earlier;
    begin_next_attempt(draft, position, verdict, pause);
}

void take_next_id(Draft& draft, std::size_t position, const Verdict& verdict) {
    NodeRow& row = draft.release.nodes[position].row;
    draft.note("task_id_used", {{"task", row.task_id}, {"error", verdict.error}}, row.id);
    row.ids_passed_over += 1;
    row.error = row.earlier_error;
    begin_next_attempt(draft, position, verdict, Millis{0});
}

}  // namespace edgeroll::release
