#include "release/step/probation.hpp"

#include <algorithm>
#include <string>

#include "release/mutant.hpp"

namespace edgeroll::release {
namespace {

bool has_proven(const NodeState& node, const Policy& policy) {
    // Without an attempt the node had the content already, from whoever gave it.
    return node.row.status == NodeStatus::success && node.row.attempt > 0 &&
           (is_enough(node.row.evidence, policy.min_evidence) ||
            has_mutant(Mutant::opened_without_evidence));
}

std::string seen_there(const NodeRow& row) {
    if (row.evidence.empty()) return "nobody has looked there";
    if (row.evidence == looks::unknown) return "its agent does not say what has looked";
    std::string text = row.evidence;
    for (std::size_t at = 0; (at = text.find(',', at)) != std::string::npos; at += 2)
        text.insert(at + 1, " ");
    return text;
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
    if (release.is_proven || !has_proven(release.nodes[position], release.seen.policy)) return;
    const NodeRow& row = release.nodes[position].row;
    if (is_on_probation(release)) draft.note("probation_ended", {}, row.id);
    release.is_proven = true;
    const MinEvidence wanted = release.seen.policy.min_evidence;
    const std::string rule =
        "a node of this release succeeds" + (wanted == MinEvidence::any
                                                 ? std::string()
                                                 : ", and shows " + std::string(to_text(wanted)));
    draft.prove(Evidence{release.seen.current_batch, evidence::proof, Judgement::pass, true, rule,
                         shown_name(row) + ": " + seen_there(row)});
}

void find_proof(Release& release) {
    const auto members = release.nodes.begin() + static_cast<std::ptrdiff_t>(release.members);
    release.is_proven = release.seen.is_proven ||
                        std::any_of(release.nodes.begin(), members, [&](const NodeState& node) {
                            return has_proven(node, release.seen.policy);
                        });
}

}  // namespace edgeroll::release
