#include "control/cli/reconciliation.hpp"

#include <algorithm>
#include <vector>

#include "control/api/names/field_names.hpp"
#include "control/cli/advice.hpp"
#include "control/cli/table.hpp"
#include "control/cli/text.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;

constexpr const char* reconciliation_path = "/api/v1/reconciliation";
constexpr const char* continue_command = "edgeroll reconciliation continue --reason TEXT";
constexpr std::size_t owed_names_max = 3;
constexpr std::int64_t amount_max = 1'000'000'000;  ///< sums of such numbers are exact

std::int64_t amount_of(const Json& object, const char* field) {
    return std::clamp<std::int64_t>(integer_of(object, field), 0, amount_max);
}

std::int64_t amount_of_all(const Json& groups) {
    std::int64_t sum = 0;
    for (const Json& group : groups)
        sum += amount_of(group, field::count);
    return sum;
}

/// Empty for a number that is not there.
std::string number_of(const Json& object, const char* field) {
    const std::int64_t number = integer_of(object, field);
    return number == 0 ? std::string() : std::to_string(number);
}

bool is_true(const Json& object, const char* field) {
    if (!object.is_object()) return false;
    const auto found = object.find(field);
    return found != object.end() && found->is_boolean() && found->get<bool>();
}

/// "1 node is", "3 nodes are"
std::string nodes_are(std::int64_t count) {
    return nodes_text(count) + (count == 1 ? " is" : " are");
}

/// The nodes whose failures stopped it, the newest first, each once.
std::vector<std::string> nodes_that_failed(const Json& data) {
    std::vector<std::string> names;
    std::int64_t left = amount_of(data, field::failures_in_a_row);
    for (const Json& row : list_of(data, field::recent)) {
        const std::string outcome = text_of(row, field::outcome);
        if (outcome != "failed" && outcome != "success") continue;  // counts on neither side
        if (outcome == "success" || is_true(row, field::is_continued) || --left < 0) break;
        std::string name = node_name_of(row);
        if (std::find(names.begin(), names.end(), name) == names.end()) {
            names.push_back(std::move(name));
        }
    }
    return names;
}

std::string stopped_sentence(const Json& data) {
    const auto names = nodes_that_failed(data);
    return "has stopped: the last " + nodes_text(amount_of(data, field::failures_in_a_row)) +
           " that it served failed" +
           (names.empty() ? "" : " (" + some_of(names, names.size()) + ")") +
           "; mend the cause, then: " + continue_command;
}

/// The mode as the setting that chose it.
std::string chosen_mode(const Json& data) {
    const std::string mode = text_of(data, field::mode);
    return mode.empty() ? mode : "RECONCILE=" + mode;
}

/// Without its subject.
std::string status_sentence(const Json& data) {
    const std::string status = text_of(data, field::status);
    const std::int64_t owed = amount_of(data, field::owed);
    if (status == "off") {
        return "is off: no node gets by itself what it lacks; RECONCILE=new or RECONCILE=all in "
               "the settings of edgeroll-control switches it on";
    }
    if (status == "stopped") return stopped_sentence(data);
    if (status == "working") {
        const auto served = static_cast<std::int64_t>(list_of(data, field::open).size());
        return "is working: " + nodes_are(served) + " being served now, " + std::to_string(owed) +
               " more " + (owed == 1 ? "is" : "are") + " owed their content";
    }
    if (status == "due") {
        const std::int64_t next = amount_of_all(list_of(data, field::next));
        const std::int64_t later = owed - next;
        return "is due: " + nodes_are(next) + " taken up at the next look" +
               (later > 0 ? ", " + std::to_string(later) + " more must wait" : "");
    }
    if (status == "waiting") {
        return "waits: " + nodes_are(owed) +
               " owed their content, and none can be taken up now; below it says what each waits "
               "for";
    }
    if (status == "idle") {
        const std::string mode = chosen_mode(data);
        return "is idle: no node " + (mode.empty() ? "" : "that " + mode + " serves ") +
               "lacks the content that it is owed";
    }
    return "is " + status;  // a newer control may know more of them
}

std::string served_by_mode(const std::string& mode) {
    if (mode == "new") return "new: nodes that never got the content, or have nothing";
    if (mode == "all") return "all: also nodes whose content was changed, or is another one";
    return mode;
}

std::string settings_text(const Json& data) {
    const auto most = [&](const char* field, const char* setting) {
        const std::string number = number_of(data, field);
        return number.empty() ? number : "at most " + number + " (" + setting + ")";
    };
    std::string pace = most(field::per_minute, "RECONCILE_PER_MINUTE");
    if (const std::string taken = number_of(data, field::taken_last_minute); !taken.empty()) {
        pace += (pace.empty() ? "" : ", ") + taken + " in the last minute";
    }
    const std::string failures = number_of(data, field::failures_in_a_row);
    return render_fields({{"mode", served_by_mode(text_of(data, field::mode))},
                          {"at once", most(field::max, "RECONCILE_MAX")},
                          {"per minute", pace},
                          {"failures", failures.empty() ? failures : failures + " in a row"}});
}

/// "edge-1 (new), edge-2 (empty) and 7 more"
std::string first_nodes(const Json& group) {
    const Json nodes = list_of(group, field::nodes);
    const std::size_t shown = std::min(nodes.size(), owed_names_max);
    std::string text;
    for (std::size_t at = 0; at < shown; ++at) {
        const std::string cause = text_of(nodes[at], field::cause);
        text += (at == 0 ? "" : ", ") + node_name_of(nodes[at]) +
                (cause.empty() ? "" : " (" + cause + ")");
    }
    // Control names the first ten only.
    const std::int64_t more = amount_of(group, field::count) - static_cast<std::int64_t>(shown);
    if (shown > 0 && more > 0) text += " and " + std::to_string(more) + " more";
    return text;
}

std::string wait_text(const Json& group) {
    const std::int64_t seconds = amount_of(group, field::wait_sec);
    return seconds == 0 ? std::string() : duration_text(Millis(seconds * 1000));
}

std::string titled(const char* title, const Table& table) {
    return table.is_empty() ? std::string() : std::string("\n") + title + "\n" + table.text();
}

std::string open_table(const Json& data, Moment now) {
    Table table({{"RELEASE", Align::right},
                 {"NODE"},
                 {"CAUSE", Align::left, 24},
                 {"STARTED", Align::right}});
    for (const Json& row : list_of(data, field::open)) {
        if (!row.is_object()) continue;
        table.add({number_of(row, field::release_id), node_name_of(row), text_of(row, field::cause),
                   relative_text(text_of(row, field::started_at), now)});
    }
    return titled("Being served now", table);
}

/// Groups of nodes by release: what comes next, or waits.
std::string group_table(const char* title, const Json& groups) {
    Table table({{"RELEASE", Align::right},
                 {"VERSION", Align::right},
                 {"COUNT", Align::right},
                 {"NODES", Align::left, 80},
                 {"WHY", Align::left, 120},
                 {"WAIT", Align::right}});
    for (const Json& group : groups) {
        if (!group.is_object()) continue;
        const std::string text = text_of(group, field::text);
        table.add({number_of(group, field::release_id), number_of(group, field::version),
                   number_of(group, field::count), first_nodes(group),
                   text.empty() ? text_of(group, field::waits_for) : text, wait_text(group)});
    }
    return titled(title, table);
}

std::string recent_table(const Json& data, Moment now) {
    Table table({{"RELEASE", Align::right},
                 {"NODE"},
                 {"CAUSE", Align::left, 24},
                 {"ENDED", Align::right},
                 {"TOOK", Align::right},
                 {"OUTCOME", Align::left, 24},
                 {"ERROR", Align::left, 120, true}});
    for (const Json& row : list_of(data, field::recent)) {
        if (!row.is_object()) continue;
        const std::string ended = text_of(row, field::finished_at);
        const std::string forgiven = is_true(row, field::is_continued) ? " (forgiven)" : "";
        table.add({number_of(row, field::release_id), node_name_of(row), text_of(row, field::cause),
                   relative_text(ended, now),
                   took_text(text_of(row, field::started_at), ended, now),
                   text_of(row, field::outcome) + forgiven, text_of(row, field::error_msg)});
    }
    return titled("Ended last", table);
}

std::string render_continued(const Json& data) {
    const std::int64_t failures = integer_of(data, field::failures);
    if (text_of(data, field::outcome) == "unchanged") {
        return "nothing to continue: there is no failure to forgive; nothing was changed\n";
    }
    return "continued: " + std::to_string(failures) +
           (failures == 1 ? " failure is" : " failures are") +
           " forgiven, and nodes that failed are tried again\n"
           "See what comes next: edgeroll reconciliation show\n";
}

/// Neither call has a 404 of its own.
Text known_to_control(Text text) {
    if (!text && text.error().code == release::code::not_found) {
        text.error().message =
            std::string("this control is too old for it: it has no ") + reconciliation_path;
    }
    return text;
}

}  // namespace

std::string render_reconciliation(const Json& data, Moment now) {
    std::string sentence = "Reconciliation " + printable(status_sentence(data));
    if (!sentence.ends_with(continue_command)) sentence += ".";  // a command is copied
    return sentence + "\n\n" + settings_text(data) + open_table(data, now) +
           group_table("Next", list_of(data, field::next)) +
           group_table("Waiting", list_of(data, field::waiting)) + recent_table(data, now);
}

Text show_reconciliation(Format format, Ports ports) {
    ApiRequest request;
    request.path = reconciliation_path;
    return known_to_control(ask(request, format, ports, [&](const Json& data) -> Text {
        if (text_of(data, field::status).empty()) {
            return tl::unexpected(Failure{ExitStatus::unreachable,
                                          "control's answer holds no reconciliation: is it an "
                                          "edgeroll-control of this version?",
                                          0});
        }
        return render_reconciliation(data, ports.time.now());
    }));
}

Text continue_reconciliation(const ReconciliationContinue& what, Format format, Ports ports) {
    Json body = Json::object();
    if (!what.reason.empty()) body[field::reason] = what.reason;
    const ApiRequest request{
        "POST", std::string(reconciliation_path) + "/continue", release::wire::dump_json(body), {}};
    return known_to_control(ask(request, format, ports,
                                [](const Json& data) -> Text { return render_continued(data); }));
}

}  // namespace edgeroll::cli
