// The refusal of a message from outside.
#pragma once

#include <string>
#include <utility>

#include "release/result.hpp"

namespace edgeroll::release::wire {

/// Code 2002: a retry gets the same answer. @param message for the sender
[[nodiscard]] inline tl::unexpected<Error> invalid(std::string message) {
    return fail(std::move(message), Outcome::permanent, code::invalid);
}

/// The same for a version's payload: "payload: files is missing".
[[nodiscard]] inline tl::unexpected<Error> invalid_payload(const std::string& message) {
    return invalid("payload: " + message);
}

}  // namespace edgeroll::release::wire
