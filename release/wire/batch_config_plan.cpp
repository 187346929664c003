// The keys that define the plan: sizes and selector.
#include <charconv>
#include <utility>

#include "release/text/utf8.hpp"
#include "release/wire/batch_config_parts.hpp"

namespace edgeroll::release::wire {
namespace {

constexpr std::int64_t batch_nodes_max = 1'000'000;
constexpr std::size_t batches_max = 1'000;
constexpr std::size_t nodes_max = 10'000;
constexpr std::size_t selector_labels_max = 64;
constexpr std::size_t values_max = 1'000;
constexpr std::size_t word_bytes_max = 255;

using Kind = BatchSize::Kind;

constexpr std::string_view one_per = "1 per ";

/// "1", 1, "5%", "rest" or "1 per LABEL"; nothing for any other value, zero included.
std::optional<BatchSize> size_of(const Json& entry) {
    std::int64_t amount = 0;
    if (entry.is_number_integer()) {
        if (entry.is_number_unsigned() && entry.get<std::uint64_t>() > batch_nodes_max) return {};
        amount = entry.get<std::int64_t>();
        if (amount < 1 || amount > batch_nodes_max) return {};
        return BatchSize{Kind::count, static_cast<int>(amount)};
    }
    if (!entry.is_string()) return {};
    std::string_view text = entry.get_ref<const std::string&>();
    if (text == "rest") return BatchSize{Kind::rest, 0};
    if (text.substr(0, one_per.size()) == one_per) {
        text.remove_prefix(one_per.size());
        if (text.empty() || text.size() > word_bytes_max) return {};
        return BatchSize{Kind::one_per_value, 0, std::string(text)};
    }
    const bool is_percent = !text.empty() && text.back() == '%';
    if (is_percent) text.remove_suffix(1);
    const auto* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, amount);
    if (error != std::errc() || stop != end) return {};
    if (amount < 1 || amount > (is_percent ? 100 : batch_nodes_max)) return {};
    return BatchSize{is_percent ? Kind::percent : Kind::count, static_cast<int>(amount)};
}

Result<std::vector<BatchSize>> read_list(const Json& list) {
    if (!list.is_array() || list.empty() || list.size() > batches_max) {
        return bad_field("batches", "a list of 1 to 1000 sizes");
    }
    std::vector<BatchSize> sizes;
    int percents = 0;
    for (const Json& entry : list) {
        const std::string place = "batches[" + std::to_string(sizes.size()) + "]";
        const auto size = size_of(entry);
        if (!size) {
            return bad_field(place,
                             "a count from 1 to 1000000, a percentage from \"1%\" to \"100%\", "
                             "\"rest\" or \"1 per LABEL\"");
        }
        if (size->kind == Kind::one_per_value && (!sizes.empty() || list.size() == 1)) {
            return bad_config("field '" + place +
                              "': \"1 per LABEL\" says which nodes go first: it must be the first "
                              "entry, and others must follow");
        }
        if (!sizes.empty() && sizes.back().kind == Kind::rest) {
            return bad_config("field '" + place + "' comes after \"rest\", which takes all");
        }
        if (size->kind == Kind::percent) percents += size->amount;
        if (percents > 100) {
            return bad_config("field 'batches' has percentages of over 100 % in sum");
        }
        sizes.push_back(*size);
    }
    return sizes;
}

Result<std::string> read_word(const Json& value, const std::string& field, bool may_be_empty) {
    const auto refuse = [&] {
        return bad_field(
            field, may_be_empty ? "a string of at most 255 bytes" : "a string of 1 to 255 bytes");
    };
    if (!value.is_string()) return refuse();
    const auto& text = value.get_ref<const std::string&>();
    if (text.size() > word_bytes_max || (text.empty() && !may_be_empty)) return refuse();
    return text;
}

Result<std::vector<std::string>> read_words(const Json& list, const std::string& field,
                                            std::size_t most, bool may_be_empty) {
    if (!list.is_array() || list.empty() || list.size() > most) {
        return bad_field(field, "a list of 1 to " + std::to_string(most) + " strings");
    }
    std::vector<std::string> words;
    words.reserve(list.size());
    for (const Json& value : list) {
        auto word =
            read_word(value, field + "[" + std::to_string(words.size()) + "]", may_be_empty);
        if (!word) return tl::unexpected(word.error());
        words.push_back(std::move(*word));
    }
    return words;
}

Result<void> read_labels(const Json& labels, Selector& selector) {
    if (!labels.is_object() || labels.empty() || labels.size() > selector_labels_max) {
        return bad_field("selector.labels", "an object of 1 to 64 labels");
    }
    for (const auto& [name, value] : labels.items()) {
        const std::string field = "selector.labels." + cut_utf8(name, 64);
        std::vector<std::string> values;
        if (value.is_array()) {
            auto words = read_words(value, field, values_max, true);
            if (!words) return tl::unexpected(words.error());
            values = std::move(*words);
        } else {
            auto word = read_word(value, field, true);
            if (!word) return bad_field(field, "a string or a list of strings");
            values.push_back(std::move(*word));
        }
        selector.labels.emplace_back(name, std::move(values));
    }
    return {};
}

// After the sizes: a key that would be ignored is refused.
Result<void> read_canary_by(const Json& config, Policy& policy) {
    const auto label = config.find("canary_by");
    if (label == config.end() || label->is_null()) return {};
    auto word = read_word(*label, "canary_by", false);
    if (!word) return tl::unexpected(word.error());
    if (!policy.sizes.empty()) {
        return bad_config(
            "canary_by is for the default plan, and sizes are given too: leave one out, or begin "
            "batches with \"1 per " +
            cut_utf8(*word, 64) + "\"");
    }
    policy.canary_by = std::move(*word);
    return {};
}

}  // namespace

Result<void> read_sizes(const Json& config, Policy& policy) {
    const auto is_enabled = optional_flag(config, "enabled");
    if (!is_enabled) return bad_config(is_enabled.error().message);
    const auto count = optional_bounded(config, "batch_size", 0, batch_nodes_max);
    if (!count) return tl::unexpected(count.error());
    const auto percent = optional_bounded(config, "batch_percent", 0, 100);
    if (!percent) return tl::unexpected(percent.error());
    const bool has_count = count->value_or(0) > 0;
    const bool has_percent = percent->value_or(0) > 0;
    if (has_count && has_percent) {
        return bad_config("batch_size and batch_percent are both given: leave one out, or 0");
    }
    if (has_count) policy.sizes = {{Kind::count, **count}};
    if (has_percent) policy.sizes = {{Kind::percent, **percent}};
    const auto list = config.find("batches");
    if (list != config.end() && !list->is_null()) {
        auto sizes = read_list(*list);
        if (!sizes) return tl::unexpected(sizes.error());
        if (has_count || has_percent) {
            return bad_config("batches and " +
                              std::string(has_count ? "batch_size" : "batch_percent") +
                              " are both given: leave one out");
        }
        policy.sizes = std::move(*sizes);
    }
    if (!is_enabled->value_or(true)) policy.sizes = {{Kind::rest, 0}};
    return read_canary_by(config, policy);
}

Result<void> read_selector(const Json& config, Policy& policy) {
    const auto selector = config.find("selector");
    if (selector == config.end() || selector->is_null()) return {};
    if (!selector->is_object()) return bad_field("selector", "an object with labels or nodes");
    for (const auto& [key, value] : selector->items()) {
        if (key != "labels" && key != "nodes") {
            return bad_config("key 'selector." + cut_utf8(key, 64) + "' is unknown");
        }
    }
    // A selector that selects nothing is a mistake: it must not mean the whole fleet.
    if (selector->empty()) return bad_field("selector", "an object with labels or nodes");
    if (const auto labels = selector->find("labels"); labels != selector->end()) {
        if (auto read = read_labels(*labels, policy.selector); !read) return read;
    }
    if (const auto nodes = selector->find("nodes"); nodes != selector->end()) {
        auto words = read_words(*nodes, "selector.nodes", nodes_max, false);
        if (!words) return tl::unexpected(words.error());
        policy.selector.nodes = std::move(*words);
    }
    return {};
}

}  // namespace edgeroll::release::wire
