// Maps path and method to a handler; 404 and 405 follow from the table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tls/http_types.hpp"

namespace edgeroll::tls {

class Router {
  public:
    /// @param pattern e.g. "/api/v1/releases/{id}": a `{...}` segment matches one path segment.
    void add(std::string method, std::string pattern, Handler handler);
    void add(std::string method, std::string pattern, GatedHandler gated);

    /// Finds the handler and fills in request.captures. Unknown path: `not_found`; known path with
    /// another method: `method_not_allowed` (the caller makes the error bodies).
    struct Match {
        const Handler* handler = nullptr;
        const Gate* gate = nullptr;  ///< null: none
        bool is_path_known = false;
        std::string allowed;  ///< for the Allow header
    };
    [[nodiscard]] Match find(Request& request) const;

  private:
    struct Route {
        std::string method;
        std::vector<std::string> segments;
        GatedHandler gated;
    };
    std::vector<Route> routes_;
};

/// Decodes percent sequences; nothing for a broken sequence or a NUL byte.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);
/// Encodes everything but unreserved characters (RFC 3986).
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace edgeroll::tls
