#include "release/fleet/drift.hpp"

#include "release/words.hpp"

namespace edgeroll::release {
namespace {

constexpr Words<DriftKind> kinds{none_is_empty,
                                 {{DriftKind::none, ""},
                                  {DriftKind::behind, "behind"},
                                  {DriftKind::changed_on_disk, "changed_on_disk"},
                                  {DriftKind::empty, "empty"},
                                  {DriftKind::unknown, "unknown"},
                                  {DriftKind::stale_labels, "stale_labels"}}};

DriftKind by_what_was_applied(const std::string& wanted, const std::string& applied) {
    if (applied == wanted) return DriftKind::none;
    return applied.empty() ? DriftKind::unknown : DriftKind::behind;
}

bool has_stale_facts(const Held& held) {
    // Without a digest on either side there is nothing to compare.
    return !held.facts_sha256.empty() && !held.observed.facts_sha256.empty() &&
           held.facts_sha256 != held.observed.facts_sha256;
}

}  // namespace

std::string_view to_text(DriftKind kind) {
    return kinds.text(kind);
}

template <>
std::optional<DriftKind> from_text<DriftKind>(std::string_view text) {
    return kinds.value(text);
}

DriftKind drift_of(const std::string& wanted_sha256, const Held& held) {
    const Observation& seen = held.observed;
    switch (seen.content) {
        case ObservedContent::none:
            return by_what_was_applied(wanted_sha256, held.applied_sha256);
        case ObservedContent::empty:
            return DriftKind::empty;
        case ObservedContent::believed:
            // An agent that can look could not: an unreadable file, or files of an older agent.
            if (!seen.capabilities.empty() && !seen.remark.empty()) return DriftKind::unknown;
            // Older agents compute the digest by an older rule, so versions are compared first.
            if (seen.version == held.applied_version) {
                return by_what_was_applied(wanted_sha256, held.applied_sha256);
            }
            return by_what_was_applied(wanted_sha256, seen.sha256);
        case ObservedContent::whole:
            if (seen.sha256 != wanted_sha256) return DriftKind::behind;
            return has_stale_facts(held) ? DriftKind::stale_labels : DriftKind::none;
        case ObservedContent::changed:
            break;
    }
    return held.applied_sha256 == wanted_sha256 ? DriftKind::changed_on_disk : DriftKind::behind;
}

}  // namespace edgeroll::release
