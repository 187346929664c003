// Shares a limited number of places, for requests to agents, among releases. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "release/ids.hpp"

namespace edgeroll::control {

/// Keeps one release or one unreachable region from delaying the others (docs/adr/0016):
/// - requests to nodes that are not known to answer (`is_proven` false) get at most half of all
///   places;
/// - a release gets another place only while it has at most `share_of_all` times as many as would
///   then be left, and of the half above at most `share_of_unproven` times. So a later release
///   finds places at once, however long earlier ones keep theirs. A release's first place is
///   granted whenever one is free;
/// - among the releases that may have a place, the one with the fewest goes first, then the one
///   that asked first.
class Shares {
  public:
    using Ticket = std::uint64_t;
    static constexpr int share_of_all = 7;
    static constexpr int share_of_unproven = 2;

    /// @param places > 0
    explicit Shares(int places);

    /// Asks for a place; a later next() grants it.
    Ticket ask(release::ReleaseId release, bool is_proven);
    /// Grants one request; nothing while none may be granted. Call after every ask() and
    /// give_back() until it returns nothing. O(releases).
    std::optional<Ticket> next();
    /// Frees a place that was granted with these arguments.
    void give_back(release::ReleaseId release, bool is_proven);

    [[nodiscard]] int used() const { return used_; }
    [[nodiscard]] int unproven() const { return unproven_; }
    /// Of one release.
    [[nodiscard]] int used_by(release::ReleaseId release) const;

  private:
    struct Party {
        int used = 0, unproven = 0;
        std::deque<Ticket> waits_proven, waits_unproven;
    };

    [[nodiscard]] bool may_have(const Party& party, bool is_proven) const;

    int places_;
    int unproven_max_;
    int used_ = 0, unproven_ = 0;
    Ticket last_ticket_ = 0;
    std::map<release::ReleaseId, Party> parties_;  ///< those with a place or a request
};

}  // namespace edgeroll::control
