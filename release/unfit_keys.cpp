#include "release/unfit_keys.hpp"

#include <algorithm>

namespace edgeroll::release {
namespace {

std::optional<std::string> unfit_evidence(const Policy& policy, int batches, bool has_content) {
    if (policy.min_evidence == MinEvidence::any) return std::nullopt;
    if (!has_content) return "min_evidence is for releases of a content: leave it out";
    if (batches <= 1) return "min_evidence is for the batches after the first: leave it out";
    return std::nullopt;
}

// Why no look would ask this gate: those between batches ask it from from_batch on, the final look
// asks it unless it needs nodes whose turn is to come.
std::optional<std::string> never_asked(const Gate& gate, const Policy& policy, int batches) {
    const bool is_between = gate.from_batch < batches;
    const bool is_final = policy.has_final_look && !gate.needs_peers();
    if (is_between || is_final) return std::nullopt;
    std::string text = called(gate) + " would never be asked: ";
    if (gate.needs_peers()) {
        text += "{{peers_re}} names nodes of later batches, and there is none after batch " +
                std::to_string(gate.from_batch);
    } else {
        text += "from_batch is " + std::to_string(gate.from_batch) + ", final_gate is false, and " +
                (batches == 1 ? "there is one batch"
                              : "there are " + std::to_string(batches) + " batches");
    }
    return text;
}

}  // namespace

bool looks_at_the_end(const Policy& policy) {
    return policy.has_final_look &&
           (policy.bake > Millis{0} ||
            std::any_of(policy.gates.begin(), policy.gates.end(),
                        [](const Gate& gate) { return !gate.needs_peers(); }));
}

std::optional<std::string> unfit_look(const Policy& policy, int batches) {
    if (policy.has_look() && !policy.has_final_look && batches <= 1) {
        return "bake_sec or a gate with final_gate: false, and there is nothing after the only "
               "batch";
    }
    for (const Gate& gate : policy.gates) {
        if (auto why = never_asked(gate, policy, batches)) return why;
    }
    if (policy.has_look() && policy.has_final_look && !looks_at_the_end(policy)) {
        return "nothing would be looked at after the last batch, where {{peers_re}} names nobody: "
               "add bake_sec, another gate, or final_gate: false";
    }
    return std::nullopt;
}

std::optional<std::string> unfit_keys(const Policy& policy, int batches, bool has_content) {
    if (auto why = unfit_look(policy, batches)) return why;
    return unfit_evidence(policy, batches, has_content);
}

}  // namespace edgeroll::release
