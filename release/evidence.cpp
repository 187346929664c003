#include "release/evidence.hpp"

#include "release/words.hpp"

namespace edgeroll::release {
namespace {

constexpr Words<Judgement> judgement_words({
    {Judgement::pass, "pass"},
    {Judgement::fail, "fail"},
    {Judgement::unsure, "unsure"},
    {Judgement::info, "info"},
});
static_assert(judgement_count == enum_size<Judgement>);

}  // namespace

std::string_view to_text(Judgement verdict) {
    return judgement_words.text(verdict);
}

template <>
std::optional<Judgement> from_text<Judgement>(std::string_view text) {
    return judgement_words.value(text);
}

}  // namespace edgeroll::release
