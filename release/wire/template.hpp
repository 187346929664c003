// Placeholders of template files, filled in for one node.
#pragma once

#include <string>

#include "release/model.hpp"
#include "release/result.hpp"

namespace edgeroll::release::wire {

/// Fills in `${node.name}`, `${node.ip}`, `${label.NAME}`. `$${` is a literal `${`. The error names
/// the unknown placeholder. @param labels sorted by name
[[nodiscard]] Result<std::string> render_template(const std::string& text, const std::string& name,
                                                  const std::string& ip, const Labels& labels);

}  // namespace edgeroll::release::wire
