#include "tls/router.hpp"

#include <algorithm>
#include <set>

namespace edgeroll::tls {
namespace {

std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> segments;
    if (path.starts_with('/')) path.remove_prefix(1);
    while (true) {
        const auto slash = path.find('/');
        segments.emplace_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return segments;
        path.remove_prefix(slash + 1);
    }
}

bool is_capture(std::string_view segment) {
    return segment.size() >= 2 && segment.front() == '{' && segment.back() == '}';
}

// How specific a match is: literals beat captures, from the left.
struct Fit {
    std::vector<bool> literals;
    std::vector<std::string> captures;
};

std::optional<Fit> fit(const std::vector<std::string>& pattern,
                       const std::vector<std::string>& segments) {
    if (pattern.size() != segments.size()) return std::nullopt;
    Fit result;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const bool captures = is_capture(pattern[i]);
        if (captures ? segments[i].empty() : pattern[i] != segments[i]) return std::nullopt;
        if (captures) result.captures.push_back(segments[i]);
        result.literals.push_back(!captures);
    }
    return result;
}

}  // namespace

void Router::add(std::string method, std::string pattern, Handler handler) {
    add(std::move(method), std::move(pattern), GatedHandler{std::move(handler), {}});
}

void Router::add(std::string method, std::string pattern, GatedHandler gated) {
    Route route;
    route.method = std::move(method);
    route.segments = split(pattern);
    route.gated = std::move(gated);
    routes_.push_back(std::move(route));
}

Router::Match Router::find(Request& request) const {
    std::vector<std::string> segments;
    if (!request.path.starts_with('/')) return {};
    for (const std::string& segment : split(request.path)) {
        auto decoded = percent_decode(segment);
        if (!decoded) return {};
        segments.push_back(std::move(*decoded));
    }

    Match match;
    std::set<std::string> allowed;
    Fit best;
    bool is_best_for_get = false;
    for (const Route& route : routes_) {
        auto found = fit(route.segments, segments);
        if (!found) continue;
        match.is_path_known = true;
        allowed.insert(route.method);
        if (route.method == "GET") allowed.insert("HEAD");
        const bool is_own = route.method == request.method;
        const bool is_get_for_head = request.method == "HEAD" && route.method == "GET";
        if (!is_own && !is_get_for_head) continue;
        const bool is_better = match.handler == nullptr || found->literals > best.literals ||
                               (found->literals == best.literals && is_best_for_get && is_own);
        if (!is_better) continue;
        match.handler = &route.gated.handler;
        match.gate = route.gated.gate ? &route.gated.gate : nullptr;
        best = std::move(*found);
        is_best_for_get = is_get_for_head;
    }
    for (const std::string& method : allowed) {
        if (!match.allowed.empty()) match.allowed += ", ";
        match.allowed += method;
    }
    request.captures = std::move(best.captures);
    return match;
}

}  // namespace edgeroll::tls
