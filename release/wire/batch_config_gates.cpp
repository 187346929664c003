// The keys of the look after a batch: bake and gates.
#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "release/evidence.hpp"
#include "release/gate_query.hpp"
#include "release/text/utf8.hpp"
#include "release/text/web_url.hpp"
#include "release/wire/batch_config_parts.hpp"
#include "release/wire/gate_rules.hpp"

namespace edgeroll::release::wire {
namespace {

constexpr std::size_t gates_max = 8;
constexpr std::size_t gate_name_bytes_max = 32;
constexpr std::size_t query_bytes_max = 8'192;
constexpr std::int64_t consecutive_max = 100;
constexpr std::int64_t from_batch_max = 1'000'000;

/// An entry of the list, and its place for messages.
struct Entry {
    const Json& json;
    std::string place;  ///< `gates[0]`, `gates[0].prometheus`
    [[nodiscard]] std::string field(const char* name) const { return place + "." + name; }
};

// Messages of the strict readers name the field alone.
tl::unexpected<Error> bad_entry(const Entry& entry, const std::string& message) {
    return bad_config(entry.place + ": " + message);
}

bool has_key(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && !found->is_null();
}

Result<void> check_entry_keys(const Entry& entry, std::initializer_list<std::string_view> known) {
    for (const auto& [key, value] : entry.json.items()) {
        if (std::find(known.begin(), known.end(), key) != known.end()) continue;
        if (key == "counters" || key == "plugin") {
            return bad_entry(entry, "'" + key + "' is not built yet");
        }
        return bad_entry(entry, "key '" + cut_utf8(key, 64) + "' is unknown");
    }
    return {};
}

Result<std::string> text_of(const Entry& entry, const char* name) {
    auto text = optional_text(entry.json, name);
    if (!text) return bad_entry(entry, text.error().message);
    if (!*text) return bad_entry(entry, std::string("field '") + name + "' is missing");
    return std::move(**text);
}

Result<int> whole_number(const Entry& entry, const char* name, std::int64_t most, int preset) {
    const auto value = optional_integer(entry.json, name);
    if (!value) return bad_entry(entry, value.error().message);
    if (!*value) return preset;
    if (**value < 1 || **value > most) {
        return bad_field(entry.field(name), "from 1 to " + std::to_string(most));
    }
    return static_cast<int>(**value);
}

Result<std::string> read_name(const Entry& entry) {
    auto name = text_of(entry, "name");
    if (!name) return name;
    const bool is_plain =
        !name->empty() && name->size() <= gate_name_bytes_max &&
        std::all_of(name->begin(), name->end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        });
    if (!is_plain) return bad_field(entry.field("name"), "1 to 32 of a-z, 0-9, _ and -");
    if (evidence::is_reserved(*name)) {
        return bad_field(entry.field("name"), "another word: the evidence uses '" + *name + "'");
    }
    return name;
}

Result<std::string> read_url(const Entry& entry) {
    auto url = text_of(entry, "url");
    if (!url) return url;
    if (const auto parsed = parse_web_url(*url); !parsed) {
        return bad_field(entry.field("url"), parsed.error().message);
    }
    return url;
}

Result<Comparison> read_comparison(const Entry& entry, const char* name) {
    const auto text = text_of(entry, name);
    if (!text) return tl::unexpected(text.error());
    const auto comparison = parse_comparison(*text);
    if (!comparison) {
        return bad_field(entry.field(name),
                         "one of < <= > >= == != and a finite number, e.g. \"< 0.01\"");
    }
    return *comparison;
}

Result<void> read_judging(const Entry& entry, PrometheusRule& rule) {
    const auto pass = read_comparison(entry, "pass");
    if (!pass) return tl::unexpected(pass.error());
    rule.pass = *pass;
    if (has_key(entry.json, "fail")) {
        const auto failing = read_comparison(entry, "fail");
        if (!failing) return tl::unexpected(failing.error());
        if (do_overlap(*pass, *failing)) {
            return bad_field(entry.field("fail"), "a condition that no passing number meets");
        }
        rule.fail = *failing;
    }
    const auto consecutive = whole_number(entry, "consecutive", consecutive_max, 1);
    if (!consecutive) return tl::unexpected(consecutive.error());
    rule.consecutive = *consecutive;
    const auto no_data = optional_text(entry.json, "no_data");
    if (!no_data) return bad_entry(entry, no_data.error().message);
    const std::string word = no_data->value_or("unsure");
    if (word != "unsure" && word != "pass" && word != "fail") {
        return bad_field(entry.field("no_data"), "unsure, pass or fail");
    }
    rule.no_data = word == "pass"   ? GateAnswer::Kind::pass
                   : word == "fail" ? GateAnswer::Kind::fail
                                    : GateAnswer::Kind::unsure;
    return {};
}

Result<std::string> read_query(const Entry& entry) {
    auto query = text_of(entry, "query");
    if (!query) return query;
    const bool is_text = std::none_of(query->begin(), query->end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' && c != '\r';
    });
    if (query->empty() || query->size() > query_bytes_max || !is_text) {
        return bad_field(entry.field("query"), "1 to 8192 bytes of text");
    }
    if (const auto fault = fault_of_query(*query)) return bad_field(entry.field("query"), *fault);
    return query;
}

Result<void> read_source(const Entry& entry, PrometheusRule& rule) {
    auto url = read_url(entry);
    if (!url) return tl::unexpected(url.error());
    if (url->find('?') != url->npos) {
        return bad_field(entry.field("url"), "the URL of the server, without a query");
    }
    rule.url = std::move(*url);
    auto query = read_query(entry);
    if (!query) return tl::unexpected(query.error());
    rule.query = std::move(*query);
    auto token = optional_text(entry.json, "token_file");
    if (!token) return bad_entry(entry, token.error().message);
    if (!*token) return {};
    if (!is_token_path(**token)) {
        return bad_field(entry.field("token_file"),
                         "the path of a file below GATE_TOKENS_DIR, relative and without '..'");
    }
    rule.token_file = std::move(**token);
    return {};
}

Result<void> read_prometheus(const Entry& entry, Gate& gate) {
    const Entry source{entry.json.at("prometheus"), entry.place + ".prometheus"};
    if (!source.json.is_object()) return bad_field(source.place, "an object");
    if (auto known = check_entry_keys(source, {"url", "query", "token_file"}); !known) return known;
    PrometheusRule rule;
    if (auto done = read_source(source, rule); !done) return done;
    if (auto done = read_judging(entry, rule); !done) return done;
    gate.prometheus = std::move(rule);
    return {};
}

Result<void> read_target(const Entry& entry, Gate& gate) {
    if (has_key(entry.json, "url") == has_key(entry.json, "prometheus")) {
        return bad_config(entry.place + " must have url or prometheus, and not both");
    }
    if (has_key(entry.json, "prometheus")) return read_prometheus(entry, gate);
    for (const char* key : {"pass", "fail", "consecutive", "no_data"}) {
        if (!has_key(entry.json, key)) continue;
        return bad_entry(entry, std::string("'") + key + "' needs prometheus");
    }
    auto url = read_url(entry);
    if (!url) return tl::unexpected(url.error());
    gate.url = std::move(*url);
    return {};
}

Result<Gate> read_entry(const Entry& entry, Millis every) {
    if (!entry.json.is_object()) return bad_field(entry.place, "an object");
    auto known =
        check_entry_keys(entry, {"name", "every_sec", "after_sec", "from_batch", "dry_run", "url",
                                 "prometheus", "pass", "fail", "consecutive", "no_data"});
    if (!known) return tl::unexpected(known.error());
    Gate gate;
    auto name = read_name(entry);
    if (!name) return tl::unexpected(name.error());
    gate.name = std::move(*name);
    if (auto done = read_target(entry, gate); !done) return tl::unexpected(done.error());
    const auto own = optional_span(entry.json, "every_sec", entry.field("every_sec"));
    if (!own) return tl::unexpected(own.error());
    gate.every = own->value_or(every);
    const auto found = entry.json.find("after_sec");
    const bool is_zero = found != entry.json.end() && found->is_number() && *found == 0;
    if (!is_zero) {
        const auto after = optional_span(entry.json, "after_sec", entry.field("after_sec"));
        if (!after) return tl::unexpected(after.error());
        gate.after = after->value_or(gate.after);
    }
    const auto from_batch = whole_number(entry, "from_batch", from_batch_max, 1);
    if (!from_batch) return tl::unexpected(from_batch.error());
    gate.from_batch = *from_batch;
    const auto dry_run = optional_flag(entry.json, "dry_run");
    if (!dry_run) return bad_entry(entry, dry_run.error().message);
    gate.is_dry_run = dry_run->value_or(false);
    return gate;
}

Result<void> read_gate_list(const Json& config, Millis every, Policy& policy) {
    const auto found = config.find("gates");
    if (found == config.end() || found->is_null()) return {};
    if (!found->is_array() || found->empty() || found->size() > gates_max) {
        return bad_field("gates", "a list of 1 to 8 gates");
    }
    for (std::size_t i = 0; i < found->size(); ++i) {
        const Entry entry{(*found)[i], "gates[" + std::to_string(i) + "]"};
        auto gate = read_entry(entry, every);
        if (!gate) return tl::unexpected(gate.error());
        const bool is_repeated =
            std::any_of(policy.gates.begin(), policy.gates.end(),
                        [&](const Gate& other) { return other.name == gate->name; });
        if (is_repeated) return bad_field(entry.field("name"), "different from the other names");
        policy.gates.push_back(std::move(*gate));
    }
    return {};
}

Result<void> read_gate_url(const Json& config, Millis every, Policy& policy) {
    const auto url = optional_text(config, "gate_url");
    if (!url) return bad_config(url.error().message);
    if (!*url) return {};
    if (const auto parsed = parse_web_url(**url); !parsed) {
        return bad_field("gate_url", parsed.error().message);
    }
    Gate gate;
    gate.name = evidence::gate_url;
    gate.url = **url;
    gate.every = every;
    policy.gates.push_back(std::move(gate));
    return {};
}

Result<void> read_final_look(const Json& config, Policy& policy) {
    const auto flag = optional_flag(config, "final_gate");
    if (!flag) return bad_config(flag.error().message);
    policy.has_final_look = flag->value_or(true);
    if (*flag && !policy.has_look()) {
        return bad_config("final_gate is given without bake_sec, gate_url or gates");
    }
    return {};
}

}  // namespace

Result<void> read_gates(const Json& config, Policy& policy) {
    const auto bake = optional_span(config, "bake_sec");
    if (!bake) return tl::unexpected(bake.error());
    policy.bake = bake->value_or(Millis{0});
    const auto every = optional_span(config, "gate_every_sec");
    if (!every) return tl::unexpected(every.error());
    const auto timeout = optional_span(config, "gate_timeout_sec");
    if (!timeout) return tl::unexpected(timeout.error());
    policy.gate_timeout = timeout->value_or(policy.gate_timeout);
    const Millis usual = every->value_or(Gate{}.every);
    if (auto done = read_gate_url(config, usual, policy); !done) return done;
    if (auto done = read_gate_list(config, usual, policy); !done) return done;
    if (policy.gates.empty() && (*every || *timeout)) {
        return bad_config(std::string(*every ? "gate_every_sec" : "gate_timeout_sec") +
                          " is given without gate_url or gates");
    }
    return read_final_look(config, policy);
}

}  // namespace edgeroll::release::wire
