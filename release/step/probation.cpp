#include "release/step/probation.hpp"

#include <algorithm>
#include <string>

#include "release/mutant.hpp"

namespace edgeroll::release {
namespace {

bool has_proven(const NodeState& node) {
    // Without an attempt the node had the content already, from whoever gave it.
    return node.row.status == NodeStatus::success && node.row.attempt > 0;
}

std::string shown_name(const NodeRow& row) {
    return row.address.name.empty() ? "node " + std::to_string(row.id.value) : row.address.name;
}

}  // namespace

bool is_on_probation(const Release& release) {
    return release.seen.current_batch > 1 && !release.is_proven && !release.seen.rolls_back &&
           !has_mutant(Mutant::probation_skipped);
}

bool is_held_by_probation(const Release& release) {
    return is_on_probation(release) && release.counts.running > 0;
}

void note_success(Draft& draft, std::size_t position) {
    Release& release = draft.release;
    if (release.is_proven || !has_proven(release.nodes[position])) return;
    const NodeRow& row = release.nodes[position].row;
    if (is_on_probation(release)) draft.note("probation_ended", {}, row.id);
    release.is_proven = true;
    draft.prove(Evidence{release.seen.current_batch, evidence::proof, Judgement::pass, true,
                         "a node of this release succeeds", shown_name(row)});
}

void find_proof(Release& release) {
    const auto members = release.nodes.begin() + static_cast<std::ptrdiff_t>(release.members);
    release.is_proven =
        release.seen.is_proven || std::any_of(release.nodes.begin(), members, has_proven);
}

}  // namespace edgeroll::release
