// Formats a stored payload for people, as text ready for an answer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace edgeroll::control {

enum class PayloadPart { files, files_and_content };

struct ShownPayload {
    std::size_t bytes = 0;  ///< of the stored text
    /// JSON array: path, mode, length, digest and flags of each file; `null` for no set of files.
    std::string files = "null";
    /// JSON: without_secrets(); a JSON string for text that is not JSON. Empty unless requested.
    std::string payload{};
};

/// Parses the text once or twice: some 10 ms for 1 MiB, so not for the loop thread.
/// @param text as stored in config_versions, possibly by a pipeline
[[nodiscard]] ShownPayload shown_payload(std::string_view text, PayloadPart part);

}  // namespace edgeroll::control
