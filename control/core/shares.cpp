#include "control/core/shares.hpp"

#include <algorithm>

namespace edgeroll::control {
namespace {

bool leaves_room(int mine, int left, int share) {
    return mine == 0 ? left > 0 : mine + 1 <= share * (left - 1);
}

}  // namespace

Shares::Shares(int places) : places_(places), unproven_max_(std::max(places / 2, 1)) {}

Shares::Ticket Shares::ask(release::ReleaseId release, bool is_proven) {
    Party& party = parties_[release];
    (is_proven ? party.waits_proven : party.waits_unproven).push_back(++last_ticket_);
    return last_ticket_;
}

bool Shares::may_have(const Party& party, bool is_proven) const {
    if (!leaves_room(party.used, places_ - used_, share_of_all)) return false;
    return is_proven || leaves_room(party.unproven, unproven_max_ - unproven_, share_of_unproven);
}

std::optional<Shares::Ticket> Shares::next() {
    Party* best = nullptr;
    bool is_best_proven = false;
    Ticket best_ticket = 0;
    const auto consider = [&](Party& party, bool is_proven) {
        const auto& waits = is_proven ? party.waits_proven : party.waits_unproven;
        if (waits.empty() || !may_have(party, is_proven)) return;
        const bool is_better = best == nullptr || party.used < best->used ||
                               (party.used == best->used && waits.front() < best_ticket);
        if (!is_better) return;
        best = &party;
        is_best_proven = is_proven;
        best_ticket = waits.front();
    };
    for (auto& [release, party] : parties_) {
        consider(party, true);
        consider(party, false);
    }
    if (best == nullptr) return std::nullopt;
    (is_best_proven ? best->waits_proven : best->waits_unproven).pop_front();
    ++best->used;
    ++used_;
    if (!is_best_proven) {
        ++best->unproven;
        ++unproven_;
    }
    return best_ticket;
}

void Shares::give_back(release::ReleaseId release, bool is_proven) {
    const auto found = parties_.find(release);
    if (found == parties_.end()) return;
    Party& party = found->second;
    --party.used;
    --used_;
    if (!is_proven) {
        --party.unproven;
        --unproven_;
    }
    const bool is_gone =
        party.used == 0 && party.waits_proven.empty() && party.waits_unproven.empty();
    if (is_gone) parties_.erase(found);
}

int Shares::used_by(release::ReleaseId release) const {
    const auto found = parties_.find(release);
    return found == parties_.end() ? 0 : found->second.used;
}

}  // namespace edgeroll::control
