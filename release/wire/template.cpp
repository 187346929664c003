#include "release/wire/template.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "release/crypto/sha256.hpp"
#include "release/text/utf8.hpp"
#include "release/wire/invalid.hpp"

namespace edgeroll::release::wire {
namespace {

/// A small template may contain a long label very often: the result has its own limit.
constexpr std::size_t rendered_bytes_max = 32U << 20;

std::optional<std::string_view> value_of(std::string_view expression, const std::string& name,
                                         const std::string& ip, const Labels& labels) {
    constexpr std::string_view label_prefix = "label.";
    if (expression == "node.name" && !name.empty()) return name;
    if (expression == "node.ip" && !ip.empty()) return ip;
    if (expression.substr(0, label_prefix.size()) != label_prefix) return std::nullopt;
    expression.remove_prefix(label_prefix.size());
    const auto found = std::lower_bound(
        labels.begin(), labels.end(), expression,
        [](const auto& label, std::string_view wanted) { return label.first < wanted; });
    if (found == labels.end() || found->first != expression) return std::nullopt;
    return found->second;
}

/// The text up to the next placeholder, and its expression.
struct Piece {
    std::string_view before;
    std::optional<std::string_view> expression;
    bool is_literal = false;  ///< `$${`: stands for `${`
    bool is_open = false;     ///< the braces are not closed on the line; `expression` is the rest
};

Piece next_piece(std::string_view& rest) {
    Piece piece;
    const auto start = rest.find("${");
    if (start == std::string_view::npos) {
        piece.before = std::exchange(rest, {});
        return piece;
    }
    piece.is_literal = start > 0 && rest[start - 1] == '$';
    piece.before = rest.substr(0, piece.is_literal ? start - 1 : start);
    rest.remove_prefix(start + 2);
    if (piece.is_literal) return piece;
    const auto end = rest.find_first_of("}\n");
    piece.is_open = end == std::string_view::npos || rest[end] == '\n';
    piece.expression = rest.substr(0, end);
    rest.remove_prefix(piece.is_open ? rest.size() : end + 1);
    return piece;
}

}  // namespace

Result<std::string> render_template(const std::string& text, const std::string& name,
                                    const std::string& ip, const Labels& labels) {
    std::string rendered;
    rendered.reserve(text.size());
    std::string_view rest = text;
    while (!rest.empty()) {
        const Piece piece = next_piece(rest);
        rendered += piece.before;
        if (piece.is_literal) rendered += "${";
        if (!piece.expression) continue;
        if (piece.is_open) {
            return invalid("template: '${" + cut_utf8(*piece.expression, 64) +
                           "' has no closing brace");
        }
        const auto value = value_of(*piece.expression, name, ip, labels);
        if (!value) {
            return invalid("template: '${" + cut_utf8(*piece.expression, 64) +
                           "}' is unknown here (${node.name}, ${node.ip} and the node's labels as "
                           "${label.NAME} are known; write $${ for a literal ${)");
        }
        rendered += *value;
        if (rendered.size() > rendered_bytes_max) {
            return invalid("template: the rendered file is larger than 32 MiB");
        }
    }
    return rendered;
}

std::vector<std::string> names_in_templates(const Payload& payload) {
    std::set<std::string> names;
    for (const File& file : payload.files) {
        if (!file.is_template) continue;
        std::string_view rest = file.content;
        while (!rest.empty()) {
            const Piece piece = next_piece(rest);
            if (piece.expression && !piece.is_open) names.emplace(*piece.expression);
        }
    }
    return {names.begin(), names.end()};
}

std::string facts_digest(const std::vector<std::string>& names, const std::string& name,
                         const std::string& ip, const Labels& labels) {
    if (names.empty()) return {};
    // Lengths, so that no value can look like the next name.
    std::string text;
    for (const std::string& one : names) {
        const auto value = value_of(one, name, ip, labels);
        text += std::to_string(one.size()) + ":" + one + "=";
        text += value ? std::to_string(value->size()) + ":" + std::string(*value) : "-";
        text += "\n";
    }
    return sha256_hex(text);
}

}  // namespace edgeroll::release::wire
