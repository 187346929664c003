#include "release/wire/limit_change.hpp"

#include <string_view>
#include <utility>

#include "release/wire/batch_config.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::release::wire {
namespace {

/// The same error for the client, which sent fields and not a batch_config.
Error without_place(Error error) {
    constexpr std::string_view place = "batch_config: ";
    if (error.message.starts_with(place)) error.message.erase(0, place.size());
    return error;
}

}  // namespace

Result<std::string> merge_batch_config(std::string_view json_text, const LimitChange& change) {
    auto config = parse_json(json_text.empty() ? "{}" : json_text, batch_config_bytes_max);
    if (!config) return tl::unexpected(std::move(config.error()));
    if (!config->is_object()) {
        return fail("batch_config: must be an object", Outcome::permanent, code::invalid);
    }
    Json sent = Json::object();
    for (const auto& [key, text] : {std::pair{"max_parallel", &change.max_parallel},
                                    {"max_parallel_per", &change.max_parallel_per}}) {
        if (!*text) continue;
        auto value = parse_json(**text, batch_config_bytes_max);
        if (!value) return tl::unexpected(std::move(value.error()));
        if (value->is_null()) {
            config->erase(key);
        } else {
            sent[key] = *value;
            (*config)[key] = std::move(*value);
        }
    }
    if (const auto policy = parse_batch_config(dump_json(sent)); !policy) {
        return tl::unexpected(without_place(policy.error()));
    }
    std::string merged = dump_json(*config);
    if (const auto policy = parse_batch_config(merged); !policy) {
        return tl::unexpected(policy.error());
    }
    return merged;
}

}  // namespace edgeroll::release::wire
