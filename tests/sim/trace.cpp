#include "trace.hpp"

#include <cstdio>

namespace edgeroll::sim {

void Trace::add(std::string_view text) {
    for (const char letter : text) {
        hash_ ^= static_cast<unsigned char>(letter);
        hash_ *= 1099511628211ULL;
    }
    hash_ ^= 0xFFU;
    hash_ *= 1099511628211ULL;
}

void Trace::note(release::Instant now, std::string_view actor, std::string_view event) {
    const auto ms = now.time_since_epoch().count();
    hash_ ^= static_cast<std::uint64_t>(ms);
    hash_ *= 1099511628211ULL;
    add(actor);
    add(event);
    ++size_;
    if (!keeps_text_) return;
    char stamp[32];
    std::snprintf(stamp, sizeof stamp, "%9.3f ", static_cast<double>(ms - 1'000'000) / 1000.0);
    std::string line = stamp;
    line += actor;
    line += ": ";
    line += event;
    lines_.push_back(std::move(line));
}

}  // namespace edgeroll::sim
