// Placeholders of template files, filled in for one node.
#pragma once

#include <string>
#include <vector>

#include "release/model.hpp"
#include "release/result.hpp"
#include "release/wire/payload.hpp"

namespace edgeroll::release::wire {

/// Fills in `${node.name}`, `${node.ip}`, `${label.NAME}`. `$${` is a literal `${`. The error names
/// the unknown placeholder. @param labels sorted by name
[[nodiscard]] Result<std::string> render_template(const std::string& text, const std::string& name,
                                                  const std::string& ip, const Labels& labels);

/// The names that templates of a content contain, as `node.name`, `label.site`: ascending, each
/// once. Text that render_template refuses is passed over.
[[nodiscard]] std::vector<std::string> names_in_templates(const Payload& payload);

/// Digest of the values of these names for one node; empty without names. Two nodes, or one node at
/// two times, with the same digest get the same files. A name without a value counts as such.
[[nodiscard]] std::string facts_digest(const std::vector<std::string>& names,
                                       const std::string& name, const std::string& ip,
                                       const Labels& labels);

}  // namespace edgeroll::release::wire
