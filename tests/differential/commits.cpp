#include "tests/differential/commits.hpp"

#include "tests/differential/script.hpp"

namespace edgeroll::differential {

using namespace release;

namespace {

constexpr std::size_t statuses = 6, batch_statuses = 5, node_statuses = 7, failures = 7,
                      actions = 4;

template <class Word>
Word draw_word(std::size_t count, sim::Rng& rng) {
    return static_cast<Word>(rng.below(count));
}

ReleaseChange draw_release_change(sim::Rng& rng) {
    ReleaseChange change;
    if (rng.chance(0.2)) change.status = draw_word<ReleaseStatus>(statuses, rng);
    if (rng.chance(0.2)) change.batch_status = draw_word<BatchStatus>(batch_statuses, rng);
    if (rng.chance(0.2)) change.current_batch = static_cast<int>(rng.between(0, 3));
    if (rng.chance(0.2)) change.started_batch = static_cast<int>(rng.between(0, 3));
    if (rng.chance(0.2)) change.total_batches = static_cast<int>(rng.between(0, 3));
    if (rng.chance(0.2)) change.total_nodes = static_cast<int>(rng.between(0, nodes + 1));
    if (rng.chance(0.2)) change.content_sha256 = rng.chance(0.5) ? "" : std::string(64, 'f');
    if (rng.chance(0.3)) change.last_error = rng.chance(0.3) ? "" : "Grüße: it failed";
    change.is_started = rng.chance(0.3);
    change.is_finished = rng.chance(0.1);
    change.clears_action = rng.chance(0.3);
    return change;
}

NodeChange draw_node_change(const test::TaskRow& row, sim::Rng& rng) {
    NodeChange change;
    change.row_id = row.row_id;
    if (rng.chance(0.05)) change.row_id += rng.chance(0.5) ? 1 : -1;  // another row's, or unused
    change.node = row.node;
    change.from = rng.chance(0.85) ? row.status : draw_word<NodeStatus>(node_statuses, rng);
    change.to = draw_word<NodeStatus>(node_statuses, rng);
    if (change.from == NodeStatus::running && rng.chance(0.4)) change.to = change.from;
    change.attempt = static_cast<int>(rng.between(0, 3));
    change.ids_passed_over = static_cast<int>(rng.between(0, 5));
    if (rng.chance(0.8)) change.task_id = "apply_config_10.0.0.1_" + std::to_string(change.attempt);
    change.failure = draw_word<FailureKind>(failures, rng);
    change.reason = draw_word<ReasonKind>(reason_kind_count, rng);
    if (rng.chance(0.5)) change.error = "exit status 1";
    if (rng.chance(0.2)) change.earlier_error = "attempt 1 failed (lost): gone";
    if (rng.chance(0.3)) change.steps = R"([{"name":"check"}])";
    change.progress = static_cast<int>(rng.between(0, 100));
    change.has_new_content = rng.chance(0.3);
    if (rng.chance(0.4)) change.evidence = rng.chance(0.5) ? "check,verify_url" : "";
    return change;
}

/// About the running task, another task, or a row that does not run.
ProgressChange draw_progress(const test::TaskRow& row, sim::Rng& rng) {
    ProgressChange change;
    change.node = row.node;
    change.task_id = rng.chance(0.8) ? row.task_id : "apply_config_10.0.0.1_9";
    change.progress = static_cast<int>(rng.between(1, 100));
    if (!rng.chance(0.4)) return change;
    if (rng.chance(0.7)) change.trouble = {ReasonKind::refusing, "503"};
    change.error = to_sentence(change.trouble);
    if (rng.chance(0.5)) change.until = Millis{rng.between(0, 60'000)};
    return change;
}

}  // namespace

std::vector<Event> draw_events(const Release& state, sim::Rng& rng) {
    std::vector<Event> events;
    for (const NodeState& node : state.nodes) {
        const bool runs = node.row.status == NodeStatus::running;
        if (!rng.chance(runs ? 0.7 : 0.05)) continue;
        if (rng.chance(0.3)) events.emplace_back(Attempted{node.row.id, node.row.task_id});
        if (rng.chance(0.4)) {
            const int percent = static_cast<int>(rng.between(0, 100));
            events.emplace_back(Progressed{node.row.id, node.row.task_id, percent, {}});
        }
        if (rng.chance(0.4)) continue;
        Reported reported;
        reported.node = node.row.id;
        reported.task_id = node.row.task_id;
        Verdict& verdict = reported.verdict;
        verdict.status = rng.chance(0.75)  ? NodeStatus::success
                         : rng.chance(0.8) ? NodeStatus::failed
                                           : NodeStatus::cancelled;
        verdict.progress = verdict.status == NodeStatus::success ? 100 : 40;
        if (verdict.status == NodeStatus::failed) {
            verdict.failure = static_cast<FailureKind>(rng.between(1, failures - 1));
            verdict.error = "nginx: configuration file test failed";
            verdict.is_id_used = rng.chance(0.2);
        }
        if (rng.chance(0.5)) verdict.steps = R"([{"name":"stage","status":"success"}])";
        if (rng.chance(0.05)) reported.task_id += "_other";
        events.emplace_back(std::move(reported));
    }
    if (events.empty()) events.emplace_back(Woken{});
    return events;
}

Commit draw_commit(const test::ReleaseRow* row, const std::vector<test::TaskRow>& rows,
                   sim::Rng& rng) {
    Commit commit;
    if (row != nullptr) {
        commit.expected_status = row->status;
        commit.expected_action = row->requested;
    }
    if (rng.chance(0.1)) commit.expected_status = draw_word<ReleaseStatus>(statuses, rng);
    if (rng.chance(0.1)) commit.expected_action = draw_word<Action>(actions, rng);
    commit.release = draw_release_change(rng);
    if (!rows.empty() && rng.chance(0.2)) {
        RowsOfStart& start = commit.release.rows_of_start.emplace();
        start.newest_row_id = rng.chance(0.8) ? rows.back().row_id : 0;
        start.rows = static_cast<int>(rows.size()) + (rng.chance(0.8) ? 0 : 1);
    }
    for (const test::TaskRow& task : rows) {
        if (rng.chance(0.4)) commit.nodes.push_back(draw_node_change(task, rng));
        if (rng.chance(0.4)) commit.progress.push_back(draw_progress(task, rng));
    }
    if (rng.chance(0.05)) {
        test::TaskRow nobody;
        nobody.node = NodeId{nodes + 7};
        commit.nodes.push_back(draw_node_change(nobody, rng));
    }
    if (rng.chance(0.2)) {
        commit.skip_pending = SkipPending{"not dispatched: enough", rng.chance(0.2),
                                          draw_word<ReasonKind>(reason_kind_count, rng)};
    }
    if (rng.chance(0.1)) {
        commit.expected_rows = static_cast<int>(rows.size()) + (rng.chance(0.7) ? 0 : 1);
    }
    for (std::int64_t node = 1; node <= nodes && rng.chance(0.3); ++node) {
        commit.planned.push_back(PlannedNode{NodeId{node}, static_cast<int>(rng.between(1, 3))});
        // A row that this commit adds has no id yet with which it could be changed.
        if (!rng.chance(0.05)) continue;
        test::TaskRow fresh;
        fresh.node = NodeId{node};
        commit.nodes.push_back(draw_node_change(fresh, rng));
    }
    if (!commit.planned.empty() && rng.chance(0.5)) commit.release.is_started = true;
    for (std::int64_t i = rng.between(0, 2); i > 0; --i) {
        HistoryRow history;
        history.kind = "changed_by_hand";
        history.detail.emplace_back("was", "pending");
        commit.history.push_back(history);
    }
    return commit;
}

std::string describe(const Commit& commit) {
    std::string text = "{expects " + std::string(to_text(commit.expected_status));
    if (commit.expected_action != Action::none) {
        text += "/" + std::string(to_text(commit.expected_action));
    }
    const ReleaseChange& change = commit.release;
    if (change.status) text += ", status=" + std::string(to_text(*change.status));
    if (change.current_batch) text += ", batch " + std::to_string(*change.current_batch);
    if (change.is_started) text += ", starts";
    if (change.is_finished) text += ", finishes";
    for (const NodeChange& node : commit.nodes) {
        text += ", node " + std::to_string(node.node.value) + " " +
                std::string(to_text(node.from)) + "->" + std::string(to_text(node.to));
    }
    for (const ProgressChange& far : commit.progress) {
        text += ", node " + std::to_string(far.node.value) + " at " + std::to_string(far.progress) +
                " % of " + far.task_id;
    }
    for (const PlannedNode& planned : commit.planned)
        text += ", plans " + std::to_string(planned.node.value);
    if (commit.skip_pending) text += ", skips the rest";
    return text + "}";
}

}  // namespace edgeroll::differential
