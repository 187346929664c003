// A stored payload for people, as text that is ready to be put into an answer.
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
    /// JSON: without_secrets(); what is no JSON is a JSON string. Empty unless it was asked for.
    std::string payload{};
};

/// Reads the text once or twice: some 10 ms for 1 MiB, so not for the loop thread.
/// @param text what config_versions holds, also what a pipeline has put there
[[nodiscard]] ShownPayload shown_payload(std::string_view text, PayloadPart part);

}  // namespace edgeroll::control
