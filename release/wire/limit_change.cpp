#include "release/wire/limit_change.hpp"

#include <utility>

#include "release/wire/json_util.hpp"

namespace edgeroll::release::wire {
namespace {

constexpr std::size_t bytes_max = 64U << 10;
constexpr int size_max = 1'000'000;

tl::unexpected<Error> invalid(const std::string& message) {
    return fail("batch_config: " + message, Outcome::permanent, code::invalid);
}

bool is_size(const Json& value, int least) {
    return value.is_number_integer() && value >= least && value <= size_max;
}

/// A size for every pool of a label, or one for each of its values.
bool is_pool(const Json& pool) {
    if (is_size(pool, 1)) return true;
    if (!pool.is_object() || pool.empty()) return false;
    for (const auto& [value, size] : pool.items()) {
        if (!is_size(size, 1)) return false;
    }
    return true;
}

Result<void> check(const std::string& key, const Json& value) {
    if (key == "max_parallel") {
        if (is_size(value, 0)) return {};
        return invalid("field 'max_parallel' must be from 0 to " + std::to_string(size_max));
    }
    const std::string shape = "field 'max_parallel_per' must be an object like {\"region\":2}";
    if (!value.is_object()) return invalid(shape);
    for (const auto& [label, pool] : value.items()) {
        if (label.empty() || !is_pool(pool)) return invalid(shape);
    }
    return {};
}

}  // namespace

Result<std::string> merge_batch_config(std::string_view json_text, const LimitChange& change) {
    auto config = parse_json(json_text.empty() ? "{}" : json_text, bytes_max);
    if (!config) return tl::unexpected(std::move(config.error()));
    if (!config->is_object()) return invalid("must be an object");
    for (const auto& [key, text] : {std::pair{"max_parallel", &change.max_parallel},
                                    {"max_parallel_per", &change.max_parallel_per}}) {
        if (!*text) continue;
        auto value = parse_json(**text, bytes_max);
        if (!value) return tl::unexpected(std::move(value.error()));
        if (value->is_null()) {
            config->erase(key);
            continue;
        }
        if (const auto fine = check(key, *value); !fine) return tl::unexpected(fine.error());
        (*config)[key] = std::move(*value);
    }
    return dump_json(*config);
}

}  // namespace edgeroll::release::wire
