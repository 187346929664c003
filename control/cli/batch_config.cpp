#include "control/cli/batch_config.hpp"

#include <fstream>
#include <iterator>

#include "control/cli/blank_values.hpp"
#include "control/cli/option_checks.hpp"
#include "control/cli/text.hpp"
#include "release/wire/batch_config.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;

constexpr std::size_t bytes_max = release::wire::batch_config_bytes_max;

Answer<std::string> read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text(bytes_max + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!file.eof() && !file.good()) {
        return refuse("cannot read --batch-config " + printable(path) +
                      ": name a file, or write the JSON object itself");
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

Answer<Json> read_config(const std::string& typed, Keyboard& keyboard) {
    const std::size_t first = typed.find_first_not_of(" \t\r\n");
    const bool is_text = first != std::string::npos && typed[first] == '{';
    std::string source = "--batch-config";
    std::string text = typed;
    if (typed == "-") {
        auto read = keyboard.read_all(bytes_max);
        if (!read) return refuse("standard input is over 512 KiB: that is no batch_config");
        source += " from standard input";
        text = std::move(*read);
    } else if (!is_text) {
        auto read = read_file(typed);
        if (!read) return tl::unexpected(std::move(read.error()));
        source += " " + printable(typed);
        text = std::move(*read);
    }
    if (is_blank(text)) return refuse(source + " is empty: leave the option out for the defaults");
    auto config = release::wire::parse_json(text, bytes_max);
    if (!config) return refuse(source + ": " + printable(config.error().message));
    if (!config->is_object()) return refuse(source + ": must be a JSON object");
    return std::move(*config);
}

/// "5%" stays text, "3" becomes a number.
Json count_or_share(const std::string& text) {
    return text.ends_with('%') ? Json(text) : Json(std::stoll(text));
}

void add_selector(Json& config, const BatchOptions& typed) {
    if (!typed.labels.empty()) {
        Json labels = Json::object();
        for (const std::string& label : typed.labels) {
            const std::size_t equals = label.find('=');
            labels[label.substr(0, equals)].push_back(label.substr(equals + 1));
        }
        config["selector"]["labels"] = std::move(labels);
    }
    if (!typed.nodes.empty()) config["selector"]["nodes"] = typed.nodes;
}

void add_number(Json& config, const char* key, const std::optional<int>& number) {
    if (number) config[key] = *number;
}

}  // namespace

Answer<Json> batch_config_of(const BatchOptions& typed, Keyboard& keyboard) {
    Json config = Json::object();
    if (!typed.config.empty()) {
        auto read = read_config(typed.config, keyboard);
        if (!read) return read;
        config = std::move(*read);
    }
    const bool has_sizes = typed.batch_size || typed.batch_percent || !typed.batches.empty();
    // An option for the sizes replaces all keys for sizes.
    if (has_sizes) {
        for (const char* key : {"batch_size", "batch_percent", "batches", "canary_by"})
            config.erase(key);
    }
    if (!typed.labels.empty() || !typed.nodes.empty()) config["selector"] = Json::object();
    add_number(config, "batch_size", typed.batch_size);
    add_number(config, "batch_percent", typed.batch_percent);
    if (!typed.batches.empty()) config["batches"] = split(typed.batches, ',');
    add_selector(config, typed);
    add_number(config, "max_parallel", typed.max_parallel);
    for (const std::string& pool : typed.max_parallel_per) {
        if (&pool == &typed.max_parallel_per.front()) config["max_parallel_per"] = Json::object();
        const std::size_t equals = pool.find('=');
        config["max_parallel_per"][pool.substr(0, equals)] = std::stoll(pool.substr(equals + 1));
    }
    add_number(config, "failure_threshold", typed.failure_threshold);
    add_number(config, "max_batch_fail_rate", typed.max_batch_fail_rate);
    if (!typed.max_unreachable.empty()) {
        config["max_unreachable"] = count_or_share(typed.max_unreachable);
    }
    add_number(config, "retries", typed.retries);
    if (typed.has_pause_after_batch) config["pause_after_batch"] = true;
    if (typed.interval_sec) {
        const auto whole = static_cast<std::int64_t>(*typed.interval_sec);
        const bool is_whole = static_cast<double>(whole) == *typed.interval_sec;
        config["batch_interval_sec"] = is_whole ? Json(whole) : Json(*typed.interval_sec);
    }
    if (!typed.on_failure.empty()) config["on_failure"] = typed.on_failure;
    return config;
}

}  // namespace edgeroll::cli
