#include "release/evidence.hpp"

#include <algorithm>
#include <array>

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

bool evidence::is_reserved(std::string_view name) {
    constexpr std::array<std::string_view, 12> words{
        proof,     limits,       by_operator, gate_url, "prepare",  "attribution",
        "confirm", "final_gate", "bake",      "trial",  "rollback", "abort"};
    return std::find(words.begin(), words.end(), name) != words.end();
}

std::string_view to_text(Judgement verdict) {
    return judgement_words.text(verdict);
}

template <>
std::optional<Judgement> from_text<Judgement>(std::string_view text) {
    return judgement_words.value(text);
}

}  // namespace edgeroll::release
