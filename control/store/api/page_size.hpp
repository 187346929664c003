// Page size of lists.
#pragma once

namespace edgeroll::control {

inline constexpr int page_size_max = 100;  ///< rows

}  // namespace edgeroll::control
