// The actions an operator can take on a release now. Pure.
#pragma once

#include <string>
#include <vector>

#include "control/cli/commands.hpp"
#include "control/cli/views.hpp"

namespace edgeroll::cli {

struct Advice {
    std::string command;  ///< "edgeroll release continue 7"
    std::string effect;   ///< "starts batch 3"
};

/// The commands that fit the release's state, the most likely first.
[[nodiscard]] std::vector<Advice> next_steps(const ReleaseLine& release);

/// Whether control would accept this stop, retry or rollback now: a quick check before the operator
/// is asked; control decides.
[[nodiscard]] bool fits(const ReleaseLine& release, Steering action);

/// The question before stop and retry: the release's state and what will happen. Printable, without
/// the "[y/N]". Pause and continue need no question; rollback asks with control's plan
/// (control/cli/rollback.hpp).
[[nodiscard]] std::string question(const ReleaseLine& release, const ReleaseSteer& action);

/// "release 7 (version 42): batch 2/5 running, 12 of 50 nodes done"; printable.
[[nodiscard]] std::string standing(const ReleaseLine& release);

/// Why the release pauses between batches, in words: "baking", "waits for an operator's go"; empty
/// when it does not. Printable.
[[nodiscard]] std::string hold_text(const ReleaseLine& release);

/// "pause", "continue", ...
[[nodiscard]] inline std::string word_of(Steering action) {
    return std::string(to_text(action));
}

/// "edge-1, edge-2, edge-3 and 7 more"
[[nodiscard]] std::string some_of(const std::vector<std::string>& names, std::size_t most);

}  // namespace edgeroll::cli
