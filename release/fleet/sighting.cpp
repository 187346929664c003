#include "release/fleet/sighting.hpp"

#include "release/mutant.hpp"

namespace edgeroll::release {

bool is_same_place(const Address& one, const Address& other) {
    return one.ip == other.ip && one.port == other.port && one.fingerprint == other.fingerprint;
}

bool takes_mark(const WatchedNode& row, const Sighting& sighting) {
    const bool is_of_others = sighting.mark == Sighting::Mark::clear;
    if (!is_of_others && !is_same_place(row.address, sighting.address)) return false;
    switch (sighting.mark) {
        case Sighting::Mark::none:
            break;
        case Sighting::Mark::offline:
            return row.is_online || has_mutant(Mutant::marks_maintenance);
        case Sighting::Mark::online:
            return row.is_marked;
        case Sighting::Mark::clear:
            return row.has_old_mark;
    }
    return false;
}

bool takes_observation(const WatchedNode& row, const Sighting& sighting) {
    if (!sighting.observed || *sighting.observed == row.observed) return false;
    return is_same_place(row.address, sighting.address) &&
           sighting.applied_version == row.applied_version &&
           sighting.applied_sha256 == row.applied_sha256;
}

}  // namespace edgeroll::release
