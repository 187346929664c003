// What has looked at a content on a node, beside control (docs/contract.md 5.3, 6.1).
#pragma once

#include <optional>
#include <string_view>

#include "release/states.hpp"

namespace edgeroll::release {

/// Words of a list with commas between them. An empty list: nobody has looked.
namespace looks {
inline constexpr std::string_view check = "check";            ///< AGENT_CHECK_CMD
inline constexpr std::string_view verify_cmd = "verify_cmd";  ///< AGENT_VERIFY_CMD
inline constexpr std::string_view verify_url = "verify_url";  ///< AGENT_VERIFY_URL
/// Instead of a list: the agent does not say.
inline constexpr std::string_view unknown = "unknown";
}  // namespace looks

/// What a node must show for its success to prove the content of a release (invariant I11).
enum class MinEvidence { any, check, verify };
[[nodiscard]] std::string_view to_text(MinEvidence wanted);
template <>
std::optional<MinEvidence> from_text<MinEvidence>(std::string_view text);

/// @param words of one node
[[nodiscard]] bool is_enough(std::string_view words, MinEvidence wanted);

}  // namespace edgeroll::release
