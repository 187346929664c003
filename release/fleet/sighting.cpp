#include "release/fleet/sighting.hpp"

#include "release/mutant.hpp"

namespace edgeroll::release {

bool takes_mark(const WatchedNode& row, Sighting::Mark mark) {
    switch (mark) {
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
    return sighting.applied_version == row.applied_version &&
           sighting.applied_sha256 == row.applied_sha256;
}

}  // namespace edgeroll::release
