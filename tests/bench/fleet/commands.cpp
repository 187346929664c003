#include "tests/bench/fleet/commands.hpp"

#include <charconv>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

namespace edgeroll::bench {
namespace {

using release::fail;
using release::Result;
using Words = std::vector<std::string>;

template <class Number>
Result<Number> number_of(const std::string& word, Number most) {
    Number number{};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || end != word.data() + word.size() || number < Number{0} ||
        number > most) {
        return fail("'" + word + "' is no number from 0 to " + std::to_string(most));
    }
    return number;
}

constexpr int ms_max = 3'600'000;
constexpr std::uint32_t node_max = 10'000'000;

/// The nodes that `words` from `first` to before `last` name.
Result<std::vector<std::uint32_t>> nodes_of(const Words& words, std::size_t first,
                                            std::size_t last) {
    std::vector<std::uint32_t> nodes;
    for (std::size_t i = first; i < last; ++i) {
        const std::size_t dash = words[i].find('-');
        const auto from = number_of(words[i].substr(0, dash), node_max);
        const bool is_range = dash != std::string::npos;
        const auto to = is_range ? number_of(words[i].substr(dash + 1), node_max) : from;
        if (!from || !to || *from > *to) return fail("'" + words[i] + "' names no nodes");
        for (std::uint32_t node = *from; node <= *to; ++node)
            nodes.push_back(node);
    }
    if (nodes.empty()) return fail("'" + words[0] + "' needs nodes");
    return nodes;
}

Result<std::string> to_nodes(const std::vector<std::uint32_t>& nodes, const auto& change) {
    for (const std::uint32_t node : nodes) {
        if (!change(node)) return fail("there is no node " + std::to_string(node));
    }
    return std::to_string(nodes.size()) + " nodes";
}

Result<std::string> set_times(Fleet& fleet, const Words& words) {
    const bool is_rtt = words[0] == "rtt";
    if (words.size() < (is_rtt ? 3U : 2U) || words.size() > 3) {
        return fail("'" + words[0] + "' needs " + (is_rtt ? "FROM TO" : "MS [SPREAD]"));
    }
    const auto first = number_of(words[1], ms_max);
    if (!first) return tl::unexpected(first.error());
    const auto second = words.size() > 2 ? number_of(words[2], ms_max) : Result<int>(0);
    if (!second) return tl::unexpected(second.error());
    if (is_rtt && *first > *second) return fail("'rtt': " + words[1] + " is above " + words[2]);
    if (is_rtt) {
        fleet.set_rtt(*first, *second);
    } else {
        fleet.set_apply_time({*first, *second});
    }
    return std::string();
}

Result<std::string> set_dark(Fleet& fleet, const Words& words) {
    const bool is_dark = words[0] == "dark";
    if (!is_dark && words.size() == 1) {
        fleet.light_all();
        return std::string();
    }
    const auto nodes = nodes_of(words, 1, words.size());
    if (!nodes) return tl::unexpected(nodes.error());
    return to_nodes(*nodes, [&](std::uint32_t node) { return fleet.set_dark(node, is_dark); });
}

Result<std::string> set_failing(Fleet& fleet, const Words& words) {
    if (words.size() == 2 && words[1] == "none") {
        fleet.clear_failing();
        return std::string();
    }
    std::size_t last = words.size();
    std::int64_t version = every_version;
    if (last > 2 && words[last - 2] == "version") {
        const auto given = number_of(words[last - 1], std::int64_t{1} << 60U);
        if (!given) return tl::unexpected(given.error());
        version = *given;
        last -= 2;
    }
    const auto nodes = nodes_of(words, 1, last);
    if (!nodes) return tl::unexpected(nodes.error());
    return to_nodes(*nodes, [&](std::uint32_t node) { return fleet.set_failing(node, version); });
}

std::string status_of(Fleet& fleet) {
    nlohmann::json status{{"connections", fleet.connections()}};
    for (std::size_t i = 0; i < event_count; ++i) {
        const auto event = static_cast<Event>(i);
        status[to_text(event)] = fleet.record().count(event);
    }
    return status.dump();
}

Result<std::string> run(Fleet& fleet, const Words& words) {
    const std::string& command = words[0];
    if (command == "apply" || command == "rtt") return set_times(fleet, words);
    if (command == "dark" || command == "light") return set_dark(fleet, words);
    if (command == "fail") return set_failing(fleet, words);
    if (command == "report") {
        if (words.size() != 2) return fail("'report' needs FILE");
        if (auto written = fleet.record().write(words[1]); !written) {
            return tl::unexpected(written.error());
        }
        return std::to_string(fleet.record().size()) + " entries";
    }
    std::string said;
    if (command == "reset-log") {
        fleet.record().reset();
    } else if (command == "close-idle") {
        said = std::to_string(fleet.close_idle()) + " connections";
    } else if (command == "applied") {
        said = nlohmann::json(fleet.applied()).dump();
    } else if (command == "status") {
        said = status_of(fleet);
    } else if (command == "quit") {
        said = "bye";
    } else {
        return fail("unknown command '" + command + "'");
    }
    if (words.size() > 1) return fail("'" + command + "' takes no '" + words[1] + "'");
    return said;
}

}  // namespace

Result<CommandAnswer> run_command(Fleet& fleet, const std::string& line) {
    std::istringstream text(line);
    Words words;
    for (std::string word; text >> word;)
        words.push_back(word);
    if (words.empty()) return fail("an empty line is no command");
    const auto said = run(fleet, words);
    if (!said) return tl::unexpected(said.error());
    CommandAnswer answer;
    answer.line = said->empty() ? "ok" : "ok " + *said;
    answer.is_quit = words[0] == "quit";
    return answer;
}

}  // namespace edgeroll::bench
