// Random bytes from the system's generator.
#pragma once

#include <cstddef>
#include <string>

namespace edgeroll::release {

/// So many bytes from the system's generator, as lower-case hex. Ends the process when there is no
/// randomness to be had: there is nothing to give out then.
[[nodiscard]] std::string random_hex(std::size_t bytes);

}  // namespace edgeroll::release
