#include "control/cli/steps.hpp"

#include <string_view>
#include <vector>

#include "control/api/names/field_names.hpp"
#include "control/cli/table.hpp"
#include "control/cli/views.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;

constexpr std::size_t first_max = 2, last_max = 5;
constexpr std::size_t name_width = 16;

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    while (!lines.empty() && lines.back().empty())
        lines.pop_back();
    return lines;
}

/// The first and the last lines: errors are at either end.
std::string output_text(const std::string& output) {
    const auto lines = lines_of(output);
    const std::size_t shown = first_max + last_max;
    // "1 lines between" would be as long as the line it hides.
    const std::size_t hidden = lines.size() > shown + 1 ? lines.size() - shown : 0;
    std::string text;
    for (std::size_t at = 0; at < lines.size(); ++at) {
        if (hidden > 0 && at == first_max) {
            text += "      ... " + std::to_string(hidden) + " lines between\n";
            at += hidden;
        }
        text += "      " + printable(lines[at]) + "\n";
    }
    return text;
}

std::string step_text(const Json& step, Moment now) {
    std::string text = "  " +
                       padded(printable(text_of(step, field::name)), name_width, Align::left) +
                       "  " + printable(text_of(step, field::status));
    const bool has_exit = step.is_object() && step.contains(field::exit_code) &&
                          step[field::exit_code].is_number_integer();
    if (has_exit) text += ", exit " + std::to_string(integer_of(step, field::exit_code));
    const std::string took =
        took_text(text_of(step, field::started_at), text_of(step, field::finished_at), now);
    if (!took.empty()) text += ", " + took;
    text += "\n";
    text += output_text(text_of(step, field::output));
    return text;
}

std::string node_text(const Json& node, std::int64_t batch, Moment now) {
    std::string text = printable(node_name_of(node)) + " (" + batch_label(batch) +
                       "): " + printable(text_of(node, field::status));
    if (const std::string kind = text_of(node, field::failure_kind); !kind.empty()) {
        text += " (" + printable(kind) + ")";
    }
    text += "\n";
    const Json steps = list_of(node, field::steps);
    if (steps.empty()) text += "  no steps are known\n";
    for (const Json& step : steps)
        text += step_text(step, now);
    return text;
}

}  // namespace

std::string render_steps(const Json& release, Moment now) {
    std::string text;
    for (const Json& batch : list_of(release, field::batches)) {
        for (const Json& node : list_of(batch, field::nodes))
            text += node_text(node, integer_of(batch, field::batch), now);
    }
    return text.empty() ? "no nodes\n" : text;
}

}  // namespace edgeroll::cli
