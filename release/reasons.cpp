#include "release/reasons.hpp"

#include "release/words.hpp"

namespace edgeroll::release {
namespace {

constexpr Words<ReasonKind> reason_words(none_is_empty,
                                         {
                                             {ReasonKind::none, ""},
                                             {ReasonKind::release_failed, "release_failed"},
                                             {ReasonKind::stopped, "stopped"},
                                             {ReasonKind::ended_by_hand, "ended_by_hand"},
                                             {ReasonKind::added_late, "added_late"},
                                             {ReasonKind::disabled, "disabled"},
                                             {ReasonKind::maintenance, "maintenance"},
                                             {ReasonKind::unreachable, "unreachable"},
                                             {ReasonKind::refusing, "refusing"},
                                             {ReasonKind::silent, "silent"},
                                         });
static_assert(reason_kind_count == enum_size<ReasonKind>);

}  // namespace

std::string_view to_text(ReasonKind kind) {
    return reason_words.text(kind);
}

template <>
std::optional<ReasonKind> from_text<ReasonKind>(std::string_view text) {
    return reason_words.value(text);
}

bool may_stand_beside(ReasonKind kind, NodeStatus status) {
    // Rows of a success that catches up are deferred where other releases skip them.
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
