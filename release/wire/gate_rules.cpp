#include "release/wire/gate_rules.hpp"

#include "release/evidence.hpp"
#include "release/text/utf8.hpp"
#include "release/text/web_url.hpp"

namespace edgeroll::release::wire {
namespace {

constexpr std::size_t token_path_bytes_max = 255;

// The key of batch_config that names what is called.
std::string field_of(const Gate& gate) {
    if (gate.name == evidence::gate_url) return "field 'gate_url'";
    return std::string(gate.prometheus ? "field 'prometheus.url'" : "field 'url'") + " of gate '" +
           gate.name + "'";
}

}  // namespace

bool is_token_path(std::string_view path) {
    if (path.empty() || path.size() > token_path_bytes_max || has_control_character(path)) {
        return false;
    }
    while (true) {
        const auto end = path.find('/');
        const std::string_view part = path.substr(0, end);
        if (part.empty() || part == "." || part == "..") return false;
        if (end == path.npos) return true;
        path.remove_prefix(end + 1);
    }
}

std::optional<std::string> refused_token(const CallRules& rules, const Gate& gate) {
    if (!gate.prometheus || gate.prometheus->token_file.empty()) return std::nullopt;
    if (rules.tokens_dir.empty()) return "GATE_TOKENS_DIR is not set";
    const auto url = parse_web_url(gate.prometheus->url);
    const bool is_here = url && is_loopback(*url);
    if (url && !url->is_https && !is_here) return "a token is sent over https only";
    if (url && names_exactly(rules, url->host, url->port)) return std::nullopt;
    return "GATE_ALLOW must name its host exactly";
}

std::optional<std::string> refused_gates(const CallRules& rules, const std::vector<Gate>& gates) {
    for (const Gate& gate : gates) {
        if (const auto refused = refused_url(rules, gate.target())) {
            return "batch_config: " + field_of(gate) + " may not be called: " + *refused;
        }
        if (const auto refused = refused_token(rules, gate)) {
            return "batch_config: field 'prometheus.token_file' of gate '" + gate.name +
                   "' may not be used: " + *refused;
        }
    }
    return std::nullopt;
}

}  // namespace edgeroll::release::wire
