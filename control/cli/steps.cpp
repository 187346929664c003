#include "control/cli/steps.hpp"

#include <string_view>
#include <vector>

#include "control/cli/table.hpp"
#include "control/cli/views.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;

constexpr std::size_t lines_max = 5;
constexpr std::size_t name_width = 16;

/// The last lines, without empty ones at the end; `hidden` says how many stand before them.
std::vector<std::string_view> last_lines(std::string_view text, std::size_t& hidden) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    while (!lines.empty() && lines.back().empty())
        lines.pop_back();
    hidden = lines.size() > lines_max ? lines.size() - lines_max : 0;
    lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(hidden));
    return lines;
}

std::string step_text(const Json& step, Moment now) {
    std::string text = "  " + padded(printable(text_of(step, "name")), name_width, Align::left) +
                       "  " + printable(text_of(step, "status"));
    const bool has_exit =
        step.is_object() && step.contains("exitCode") && step["exitCode"].is_number_integer();
    if (has_exit) text += ", exit " + std::to_string(integer_of(step, "exitCode"));
    const std::string took =
        took_text(text_of(step, "startedAt"), text_of(step, "finishedAt"), now);
    if (!took.empty()) text += ", " + took;
    text += "\n";
    const std::string output = text_of(step, "output");
    std::size_t hidden = 0;
    const auto lines = last_lines(output, hidden);
    if (hidden > 0) text += "      ... " + std::to_string(hidden) + " lines before\n";
    for (const std::string_view line : lines)
        text += "      " + printable(line) + "\n";
    return text;
}

std::string node_text(const Json& node, std::int64_t batch, Moment now) {
    std::string text = printable(node_name_of(node)) + " (batch " + std::to_string(batch) +
                       "): " + printable(text_of(node, "status"));
    if (const std::string kind = text_of(node, "failureKind"); !kind.empty()) {
        text += " (" + printable(kind) + ")";
    }
    text += "\n";
    const Json steps = list_of(node, "steps");
    if (steps.empty()) text += "  no steps are known\n";
    for (const Json& step : steps)
        text += step_text(step, now);
    return text;
}

}  // namespace

std::string render_steps(const Json& release, Moment now) {
    std::string text;
    for (const Json& batch : list_of(release, "batches")) {
        for (const Json& node : list_of(batch, "nodes"))
            text += node_text(node, integer_of(batch, "batch"), now);
    }
    return text.empty() ? "no nodes\n" : text;
}

}  // namespace edgeroll::cli
