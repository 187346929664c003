#include "control/cli/globs.hpp"

#include <fnmatch.h>

#include <algorithm>

namespace edgeroll::cli {

bool matches(const std::string& glob, std::string_view path) {
    const bool is_for_path = glob.find('/') != std::string::npos;
    const std::string subject(is_for_path ? path : path.substr(path.rfind('/') + 1));
    return ::fnmatch(glob.c_str(), subject.c_str(), FNM_PATHNAME) == 0;
}

bool matches_any(const std::vector<std::string>& globs, std::string_view path) {
    return std::ranges::any_of(globs, [&](const std::string& glob) { return matches(glob, path); });
}

}  // namespace edgeroll::cli
