#include "release/wire/seconds.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace edgeroll::release::wire {

Result<std::optional<Millis>> optional_seconds(const Json& object, const char* field) {
    const auto found = object.find(field);
    if (found == object.end() || found->is_null()) return std::optional<Millis>();
    const auto invalid = [&](const std::string& what) {
        return fail("field '" + std::string(field) + "' must be " + what, Outcome::permanent,
                    code::invalid);
    };
    if (!found->is_number()) return invalid("a number of seconds");
    const auto seconds = found->get<double>();
    if (!(seconds > 0) || seconds * 1000.0 > static_cast<double>(seconds_max.count())) {
        return invalid("above 0 and at most 2592000");
    }
    return Millis(std::max<std::int64_t>(1, std::llround(seconds * 1000.0)));
}

Json seconds_of(Millis time) {
    const auto count = std::min(time, seconds_max).count();
    if (count % 1000 == 0) return count / 1000;
    return static_cast<double>(count) / 1000.0;
}

}  // namespace edgeroll::release::wire
