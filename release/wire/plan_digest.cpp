#include "release/wire/plan_digest.hpp"

#include "release/crypto/sha256.hpp"
#include "release/plan.hpp"
#include "release/wire/batch_config.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::release::wire {
namespace {

struct Part {
    std::size_t digits;
    const char* name;
};
constexpr Part parts_of_it[] = {
    {32, "the nodes or their batches"}, {16, "the content"}, {16, "the rules"}};

std::string canonical(std::string_view json_text) {
    const auto value = parse_json(json_text, batch_config_bytes_max);
    return value ? dump_json(*value) : std::string(json_text);
}

}  // namespace

std::string plan_digest(const PlanParts& parts) {
    const std::string rules = std::string(to_text(parts.type)) + "\n" +
                              canonical(parts.batch_config.empty() ? "{}" : parts.batch_config);
    const std::string texts[] = {canonical_text(parts.nodes, ""), std::string(parts.content_sha256),
                                 rules};
    std::string digest;
    for (std::size_t i = 0; i < std::size(texts); ++i)
        digest += sha256_hex(texts[i]).substr(0, parts_of_it[i].digits);
    return digest;
}

std::vector<std::string> plan_differences(std::string_view before, std::string_view now) {
    std::vector<std::string> names;
    std::size_t at = 0;
    for (const Part& part : parts_of_it) {
        if (before.substr(at, part.digits) != now.substr(at, part.digits)) {
            names.emplace_back(part.name);
        }
        at += part.digits;
    }
    return names;
}

}  // namespace edgeroll::release::wire
