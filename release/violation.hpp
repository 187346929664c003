// A broken invariant, and the commit that pauses its release.
#pragma once

#include <string>

#include "release/commit.hpp"

namespace edgeroll::release {

/// A broken invariant of docs/contract.md section 8.
struct Violation {
    std::string invariant;  ///< "I1" ... "I10"; "step": a step that contradicts itself
    std::string detail;
};

/// The commit that replaces a commit that breaks an invariant: it only pauses the release with the
/// hold `violation`. It expects of the row what `refused` expected.
[[nodiscard]] Commit violation_pause(const Violation& violation, const Commit& refused);

}  // namespace edgeroll::release
