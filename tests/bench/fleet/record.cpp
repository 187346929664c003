#include "tests/bench/fleet/record.hpp"

#include <chrono>
#include <fstream>

namespace edgeroll::bench {

const char* to_text(Event event) {
    constexpr std::array<const char*, event_count> words{
        "dispatch",  "repeat",       "lacks",        "refused",     "success",
        "failed",    "cancelled",    "told_success", "told_failed", "told_cancelled",
        "handshake", "no_handshake", "wrong_client", "state"};
    return words[static_cast<std::size_t>(event)];
}

std::int64_t now_ns() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

void Record::note(Event event, std::uint32_t node, std::int64_t version) {
    entries_.push_back({now_ns(), version, node, event});
    ++counts_[static_cast<std::size_t>(event)];
}

void Record::reset() {
    entries_.clear();
    counts_.fill(0);
}

release::Result<void> Record::write(const std::string& path) const {
    std::ofstream file(path, std::ios::trunc);
    file << "ns,node,event,version\n";
    for (const Entry& entry : entries_) {
        file << entry.at_ns << ',' << entry.node << ',' << to_text(entry.event) << ','
             << entry.version << '\n';
    }
    file.close();
    if (!file) return release::fail("cannot write the report " + path);
    return {};
}

}  // namespace edgeroll::bench
