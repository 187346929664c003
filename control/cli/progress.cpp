#include "control/cli/progress.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "control/cli/advice.hpp"
#include "control/cli/render.hpp"
#include "control/cli/text.hpp"

namespace edgeroll::cli {
namespace {

struct Part {
    char mark;
    int count;
    std::size_t columns = 0;
};

/// Distributes columns in proportion, at least one for each part that exists; the largest part
/// yields.
void share(std::array<Part, 5>& parts, int total, std::size_t columns) {
    std::size_t used = 0;
    for (Part& part : parts) {
        if (part.count == 0) continue;
        const std::size_t exact =
            columns * static_cast<std::size_t>(part.count) / static_cast<std::size_t>(total);
        part.columns = std::max<std::size_t>(exact, 1);
        used += part.columns;
    }
    const auto largest = [&] {
        return std::max_element(parts.begin(), parts.end(),
                                [](const Part& a, const Part& b) { return a.columns < b.columns; });
    };
    for (; used > columns; --used)
        --largest()->columns;
    // The remainder goes to the largest part, which always has more than one column.
    if (used < columns) largest()->columns += columns - used;
}

std::string percent(const Tally& tally) {
    const int share = tally.total == 0 ? 100 : tally.finished() * 100 / tally.total;
    return padded(std::to_string(share), 3, Align::right) + " %";
}

/// The first batch to show when not all fit: the most recently started one, then those after it.
std::size_t first_shown(const ReleaseLine& release, std::size_t room) {
    const std::size_t count = release.batches.size();
    if (count <= room) return 0;
    std::size_t current = 0;
    while (current + 1 < count && release.batches[current].number < started_number(release)) {
        ++current;
    }
    return std::min(current > 0 ? current - 1 : 0, count - room);
}

std::string batch_line(const BatchLine& batch, std::size_t number_width, std::size_t columns) {
    const Tally nodes = tally(batch);
    const std::string number = batch.number == 0 ? "" : std::to_string(batch.number);
    const std::string left = (batch.number == 0 ? batch_label(0) : "batch ") +
                             padded(number, number_width, Align::right) + "  ";
    const std::string counts = padded(
        std::to_string(nodes.finished()) + "/" + std::to_string(nodes.total), 9, Align::right);
    std::string right = "  " + counts + "  " + percent(nodes);
    if (const std::string others = remarks(nodes); !others.empty()) right += "  " + others;
    constexpr std::size_t bar_least = 12;
    constexpr std::size_t bar_most = 60;
    const std::size_t taken = left.size() + std::max<std::size_t>(right.size(), 40);
    const std::size_t bar = taken + bar_least > columns ? bar_least : columns - taken;
    return left + render_bar(nodes, std::min(bar, bar_most)) + right;
}

std::string head_line(const ReleaseLine& release, Moment now) {
    std::string text = "release " + std::to_string(release.id) + "  version " +
                       std::to_string(release.version) + "  " + release.status;
    if (const std::string position = position_text(release); !position.empty()) {
        text += "  " + position;
    }
    const std::string took = took_text(release.started_at, release.finished_at, now);
    if (!took.empty()) text += "  " + took;
    return printable(text);
}

std::vector<std::string> failures(const ReleaseLine& release) {
    std::vector<std::string> lines;
    for (const BatchLine& batch : release.batches) {
        for (const NodeLine& node : batch.nodes) {
            if (node.status == "failed") {
                lines.push_back("  " + printable(node.name) + " " + node_outcome(node));
            }
        }
    }
    return lines;
}

/// The first `room` lines; the last of them says how many are missing.
void add_cut(std::vector<std::string>& lines, std::vector<std::string> more, std::size_t room) {
    if (more.size() > room) {
        if (room == 0) return;
        const std::size_t hidden = more.size() - (room - 1);
        more.resize(room - 1);
        more.push_back("  and " + std::to_string(hidden) + " more");
    }
    lines.insert(lines.end(), more.begin(), more.end());
}

/// Continues only on an operator's command.
bool needs_operator(const ReleaseLine& release) {
    return release.status == "paused" && release.waiting.until.empty() &&
           release.batch_status != "stopped" && release.requested_action.empty();
}

}  // namespace

std::string render_bar(const Tally& tally, std::size_t width) {
    const std::size_t columns = width - 2;
    std::array<Part, 5> parts{{{'#', tally.success},
                               {'!', tally.failed},
                               {'-', tally.skipped + tally.deferred + tally.cancelled},
                               {'>', tally.running},
                               {'.', tally.pending}}};
    if (tally.total > 0) share(parts, tally.total, columns);
    std::string bar = "[";
    for (const Part& part : parts)
        bar.append(part.columns, part.mark);
    bar.resize(width - 1, ' ');
    return bar + "]";
}

std::vector<std::string> render_progress(const ReleaseLine& release, Moment now, Screen::Size size,
                                         const std::string& notice) {
    std::vector<std::string> lines{head_line(release, now)};
    std::vector<std::string> tail = hold_lines(release, now);
    if (needs_operator(release)) {
        const auto step = next_steps(release).front();
        tail.push_back("next: " + step.command + " (" + step.effect + "), or stop");
    }
    // For a finished release the conclusion shows the error.
    if (!release.last_error.empty() && !is_finished(release))
        tail.push_back("last error: " + printable(release.last_error));
    if (!notice.empty()) tail.push_back(printable(notice));

    const std::size_t fixed = lines.size() + tail.size() + 1;
    const std::size_t room = size.rows > fixed ? size.rows - fixed : 0;
    auto failed = failures(release);
    // Batches may use what failures leave, but never less than half.
    const std::size_t for_failures = std::min(failed.size(), room / 2);
    const std::size_t for_batches = std::min(release.batches.size(), room - for_failures);
    const std::size_t first = first_shown(release, for_batches);
    const std::size_t number_width =
        release.batches.empty() ? 1 : std::to_string(release.batches.back().number).size();
    for (std::size_t at = first; at < first + for_batches; ++at) {
        lines.push_back(batch_line(release.batches[at], number_width, size.columns));
    }
    add_cut(lines, std::move(failed), room - for_batches);
    lines.insert(lines.end(), tail.begin(), tail.end());
    const std::size_t bars = 1 + for_batches;
    for (std::size_t at = 0; at < lines.size(); ++at) {
        // Lines below the bars quote servers and agents: both ends matter.
        lines[at] = at < bars ? cut_to_width(lines[at], size.columns)
                              : cut_middle_to_width(lines[at], size.columns);
    }
    return lines;
}

}  // namespace edgeroll::cli
