#include "release/fleet/observation.hpp"

#include "release/words.hpp"

namespace edgeroll::release {
namespace {

constexpr Words<ObservedContent> contents{none_is_empty,
                                          {{ObservedContent::none, ""},
                                           {ObservedContent::whole, "whole"},
                                           {ObservedContent::changed, "changed"},
                                           {ObservedContent::empty, "empty"},
                                           {ObservedContent::believed, "believed"}}};

}  // namespace

std::string_view to_text(ObservedContent content) {
    return contents.text(content);
}

template <>
std::optional<ObservedContent> from_text<ObservedContent>(std::string_view text) {
    return contents.value(text);
}

HeldContent held_content(const HeldContent& applied, const Observation& observed) {
    const auto version = observed.version ? observed.version : applied.version;
    switch (observed.content) {
        case ObservedContent::none:
            break;
        case ObservedContent::whole:
            return {version, observed.sha256};
        case ObservedContent::changed:
            return {version, {}};
        case ObservedContent::empty:
            return {};
        case ObservedContent::believed:
            // Could not be read, by an agent that can look.
            if (!observed.capabilities.empty() && !observed.remark.empty()) return {version, {}};
            // Older agents compute the digest by an older rule.
            if (version != applied.version) return {version, observed.sha256};
            break;
    }
    return applied;
}

}  // namespace edgeroll::release
