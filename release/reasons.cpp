#include "release/reasons.hpp"

#include <algorithm>
#include <array>

namespace edgeroll::release {
namespace {

struct ReasonWord {
    ReasonKind kind;
    std::string_view word;
};
constexpr std::array reason_words{
    ReasonWord{ReasonKind::none, ""},
    ReasonWord{ReasonKind::release_failed, "release_failed"},
    ReasonWord{ReasonKind::stopped, "stopped"},
    ReasonWord{ReasonKind::ended_by_hand, "ended_by_hand"},
    ReasonWord{ReasonKind::added_late, "added_late"},
    ReasonWord{ReasonKind::disabled, "disabled"},
    ReasonWord{ReasonKind::maintenance, "maintenance"},
    ReasonWord{ReasonKind::unreachable, "unreachable"},
    ReasonWord{ReasonKind::refusing, "refusing"},
    ReasonWord{ReasonKind::silent, "silent"},
};
static_assert(reason_words.size() == reason_kind_count, "every reason has its word");

constexpr bool are_in_order() {
    for (std::size_t i = 0; i < reason_words.size(); ++i) {
        if (static_cast<std::size_t>(reason_words[i].kind) != i) return false;
    }
    return true;
}
static_assert(are_in_order(), "the words stand in the order of the enum");

}  // namespace

std::string_view to_text(ReasonKind kind) {
    return reason_words.at(static_cast<std::size_t>(kind)).word;
}

template <>
std::optional<ReasonKind> from_text<ReasonKind>(std::string_view text) {
    const auto found = std::find_if(reason_words.begin(), reason_words.end(),
                                    [&](const ReasonWord& one) { return one.word == text; });
    if (found == reason_words.end()) return std::nullopt;
    return found->kind;
}

bool may_stand_beside(ReasonKind kind, NodeStatus status) {
    // Rows of a success that catches up are deferred where others would be skipped.
    const bool is_put_aside = status == NodeStatus::skipped || status == NodeStatus::deferred;
    switch (kind) {
        case ReasonKind::none:
            return false;
        case ReasonKind::release_failed:
        case ReasonKind::ended_by_hand:
        case ReasonKind::disabled:
        case ReasonKind::maintenance:
        case ReasonKind::added_late:
            return is_put_aside;
        case ReasonKind::stopped:
            return is_put_aside || status == NodeStatus::cancelled;
        case ReasonKind::unreachable:
            return status == NodeStatus::running || status == NodeStatus::deferred;
        case ReasonKind::refusing:
        case ReasonKind::silent:
            return status == NodeStatus::running;
    }
    return false;
}

ReasonKind reason_of_row(std::string_view word, NodeStatus status) {
    const ReasonKind kind = from_text<ReasonKind>(word).value_or(ReasonKind::none);
    return may_stand_beside(kind, status) ? kind : ReasonKind::none;
}

bool is_left_out(ReasonKind kind, bool has_sentence) {
    switch (kind) {
        case ReasonKind::release_failed:
        case ReasonKind::stopped:
        case ReasonKind::ended_by_hand:
            return true;
        case ReasonKind::none:
            return has_sentence;
        case ReasonKind::added_late:
        case ReasonKind::disabled:
        case ReasonKind::maintenance:
        case ReasonKind::unreachable:
        case ReasonKind::refusing:
        case ReasonKind::silent:
            break;
    }
    return false;
}

std::string to_sentence(const Trouble& trouble) {
    if (trouble.is_none()) return {};
    return std::string(to_text(trouble.kind)) + ": " + trouble.message;
}

}  // namespace edgeroll::release
