// What a decision rests on: rows of release_evidence, written in the commit that rests on them
// (invariant I16 of docs/contract.md).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "release/states.hpp"

namespace edgeroll::release {

enum class Judgement { pass, fail, unsure, info };
inline constexpr std::size_t judgement_count = static_cast<std::size_t>(Judgement::info) + 1;

[[nodiscard]] std::string_view to_text(Judgement verdict);
/// Nothing for an unknown word.
template <>
std::optional<Judgement> from_text<Judgement>(std::string_view text);

/// Names in Evidence::gate that are no gates.
namespace evidence {
inline constexpr const char* proof = "proof";           ///< a node that has proven the content
inline constexpr const char* limits = "limits";         ///< the failure limits at a batch's end
inline constexpr const char* by_operator = "operator";  ///< a continue past a hold
inline constexpr const char* gate_url = "gate";         ///< the gate of gate_url

/// A word that no gate of a list may have as its name: it means something else in Evidence::gate
/// (a gate named `proof` would prove a content), or is kept for that.
[[nodiscard]] bool is_reserved(std::string_view name);
}  // namespace evidence

/// Longest Evidence::detail.
inline constexpr std::size_t evidence_detail_bytes_max = 64U << 10;

struct Evidence {
    int batch = 0;  ///< ordinal of the batch started last
    std::string gate;
    Judgement verdict = Judgement::info;
    bool is_decisive = false;
    std::string rule;      ///< how it is judged
    std::string summary;   ///< what was seen, one line
    std::string detail{};  ///< JSON text; empty: none
    friend bool operator==(const Evidence&, const Evidence&) = default;
};

}  // namespace edgeroll::release
