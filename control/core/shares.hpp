// Who gets the next of a bounded number of places: requests to agents, shared among releases. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "release/ids.hpp"

namespace edgeroll::control {

/// So that neither one release nor one dark region keeps the others waiting (docs/adr/0016):
/// - requests to nodes that are not known to answer (`is_proven` false) have at most half of all
///   places;
/// - a release takes a further place only while it has no more than `share_of_all` times those that
///   are left then, and of the half above no more than `share_of_unproven` times. So whoever comes
///   later finds room at once, however long those before keep what they have. Its first place it
///   gets whenever there is any;
/// - of those that may, the release with the fewest places goes first, then who asked first.
class Shares {
  public:
    using Ticket = std::uint64_t;
    static constexpr int share_of_all = 7;
    static constexpr int share_of_unproven = 2;

    /// @param places > 0
    explicit Shares(int places);

    /// Asks for a place: it is given by a later next().
    Ticket ask(release::ReleaseId release, bool is_proven);
    /// Gives one to somebody who asked; nothing while nobody may have one. Call it after every
    /// ask() and give_back() until it has nothing. O(releases).
    std::optional<Ticket> next();
    /// A place that was given on these terms is free again.
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
    std::map<release::ReleaseId, Party> parties_;  ///< those with a place or waiting for one
};

}  // namespace edgeroll::control
