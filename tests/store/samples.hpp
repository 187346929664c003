// Sample rows for several store tests.
#pragma once

namespace edgeroll::control::testing {

inline constexpr const char* payload_text = R"({"files":[{"path":"a.conf","content":"one\n"}]})";

inline constexpr const char* long_ago = "2020-01-01 00:00:00";
inline constexpr const char* far_ahead = "2037-01-01 00:00:00";

}  // namespace edgeroll::control::testing
