// Random bytes from the system's generator.
#pragma once

#include <cstddef>
#include <string>

namespace edgeroll::release {

/// This many bytes from the system's generator, as lower-case hex. Ends the process if there is no
/// randomness: there is nothing to return then.
[[nodiscard]] std::string random_hex(std::size_t bytes);

}  // namespace edgeroll::release
