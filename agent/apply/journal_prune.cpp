#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/apply/journal_codec.hpp"

namespace edgeroll::agent::apply {

using release::Version;

namespace {

constexpr std::size_t talkative_tasks = 20;
constexpr std::size_t short_outputs_bytes_max = 32U << 10;
/// Larger than the number of steps in a task: each step keeps at least bytes_max / shares.
constexpr std::size_t shares = 64;

/// The start of an output is as telling as its end.
std::string both_ends(const std::string& text, std::size_t bytes_max) {
    const auto mark_for = [](std::size_t bytes) {
        return "\n... (" + std::to_string(bytes) + " bytes left out) ...\n";
    };
    const std::size_t mark = mark_for(text.size()).size();
    if (bytes_max <= 2 * mark) return text.substr(text.size() - bytes_max);
    const std::size_t head = (bytes_max - mark) / 4;
    const std::size_t tail = bytes_max - mark - head;
    return text.substr(0, head) + mark_for(text.size() - head - tail) +
           text.substr(text.size() - tail);
}

}  // namespace

void limit_outputs(Details& details, std::size_t bytes_max) {
    std::size_t left = bytes_max;
    for (auto step = details.steps.rbegin(); step != details.steps.rend(); ++step) {
        std::string& output = step->output;
        const std::size_t allowed = std::max(left, bytes_max / shares);
        if (output.size() > allowed) output = both_ends(output, allowed);
        left -= std::min(left, output.size());
    }
}

void prune(Book& book, std::size_t keep, std::optional<Version> live) {
    std::vector<const Entry*> finished;
    for (const auto& [id, entry] : book.ledger.tasks) {
        if (release::is_final(entry.course.status)) finished.push_back(&entry);
    }
    std::ranges::sort(finished, std::ranges::greater{}, &Entry::order);
    for (std::size_t i = talkative_tasks; i < finished.size(); ++i) {
        limit_outputs(book.details.at(finished[i]->task_id), short_outputs_bytes_max);
    }
    std::vector<std::string> dropped;
    for (std::size_t i = keep; i < finished.size(); ++i) {
        const Version version = finished[i]->version;
        if (version == live || version == book.ledger.applied_version) continue;
        dropped.push_back(finished[i]->task_id);
    }
    for (const std::string& id : dropped) {
        book.ledger.tasks.erase(id);
        book.details.erase(id);
    }
    // Versions are reused under new orders, so the entries per version must be bounded too.
    using Release = std::pair<Version, std::string>;
    std::set<Release> needed;
    for (const auto& [id, entry] : book.ledger.tasks)
        needed.emplace(entry.version, entry.order_id);
    auto& epochs = book.ledger.highest_epoch;
    for (auto it = epochs.begin(); it != epochs.end() && epochs.size() > 4 * keep;) {
        const bool is_needed = needed.contains({it->first.version, it->first.order_id});
        it = is_needed ? std::next(it) : epochs.erase(it);
    }
}

}  // namespace edgeroll::agent::apply
