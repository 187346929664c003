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

}  // namespace edgeroll::release
