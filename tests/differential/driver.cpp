// The operations of control processes: calls of control::Store, mostly with commits of the real
// core.
#include "tests/differential/driver.hpp"

#include <algorithm>
#include <exception>

#include "tests/differential/commits.hpp"

namespace edgeroll::differential {

using namespace release;
using control::Committed;

namespace {

std::string text(Committed outcome) {
    if (outcome == Committed::done) return "done";
    return outcome == Committed::fenced ? "fenced" : "stale";
}

std::string text(const std::optional<control::Claim>& claim) {
    return claim ? "epoch " + std::to_string(claim->epoch.value) : "none";
}

std::optional<int> next_batch(const Release& state) {
    for (const BatchState& batch : state.batches) {
        if (batch.counts.pending > 0 || batch.counts.running > 0) return batch.number;
    }
    return std::nullopt;
}

std::string text(const std::vector<control::Candidate>& candidates) {
    std::string list = "releases";
    for (const control::Candidate& one : candidates) {
        list += " " + std::to_string(one.release.value) + (one.is_resting ? " (rests)" : "");
    }
    return list;
}

}  // namespace

std::string Driver::run(const Script& script) {
    std::string log;
    int number = 0;
    for (const Operation& operation : script) {
        outcome_.clear();
        try {
            carry_out(operation);
            if (found_.empty()) compare("tables", sim_.tables(), store_.tables());
        } catch (const std::exception& error) {
            found_ = std::string("  an exception: ") + error.what() + "\n";
        }
        log += std::to_string(++number) + ". " + describe(operation) +
               (outcome_.empty() ? "" : " -> " + outcome_) + "\n";
        if (!found_.empty()) return log + found_;
    }
    return {};
}

void Driver::carry_out(const Operation& operation) {
    if (operation.verb == Verb::age_rows_seen) claimable(operation);
    const bool is_by_hand = change_nodes(operation) || change_releases(operation) ||
                            edit_releases(operation) || change_rows(operation);
    if (!is_by_hand) ask(operation);
    if (operation.verb != Verb::age_rows_seen) return;
    claimable(operation);
    work(operation);
}

void Driver::work(const Operation& operation) {
    claim(operation);
    if (found_.empty()) prepare(operation);
    if (found_.empty()) submit(operation);
}

void Driver::ask(const Operation& operation) {
    sim::Rng rng(operation.dice);
    switch (operation.verb) {
        case Verb::claimable:
            return claimable(operation);
        case Verb::claim:
            return claim(operation);
        case Verb::prepare:
            return prepare(operation);
        case Verb::submit:
            return submit(operation);
        case Verb::report:
            report(operation);
            return submit(operation);
        case Verb::hostile_commit:
            return hostile_commit(operation);
        case Verb::work:
            return work(operation);
        case Verb::overtaken:
            prepare(operation);
            if (found_.empty()) change_something(operation);
            if (found_.empty()) submit(operation);
            return;
        default:
            break;
    }
    const auto some = some_claim(operation, rng);
    if (!some) return;
    const auto& [owner, claim] = *some;
    if (operation.verb == Verb::renew) {
        const bool ours = sim_.renew(owner, claim), theirs = store_.renew(owner, claim);
        compare("renewed", ours ? "yes" : "no", theirs ? "yes" : "no");
    } else if (operation.verb == Verb::give_back) {
        sim_.give_back(owner, claim);
        store_.give_back(owner, claim);
    } else if (operation.verb == Verb::read) {
        std::optional<int> part;
        if (rng.chance(0.6)) part = static_cast<int>(rng.between(0, 4));
        (void)read(owner, claim, part);
    } else if (operation.verb == Verb::record) {
        HistoryRow row;
        row.kind = "late_answer";
        row.node = NodeId{operation.node};
        sim_.record(owner, claim, row);
        store_.record(owner, claim, row);
    }
}

void Driver::claimable(const Operation& operation) {
    sim::Rng rng(operation.dice);
    const int limit = rng.chance(0.5) ? 100 : static_cast<int>(rng.between(1, 3));
    const auto ours = sim_.claimable(operation.owner, limit);
    tally_.claimable += static_cast<int>(ours.size());
    compare("claimable", text(ours), text(store_.claimable(operation.owner, limit)));
}

void Driver::claim(const Operation& operation) {
    const ReleaseId id{operation.release};
    const std::string order = "order-" + std::to_string(++orders_);
    const auto ours = sim_.claim(operation.owner, id, order);
    compare("claim", text(ours), text(store_.claim(operation.owner, id, order)));
    if (!ours) {
        ++tally_.refused_claims;
        return;
    }
    ++tally_.claims;
    Memory& mine = memory(operation);
    mine.claim = *ours;
    claims_[operation.release].emplace_back(operation.owner, *ours);
    mine.state = Release{};
    mine.prepared.reset();
}

std::optional<Snapshot> Driver::read(int owner, const control::Claim& claim,
                                     std::optional<int> part) {
    auto ours = sim_.read(owner, claim, part);
    const auto theirs = store_.read(owner, claim, part);
    compare("read", ours ? "a snapshot" : "nothing", theirs ? "a snapshot" : "nothing");
    if (ours && theirs) compare("snapshot", picture_of(*ours), picture_of(*theirs));
    if (ours) note_row_ids(claim.release);
    return ours;
}

void Driver::prepare(const Operation& operation) {
    Memory& mine = memory(operation);
    if (!mine.claim) return;
    sim::Rng rng(operation.dice);
    // As after a takeover, at a renewal, or before a batch.
    if (rng.chance(0.4)) mine.state = Release{};
    std::optional<int> part;
    if (mine.state.is_observed && rng.chance(0.5)) part = next_batch(mine.state);
    auto snapshot = read(operation.owner, *mine.claim, part);
    if (!snapshot) return;
    Observed observed;
    observed.snapshot = std::move(*snapshot);
    if (!mine.state.is_observed && rng.chance(0.4)) mine.state.rules.start_window = 1;
    mine.prepared = step(Release(mine.state), Event{std::move(observed)}, now);
}

void Driver::change_something(const Operation& operation) {
    sim::Rng rng(operation.dice);
    const std::vector<Verb> by_hand{Verb::set_row,    Verb::set_row,       Verb::set_action,
                                    Verb::set_status, Verb::delete_row,    Verb::insert_row,
                                    Verb::end_lease,  Verb::insert_release};
    Operation change = operation;
    change.verb = rng.pick(by_hand);
    if (change.verb == Verb::insert_release) change.release = rng.between(1, releases);
    change.dice = rng.next();
    outcome_ += "; then " + describe(change);
    carry_out(change);
    if (change.verb == Verb::delete_row && rng.chance(0.5)) {
        // The node has a new row before the next reading: not the row that was read.
        change.verb = Verb::insert_row;
        outcome_ += "; then " + describe(change);
        carry_out(change);
    }
    if (change.verb != Verb::end_lease) return;
    change.verb = Verb::claim;  // another process takes over
    change.owner = (operation.owner + 1) % owners;
    carry_out(change);
}

void Driver::report(const Operation& operation) {
    Memory& mine = memory(operation);
    if (!mine.state.is_observed || mine.prepared) return;
    sim::Rng rng(operation.dice);
    mine.prepared = step(Release(mine.state), draw_events(mine.state, rng), now);
}

void Driver::submit(const Operation& operation) {
    Memory& mine = memory(operation);
    if (!mine.prepared) return;
    Step done = std::move(*mine.prepared);
    mine.prepared.reset();
    const Committed outcome = commit(operation.owner, *mine.claim, done.commit);
    tally_.core_done += outcome == Committed::done ? 1 : 0;
    tally_.core_fenced += outcome == Committed::fenced ? 1 : 0;
    tally_.core_stale += outcome == Committed::stale ? 1 : 0;
    if (outcome != Committed::done) {
        mine.state = Release{};
        return;
    }
    tally_.started += done.commit.release.is_started ? 1 : 0;
    tally_.finished += done.commit.release.is_finished ? 1 : 0;
    tally_.given_up += done.commit.expected_rows ? 1 : 0;
    mine.state = std::move(done.next);
}

void Driver::hostile_commit(const Operation& operation) {
    sim::Rng rng(operation.dice);
    if (rng.chance(0.5)) claim(operation);
    if (!found_.empty()) return;
    const auto some = some_claim(operation, rng);
    if (!some) return;
    const test::ReleaseRow* row = find(operation.release);
    const std::vector<test::TaskRow> none;
    const auto& rows = row == nullptr ? none : sim_.database().rows(row->id);
    const Commit wanted = draw_commit(row, rows, rng);
    const Committed outcome = commit(some->first, some->second, wanted);
    tally_.hostile_done += outcome == Committed::done ? 1 : 0;
    tally_.hostile_fenced += outcome == Committed::fenced ? 1 : 0;
    tally_.hostile_stale += outcome == Committed::stale ? 1 : 0;
}

Committed Driver::commit(int owner, const control::Claim& claim, const Commit& commit) {
    const Commit theirs = in_ids_of_store(claim, commit);
    const Committed ours = sim_.commit(owner, claim, commit);
    compare("commit", text(ours), text(store_.commit(owner, claim, theirs)));
    outcome_ += " " + describe(commit);
    return ours;
}

std::optional<std::pair<int, control::Claim>> Driver::some_claim(const Operation& operation,
                                                                 sim::Rng& rng) {
    const auto& all = claims_[operation.release];
    if (all.empty()) return std::nullopt;
    return rng.chance(0.7) ? all.back() : rng.pick(all);
}

const test::ReleaseRow* Driver::find(std::int64_t id) const {
    const auto& all = sim_.database().releases();
    const auto found = all.find(ReleaseId{id});
    return found == all.end() ? nullptr : &found->second;
}

bool Driver::has_row(std::int64_t id, std::int64_t node) const {
    if (find(id) == nullptr) return false;
    const auto& rows = sim_.database().rows(ReleaseId{id});
    return std::any_of(rows.begin(), rows.end(),
                       [&](const test::TaskRow& row) { return row.node.value == node; });
}

void Driver::compare(const std::string& what, const Picture& sim, const Picture& store) {
    const std::string found = differences(sim, store);
    if (!found.empty()) found_ += "  " + what + " differ:\n" + found;
}

void Driver::compare(const std::string& what, const std::string& sim, const std::string& store) {
    outcome_ += (outcome_.empty() ? "" : "; ") + what + ": " + sim;
    if (sim == store) return;
    found_ += "  " + what + ": simulator " + sim + ", store " + store + "\n";
}

}  // namespace edgeroll::differential
