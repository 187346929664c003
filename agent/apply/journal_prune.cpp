#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "agent/apply/journal_codec.hpp"

namespace edgeroll::agent::apply {

using release::Version;

void prune(Book& book, std::size_t keep, std::optional<Version> live) {
    std::vector<const Entry*> finished;
    for (const auto& [id, entry] : book.ledger.tasks) {
        if (release::is_final(entry.course.status)) finished.push_back(&entry);
    }
    std::ranges::sort(finished, std::ranges::greater{}, &Entry::order);
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
    std::set<Version> needed;
    for (const auto& [id, entry] : book.ledger.tasks)
        needed.insert(entry.version);
    auto& epochs = book.ledger.highest_epoch;
    for (auto it = epochs.begin(); it != epochs.end() && epochs.size() > 4 * keep;) {
        it = needed.contains(it->first) ? std::next(it) : epochs.erase(it);
    }
}

}  // namespace edgeroll::agent::apply
