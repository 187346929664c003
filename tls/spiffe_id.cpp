#include "tls/spiffe_id.hpp"

#include <algorithm>

namespace edgeroll::tls {
namespace {

constexpr std::string_view scheme = "spiffe://";
constexpr std::size_t uri_bytes_max = 2'048;
constexpr std::size_t domain_bytes_max = 255;

bool is_segment(std::string_view text) {
    return !text.empty() && text != "." && text != ".." &&
           text.find_first_of("%?#\\") == std::string_view::npos;
}

}  // namespace

bool is_trust_domain(std::string_view text) {
    return !text.empty() && text.size() <= domain_bytes_max &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
                      c == '_';
           });
}

bool claims_spiffe(std::string_view uri) {
    constexpr std::string_view word = "spiffe:";
    return uri.size() >= word.size() &&
           std::equal(word.begin(), word.end(), uri.begin(), [](char wanted, char is) {
               return (is >= 'A' && is <= 'Z' ? static_cast<char>(is - 'A' + 'a') : is) == wanted;
           });
}

std::optional<SpiffeId> parse_spiffe(std::string_view uri) {
    if (!uri.starts_with(scheme) || uri.size() > uri_bytes_max) return std::nullopt;
    const std::string_view rest = uri.substr(scheme.size());
    const auto slash = rest.find('/');
    if (slash == std::string_view::npos || !is_trust_domain(rest.substr(0, slash))) {
        return std::nullopt;
    }
    SpiffeId id;
    id.trust_domain = rest.substr(0, slash);
    id.path = rest.substr(slash);
    std::string_view segments = std::string_view(id.path).substr(1);
    while (true) {
        const auto end = segments.find('/');
        if (!is_segment(segments.substr(0, end))) return std::nullopt;
        if (end == std::string_view::npos) return id;
        segments.remove_prefix(end + 1);
    }
}

release::Result<std::vector<std::string>> parse_trust_domains(std::string_view text) {
    std::vector<std::string> domains;
    if (text.find_first_not_of(" \t") == std::string_view::npos) return domains;
    while (true) {
        const auto comma = text.find(',');
        std::string_view part = text.substr(0, comma);
        const auto first = part.find_first_not_of(" \t");
        part = first == std::string_view::npos
                   ? std::string_view{}
                   : part.substr(first, part.find_last_not_of(" \t") - first + 1);
        if (!is_trust_domain(part)) {
            return release::fail("'" + std::string(part.substr(0, 100)) +
                                 "' is not a trust domain; give lower-case letters, digits, '.', "
                                 "'_' and '-', without spiffe://, several separated by commas");
        }
        domains.emplace_back(part);
        if (comma == std::string_view::npos) return domains;
        text.remove_prefix(comma + 1);
    }
}

}  // namespace edgeroll::tls
