#include "release/gate_query.hpp"

#include <algorithm>
#include <array>

namespace edgeroll::release {
namespace {

constexpr std::string_view opening = "{{";
constexpr std::string_view closing = "}}";
constexpr std::string_view released_re = "released_re";
constexpr std::string_view peers_re = "peers_re";
constexpr std::array<std::string_view, 6> variables{"release",   "version",   "batch",
                                                    "since_sec", released_re, peers_re};

/// The text up to the next variable, and its name; empty if its braces are not closed.
struct Piece {
    std::string_view before, name;
    bool is_variable = false;
};

Piece next_piece(std::string_view& rest) {
    Piece piece;
    const auto begin = rest.find(opening);
    piece.before = rest.substr(0, begin);
    if (begin == rest.npos) {
        rest = {};
        return piece;
    }
    piece.is_variable = true;
    rest.remove_prefix(begin + opening.size());
    const auto end = rest.find(closing);
    if (end != rest.npos) piece.name = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + closing.size());
    return piece;
}

bool is_known(std::string_view name) {
    return std::find(variables.begin(), variables.end(), name) != variables.end();
}

// A backslash would have to be doubled in "…" and not in `…`; a class of one character reads the
// same in both. Nothing: the name cannot be written so.
std::optional<std::string> quoted(std::string_view name) {
    constexpr std::string_view special = ".+*?()|{}$[]";
    constexpr std::string_view impossible = "\\^\"'`";
    std::string text;
    for (const char c : name) {
        const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
        if (is_control || impossible.find(c) != impossible.npos) return std::nullopt;
        if (special.find(c) == special.npos) {
            text += c;
        } else {
            text.append("[").append(1, c).append("]");
        }
    }
    return text;
}

/// @param variable with its braces
Result<std::string> alternatives(const std::string& variable, const std::vector<std::string>& names,
                                 const std::string& why_empty) {
    // An empty expression would match whatever lacks the label.
    if (names.empty()) return fail(variable + " is empty: " + why_empty);
    if (names.size() > names_max) {
        return fail(variable + " would name " + std::to_string(names.size()) +
                    " nodes, and it may name 2000: select by a label that the nodes' series have");
    }
    std::string text;
    for (const std::string& name : names) {
        const auto part = quoted(name);
        if (!part || part->empty()) {
            return fail(variable + " cannot name a node whose name has quotes, '^' or '\\'");
        }
        text += (text.empty() ? "" : "|") + *part;
    }
    return text;
}

}  // namespace

std::optional<std::string> fault_of_query(std::string_view query) {
    std::string_view rest = query;
    while (!rest.empty()) {
        const Piece piece = next_piece(rest);
        if (!piece.is_variable || is_known(piece.name)) continue;
        return "without unknown variables: {{" + std::string(piece.name.substr(0, 32)) +
               "}} is none of {{release}}, {{version}}, {{batch}}, {{since_sec}}, {{released_re}}, "
               "{{peers_re}}";
    }
    return std::nullopt;
}

bool uses_released(std::string_view query) {
    return query.find("{{released_re}}") != query.npos;
}

bool uses_peers(std::string_view query) {
    return query.find("{{peers_re}}") != query.npos;
}

std::vector<std::string> sample_of(std::vector<std::string> names) {
    const std::size_t stride = (names.size() + names_max - 1) / names_max;
    if (stride <= 1) return names;
    std::vector<std::string> sample;
    for (std::size_t i = 0; i < names.size(); i += stride)
        sample.push_back(std::move(names[i]));
    return sample;
}

Result<std::string> resolved_query(std::string_view query, const QueryValues& values) {
    constexpr std::size_t resolved_bytes_max = 1U << 20;
    std::string text;
    std::optional<Result<std::string>> released, peers;  // built once
    std::string_view rest = query;
    while (!rest.empty()) {
        const Piece piece = next_piece(rest);
        text += piece.before;
        if (!piece.is_variable) continue;
        if (piece.name == released_re || piece.name == peers_re) {
            const bool is_released = piece.name == released_re;
            auto& names = is_released ? released : peers;
            if (!names) {
                names = is_released ? alternatives("{{released_re}}", values.released,
                                                   "no node of the release has succeeded")
                                    : alternatives("{{peers_re}}", values.peers,
                                                   "no node of the release is still to come");
            }
            if (!*names) return *names;
            text += **names;
            if (text.size() > resolved_bytes_max) return fail("the query would be over 1 MiB long");
        } else if (piece.name == "release") {
            text += std::to_string(values.release);
        } else if (piece.name == "version") {
            text += std::to_string(values.version);
        } else if (piece.name == "batch") {
            text += std::to_string(values.batch);
        } else if (piece.name == "since_sec") {
            text += std::to_string(values.since_sec);
        } else {
            return fail("the query has an unknown variable");
        }
    }
    return text;
}

}  // namespace edgeroll::release
