#include "release/node_evidence.hpp"

#include "release/word_list.hpp"
#include "release/words.hpp"

namespace edgeroll::release {
namespace {

constexpr Words<MinEvidence> min_evidence_words({
    {MinEvidence::any, "any"},
    {MinEvidence::check, "check"},
    {MinEvidence::verify, "verify"},
});

}  // namespace

std::string_view to_text(MinEvidence wanted) {
    return min_evidence_words.text(wanted);
}

template <>
std::optional<MinEvidence> from_text<MinEvidence>(std::string_view text) {
    return min_evidence_words.value(text);
}

bool is_enough(std::string_view words, MinEvidence wanted) {
    switch (wanted) {
        case MinEvidence::any:
            return true;
        case MinEvidence::check:
            return has_word(words, looks::check);
        case MinEvidence::verify:
            return has_word(words, looks::verify_cmd) || has_word(words, looks::verify_url);
    }
    return false;
}

}  // namespace edgeroll::release
