// A broken invariant, and what becomes of the release in which it was found.
#pragma once

#include <string>

#include "release/commit.hpp"

namespace edgeroll::release {

/// A broken invariant of docs/contract.md section 8.
struct Violation {
    std::string invariant;  ///< "I1" ... "I10"; "step": a step that contradicts itself
    std::string detail;
};

/// What is written in the place of a commit that breaks an invariant: the release is paused with
/// the hold `violation`, and nothing else is done. It expects of the row what `refused` expected.
[[nodiscard]] Commit violation_pause(const Violation& violation, const Commit& refused);

}  // namespace edgeroll::release
