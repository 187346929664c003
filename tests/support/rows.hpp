// A release's rows in memory: what a database would hold, for tests that call step() directly.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "release/step.hpp"
#include "tests/support/read_tables.hpp"
#include "tests/support/write_tables.hpp"

namespace edgeroll::test {

/// The nodes of most tests; the last one joins a release that has begun.
inline constexpr release::NodeId n1{1}, n2{2}, n3{3}, n4{4}, n5{5}, late_node{9};

/// A gate as gate_url makes it.
inline release::Gate gate_at(std::string url) {
    release::Gate gate;
    gate.name = release::evidence::gate_url;
    gate.url = std::move(url);
    return gate;
}

/// The row of a release, and what its reading has from other tables.
struct Header : ReleaseRow {
    release::Content content;
    std::vector<std::pair<release::Version, release::Content>> other_contents;
    std::vector<std::string> bans, problems;
    std::vector<release::Version> blockers;
    std::optional<release::Millis> rows_unchanged_for;
    std::int64_t utc_ms = 0;  ///< the wall clock's time at Rows::epoch
};

/// Reads as a store reads and applies commits as a store applies them, at the time of `now`.
class Rows {
  public:
    Header header;
    std::vector<TaskRow> nodes;  ///< ascending by (batch, node)
    Inventory inventory;
    std::set<release::NodeId> still_running;  ///< in the release that this one undoes
    std::vector<release::HistoryRow> history;
    release::Commit last;  ///< the commit that was applied last

    static constexpr release::Instant epoch{std::chrono::seconds(1000)};
    release::Instant now = epoch;
    int rollbacks = 0;  ///< commits that asked for one

    /// `batches[i]` is the batch of node i + 1.
    explicit Rows(const std::vector<int>& batches) {
        header.id = release::ReleaseId{7};
        header.version = release::Version{42};
        header.claim_epoch = release::Epoch{1};
        header.total_nodes = static_cast<int>(batches.size());
        header.content.is_present = true;
        header.content.sha256 = std::string(64, 'a');
        for (std::size_t i = 0; i < batches.size(); ++i) {
            const release::NodeId id{static_cast<std::int64_t>(i) + 1};
            add_edge(id);
            add_row({id, batches[i]}, nodes, next_row_id_);
        }
        sort();
    }

    /// Node i has the address 127.0.0.i.
    void add_edge(release::NodeId id) {
        InventoryRow& node = inventory[id];
        node.id = id;
        node.address.name = "edge-" + std::to_string(id.value);
        node.address.ip = "127.0.0." + std::to_string(id.value);
    }

    /// A row for a new edge, inserted after the start.
    TaskRow& add_late(release::NodeId id, int batch, std::int64_t row_id = 99) {
        add_edge(id);
        TaskRow late;
        late.row_id = row_id;
        late.node = id;
        late.batch = batch;
        nodes.push_back(late);
        sort();
        return *find(id);
    }

    /// @param part only the header and this batch
    [[nodiscard]] release::Snapshot read(std::optional<int> part = std::nullopt) const {
        release::Snapshot seen = read_tables(header, nodes, inventory, now, part);
        seen.content = header.content;
        seen.other_contents = header.other_contents;
        seen.bans = header.bans;
        seen.problems = header.problems;
        seen.blockers = header.blockers;
        for (release::NodeRow& row : seen.nodes)
            row.facts.is_still_running = still_running.contains(row.id);
        seen.rows_unchanged_for = header.rows_unchanged_for;
        seen.utc_ms = header.utc_ms + (now - epoch).count();
        return seen;
    }

    /// False: stale, nothing changed.
    bool apply(const release::Commit& commit) {
        Header row = header;
        std::vector<TaskRow> tasks = nodes;
        if (!apply_commit(commit, row, tasks, next_row_id_, now)) return false;
        write_applied(commit, row, tasks, inventory,
                      [&](release::Version version) { return digest_of(version); });
        header = std::move(row);
        nodes = std::move(tasks);
        sort();
        if (commit.creates_rollback) {
            ++rollbacks;
            header.is_awaited = true;
        }
        history.insert(history.end(), commit.history.begin(), commit.history.end());
        last = commit;
        return true;
    }

    [[nodiscard]] TaskRow* find(release::NodeId id) {
        for (TaskRow& row : nodes) {
            if (row.node == id) return &row;
        }
        return nullptr;
    }

    [[nodiscard]] int count(release::NodeStatus status) const {
        int found = 0;
        for (const TaskRow& row : nodes)
            found += row.status == status ? 1 : 0;
        return found;
    }

    [[nodiscard]] bool has_history(const std::string& kind) const {
        for (const release::HistoryRow& row : history) {
            if (row.kind == kind) return true;
        }
        return false;
    }

    /// What `retry` of an operator does to the rows (control/store): these are taken up again.
    void retry(const std::vector<release::NodeId>& taken) {
        for (const release::NodeId id : taken)
            take_up(*find(id));
        for (TaskRow& row : nodes) {
            if (row.status == release::NodeStatus::failed) row.attempts_before = row.attempt + 1;
        }
        begin_anew(header);
        header.waived_failures = count(release::NodeStatus::failed);
    }

  private:
    [[nodiscard]] std::string digest_of(release::Version version) const {
        for (const auto& [other, content] : header.other_contents) {
            if (other == version) return content.sha256;
        }
        return {};
    }

    void sort() {
        std::sort(nodes.begin(), nodes.end(), [](const TaskRow& a, const TaskRow& b) {
            return std::pair(a.batch, a.node) < std::pair(b.batch, b.node);
        });
    }

    std::int64_t next_row_id_ = 1;
};

/// Runs the core over Rows as the runner does; time passes when the test says so, and effects pile
/// up for the test to answer.
class Desk {
  public:
    Rows& rows;
    release::Release state;
    release::Instant now;
    release::Instant wake_at = release::never;        ///< what the last step asked for
    std::vector<release::AskGate> gates;              ///< all questions since the beginning
    std::vector<release::StartConversation> started;  ///< all since the beginning
    std::vector<release::CancelTask> cancelled;
    int full_readings = 0, part_readings = 0;
    bool is_dispatch_over = false;
    bool is_let_go = false;
    std::string let_go_reason;
    std::vector<std::string> violations;

    explicit Desk(Rows& on) : rows(on), now(on.now) {}

    /// Steps, commits, carries out; reads again as often as asked.
    void give(const release::Event& event) { give(std::vector<release::Event>{event}); }

    void give(const std::vector<release::Event>& events) {
        rows.now = now;
        release::Step done = release::step(std::move(state), events, now);
        note(release::check(done));
        if (!done.commit.is_empty() && !rows.apply(done.commit)) {
            restart();
            return;
        }
        state = std::move(done.next);
        note(release::check_all(state));
        wake_at = done.wake_at;
        bool reads_again = false;
        std::optional<int> part;
        for (const release::Effect& effect : done.after_commit) {
            if (const auto* start = std::get_if<release::StartConversation>(&effect)) {
                started.push_back(*start);
            } else if (const auto* cancel = std::get_if<release::CancelTask>(&effect)) {
                cancelled.push_back(*cancel);
            } else if (const auto* go = std::get_if<release::LetGo>(&effect)) {
                is_let_go = true;
                let_go_reason = go->reason;
            } else if (const auto* ask = std::get_if<release::AskGate>(&effect)) {
                gates.push_back(*ask);
            } else if (std::holds_alternative<release::DispatchNoMore>(effect)) {
                is_dispatch_over = true;
            } else if (const auto* again = std::get_if<release::ReadAgain>(&effect)) {
                part = reads_again && !part ? part : again->batch;  // all of it, if either says so
                reads_again = true;
            }
        }
        if (is_let_go) return;
        if (reads_again) {
            observe(part);
        } else if (done.wake_at <= now) {
            give(release::Woken{});
        }
    }

    void observe(std::optional<int> part = std::nullopt) {
        rows.now = now;
        release::Observed observed;
        observed.snapshot = rows.read(part);
        ++(part ? part_readings : full_readings);
        give(release::Event{observed});
    }

    /// Nothing happens until the time that the core asked for, or else for `most`. False: it slept
    /// that long and was not woken.
    bool sleep(release::Millis most = std::chrono::hours(1000)) {
        const release::Instant end = now + most;
        if (is_let_go || wake_at > end) {
            now = end;
            return false;
        }
        now = std::max(now, wake_at);
        give(release::Woken{});
        return true;
    }

    /// The gate's answer to the last question.
    void answer(release::GateAnswer::Kind kind, const std::string& message = "503") {
        answer_to(gates.back(), release::GateAnswer{kind, message});
    }
    void answer_to(const release::AskGate& question, release::GateAnswer answer) {
        release::GateHeard heard;
        heard.after_batch = question.after_batch;
        heard.index = question.index;
        heard.gate = question.gate;
        heard.asked_at = question.asked_at;
        heard.answer = std::move(answer);
        give(heard);
    }

    /// Somebody asks for it, and it is noticed.
    void request(release::Action action) {
        rows.header.requested = action;
        ++rows.header.steer_seq;
        observe();
    }

    /// Everybody who runs succeeds.
    void finish_running() {
        std::vector<release::NodeId> ids;
        for (const TaskRow& row : rows.nodes) {
            if (row.status == release::NodeStatus::running) ids.push_back(row.node);
        }
        for (const release::NodeId id : ids)
            report(id, release::NodeStatus::success);
    }

    /// What a crash or an unknown outcome leaves: nothing but the rows.
    void restart() {
        const release::Rules rules = state.rules;
        state = release::Release{};
        state.rules = rules;
        observe();
    }

    /// The agent, which may have the task, answers nothing since then; `never`: it answers.
    void silence(release::NodeId id, release::Instant since, bool is_own_agent = true) {
        release::Progressed event;
        event.node = id;
        event.task_id = rows.find(id)->task_id;
        event.silent_since = since;
        event.may_have_task = true;
        event.is_own_agent = is_own_agent;
        give(release::Event{event});
    }

    /// The agent used the node's task id for another release.
    void refuse_id(release::NodeId id) {
        release::Reported reported =
            make_report(id, release::NodeStatus::failed, release::FailureKind::rejected,
                        "task was used for another release");
        reported.verdict.is_id_used = true;
        give(release::Event{reported});
    }

    void report(release::NodeId id, release::NodeStatus status,
                release::FailureKind failure = release::FailureKind::none,
                const std::string& error = {}) {
        give(release::Event{make_report(id, status, failure, error)});
    }

    [[nodiscard]] release::Reported make_report(release::NodeId id, release::NodeStatus status,
                                                release::FailureKind failure,
                                                const std::string& error) const {
        release::Reported reported;
        reported.node = id;
        const TaskRow* row = rows.find(id);
        reported.task_id = row == nullptr ? "gone" : row->task_id;
        reported.verdict.status = status;
        reported.verdict.failure = failure;
        reported.verdict.error = error;
        return reported;
    }

  private:
    void note(const std::optional<release::Violation>& violation) {
        if (violation) violations.push_back(violation->invariant + ": " + violation->detail);
    }
};

}  // namespace edgeroll::test
