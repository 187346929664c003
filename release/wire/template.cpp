#include "release/wire/template.hpp"

#include <algorithm>
#include <optional>

#include "release/text/utf8.hpp"
#include "release/wire/invalid.hpp"

namespace edgeroll::release::wire {
namespace {

/// A small template may contain a long label very often: the result has its own limit.
constexpr std::size_t rendered_bytes_max = 32U << 20;

std::optional<std::string_view> value_of(std::string_view expression, const std::string& name,
                                         const std::string& ip, const Labels& labels) {
    constexpr std::string_view label_prefix = "label.";
    if (expression == "node.name" && !name.empty()) return name;
    if (expression == "node.ip" && !ip.empty()) return ip;
    if (expression.substr(0, label_prefix.size()) != label_prefix) return std::nullopt;
    expression.remove_prefix(label_prefix.size());
    const auto found = std::lower_bound(
        labels.begin(), labels.end(), expression,
        [](const auto& label, std::string_view wanted) { return label.first < wanted; });
    if (found == labels.end() || found->first != expression) return std::nullopt;
    return found->second;
}

}  // namespace

Result<std::string> render_template(const std::string& text, const std::string& name,
                                    const std::string& ip, const Labels& labels) {
    std::string rendered;
    rendered.reserve(text.size());
    std::string_view rest = text;
    while (true) {
        const auto start = rest.find("${");
        if (start == std::string_view::npos) break;
        if (start > 0 && rest[start - 1] == '$') {
            rendered += rest.substr(0, start - 1);
            rendered += "${";
            rest.remove_prefix(start + 2);
            continue;
        }
        rendered += rest.substr(0, start);
        rest.remove_prefix(start + 2);
        const auto end = rest.find_first_of("}\n");
        if (end == std::string_view::npos || rest[end] == '\n') {
            return invalid("template: '${" + cut_utf8(rest.substr(0, end), 64) +
                           "' has no closing brace");
        }
        const std::string_view expression = rest.substr(0, end);
        const auto value = value_of(expression, name, ip, labels);
        if (!value) {
            return invalid("template: '${" + cut_utf8(expression, 64) +
                           "}' is unknown here (${node.name}, ${node.ip} and the node's labels as "
                           "${label.NAME} are known; write $${ for a literal ${)");
        }
        rendered += *value;
        if (rendered.size() > rendered_bytes_max) {
            return invalid("template: the rendered file is larger than 32 MiB");
        }
        rest.remove_prefix(end + 1);
    }
    rendered += rest;
    return rendered;
}

}  // namespace edgeroll::release::wire
