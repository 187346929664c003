#include "control/cli/release_changes.hpp"

#include <map>
#include <utility>

#include "control/cli/render.hpp"
#include "control/cli/text.hpp"

namespace edgeroll::cli {
namespace {

std::map<std::int64_t, const NodeLine*> by_id(const ReleaseLine& release) {
    std::map<std::int64_t, const NodeLine*> nodes;
    for (const BatchLine& batch : release.batches) {
        for (const NodeLine& node : batch.nodes)
            nodes[node.id] = &node;
    }
    return nodes;
}

std::string node_line(int batch, const NodeLine& node, Moment now) {
    std::string text =
        "node " + printable(node.name) + " (" + batch_label(batch) + "): " + node_outcome(node);
    if (node.attempt > 1) text += ", attempt " + std::to_string(node.attempt);
    if (!node.finished_at.empty() && !node.started_at.empty()) {
        text += ", after " + took_text(node.started_at, node.finished_at, now);
    }
    return text;
}

void add_first_look(std::vector<std::string>& lines, const ReleaseLine& release) {
    const Tally nodes = tally(release);
    std::string text = "release " + std::to_string(release.id) + " version " +
                       std::to_string(release.version) + ": " + release.status + ", " +
                       std::to_string(nodes.finished()) + " of " + std::to_string(nodes.total) +
                       " nodes done";
    if (const std::string position = position_text(release); !position.empty()) {
        text += ", " + position;
    }
    text += joined_remark(release);
    lines.push_back(printable(text));
}

void add_release(std::vector<std::string>& lines, const ReleaseLine& before,
                 const ReleaseLine& after) {
    if (before.status == after.status || is_finished(after)) return;
    lines.push_back("release " + std::to_string(after.id) + ": " + printable(after.status));
}

/// A limit or a stop skips hundreds of nodes for one reason: they share a line.
void add_skipped(std::vector<std::string>& lines,
                 const std::map<std::string, std::vector<std::string>>& names_by_reason) {
    constexpr std::size_t names_max = 5;
    for (const auto& [reason, names] : names_by_reason) {
        std::string text = names.size() == 1 ? "node " : "nodes ";
        for (std::size_t at = 0; at < names.size() && at < names_max; ++at) {
            text += (at == 0 ? "" : ", ") + names[at];
        }
        if (names.size() > names_max) {
            text += " and " + std::to_string(names.size() - names_max) + " more";
        }
        lines.push_back(printable(text + ": skipped: " + reason));
    }
}

/// Reports what blocks a running node when it begins, changes and ends; of a whole unreachable
/// region a few nodes are enough.
class Troubles {
  public:
    /// @param before the error reported last, if any
    void add(int batch, const NodeLine& node, const std::string& before, Moment now) {
        if (node.status != "running" || node.error == before) return;
        if (++count_ > named_max) return;
        NodeLine told = node;
        if (told.error.empty()) told.error = "answers again";
        lines_.push_back(node_line(batch, told, now));
    }
    void tell(std::vector<std::string>& lines) {
        for (std::string& line : lines_)
            lines.push_back(std::move(line));
        if (count_ > named_max) {
            lines.push_back("and " + std::to_string(count_ - named_max) +
                            " more running nodes: edgeroll release show has their errors");
        }
    }

  private:
    static constexpr std::size_t named_max = 10;
    std::vector<std::string> lines_;
    std::size_t count_ = 0;
};

/// Node by node. The opening of a batch is reported before its own nodes and after those of earlier
/// batches, the order in which it happened.
void add_batches(std::vector<std::string>& lines, const std::optional<ReleaseLine>& before,
                 const ReleaseLine& after, Moment now) {
    const auto old = before ? by_id(*before) : std::map<std::int64_t, const NodeLine*>();
    std::map<std::string, std::vector<std::string>> skipped;
    Troubles troubles;
    int ordinal = 0;
    for (const BatchLine& batch : after.batches) {
        if (batch.number > 0) ++ordinal;
        const bool is_opened = before && batch.number > started_number(*before) &&
                               batch.number <= started_number(after);
        if (is_opened) {
            lines.push_back("batch " + std::to_string(ordinal) + " of " +
                            std::to_string(after.total_batches) + " started");
        }
        for (const NodeLine& node : batch.nodes) {
            const auto was = old.find(node.id);
            const bool is_known = was != old.end();
            const bool is_changed = is_known && (was->second->status != node.status ||
                                                 was->second->attempt != node.attempt);
            const bool is_news = !is_known && node.status == "failed";
            if (!is_changed) {
                troubles.add(batch.number, node, is_known ? was->second->error : "", now);
            }
            if (!is_changed && !is_news) continue;
            if (node.status == "skipped") {
                skipped[node.error].push_back(node.name);
            } else {
                lines.push_back(node_line(batch.number, node, now));
            }
        }
    }
    troubles.tell(lines);
    add_skipped(lines, skipped);
}

}  // namespace

std::vector<std::string> release_changes(const std::optional<ReleaseLine>& before,
                                         const ReleaseLine& after, Moment now) {
    std::vector<std::string> lines;
    if (before) {
        add_release(lines, *before, after);
    } else {
        add_first_look(lines, after);
    }
    add_batches(lines, before, after, now);
    // While nodes run their own lines are enough, and `until` changes every time.
    const bool is_news = !before || before->waiting.reason != after.waiting.reason ||
                         before->waiting.nodes != after.waiting.nodes || before->hold != after.hold;
    const bool explains_itself = tally_all(after).running > 0 || is_finished(after);
    if (is_news && !explains_itself) {
        for (std::string& line : hold_lines(after, now))
            lines.push_back(std::move(line));
    }
    const bool has_new_error = !before || before->last_error != after.last_error;
    if (has_new_error && !after.last_error.empty() && !is_finished(after)) {
        lines.push_back("last error: " + printable(after.last_error));
    }
    if (is_finished(after)) lines.push_back(conclusion(after));
    return lines;
}

}  // namespace edgeroll::cli
