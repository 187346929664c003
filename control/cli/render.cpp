#include "control/cli/render.hpp"

#include <utility>

#include "control/cli/advice.hpp"
#include "control/cli/table.hpp"

namespace edgeroll::cli {
namespace {

constexpr std::size_t error_width_max = 120;

std::string batch_text(const ReleaseLine& release) {
    if (release.total_batches == 0) return {};
    if (is_at_joined(release)) {
        // It was a success before, so each batch is done.
        if (release.status != "success") return batch_label(0);
        return std::to_string(release.total_batches) + "/" + std::to_string(release.total_batches);
    }
    return std::to_string(release.current_batch) + "/" + std::to_string(release.total_batches);
}

/// "2 min ago (2026-11-21T11:29:20.000Z)"
std::string time_text(const std::string& rfc3339, Moment now) {
    if (rfc3339.empty()) return {};
    return relative_text(rfc3339, now) + " (" + rfc3339 + ")";
}

std::string head(const ReleaseLine& release, Moment now) {
    const Tally nodes = tally(release);
    std::string status = release.status;
    if (const std::string position = position_text(release); !position.empty()) {
        status += ", " + position;
    }
    if (!release.batch_status.empty()) status += " (batches " + release.batch_status + ")";
    std::string counts =
        std::to_string(nodes.success) + " of " + std::to_string(nodes.total) + " succeeded";
    if (const std::string others = remarks(nodes); !others.empty()) counts += ", " + others;
    std::string created = time_text(release.created_at, now);
    if (!release.created_by.empty()) created += " by " + release.created_by;
    const auto numbered = [](std::int64_t number) {
        return number > 0 ? std::to_string(number) : std::string();
    };
    return render_fields({{"release", std::to_string(release.id)},
                          {"version", std::to_string(release.version)},
                          {"type", release.type + " to " + release.target},
                          {"status", status},
                          {"nodes", counts},
                          {"joined", joined_text(release)},
                          {"hold", hold_text(release)},
                          {"now", waiting_text(release.waiting, now)},
                          {"last error", release.last_error},
                          {"reason", release.reason},
                          {"rolls back", numbered(release.rolls_back)},
                          {"taken from", numbered(release.from_release)},
                          {"waived", numbered(release.waived_failures)},
                          {"at once", numbered(release.max_parallel)},
                          {"callback", release.callback_url},
                          {"created", created},
                          {"started", time_text(release.started_at, now)},
                          {"finished", time_text(release.finished_at, now)},
                          {"took", took_text(release.started_at, release.finished_at, now)}});
}

std::string node_table(const ReleaseLine& release, Moment now) {
    Table table({{"BATCH", Align::right},
                 {"ID", Align::right},
                 {"NODE"},
                 {"STATUS"},
                 {"DONE", Align::right},
                 {"VERSION", Align::right},
                 {"TRY", Align::right},
                 {"TOOK", Align::right},
                 {"FAILURE"},
                 {"ERROR", Align::left, error_width_max, true}});
    for (const BatchLine& batch : release.batches) {
        for (const NodeLine& node : batch.nodes) {
            const bool is_on_its_way = node.status == "running" && node.progress > 0;
            table.add({batch.number == 0 ? batch_label(0) : std::to_string(batch.number),
                       std::to_string(node.id), node.name, node.status,
                       is_on_its_way ? std::to_string(node.progress) + " %" : "",
                       node.config_version > 0 ? std::to_string(node.config_version) : "",
                       node.attempt > 0 ? std::to_string(node.attempt) : "",
                       took_text(node.started_at, node.finished_at, now), node.failure_kind,
                       node.error});
        }
    }
    return table.is_empty() ? std::string() : "\n" + table.text();
}

std::string labels_text(const std::map<std::string, std::string>& labels) {
    std::string text;
    for (const auto& [name, value] : labels) {
        text += (text.empty() ? "" : ",") + name + "=" + value;
    }
    return text;
}

/// Only shown where it differs: a fleet without drift needs no column.
std::string wanted_text(const FleetLine& node) {
    return node.has_drift.value_or(false) ? node.wanted_version : std::string();
}

/// "42 1f3a9c0d22ee": the version and the first digits of its content's digest.
std::string content_text(const std::string& version, const std::string& sha256) {
    constexpr std::size_t digits = 12;
    return sha256.empty() ? version : version + " " + sha256.substr(0, digits);
}

/// "offline 3 min ago": only heartbeats say since when.
std::string fleet_status(const FleetLine& node, Moment now) {
    std::string text = node.status;
    if (!node.offline_since.empty()) text += " " + relative_text(node.offline_since, now);
    return node.is_enabled ? text : text + " (disabled)";
}

/// What lies there, where the agent says it; else what was put there.
std::string held_text(const FleetLine& node) {
    if (node.drift_kind == "empty") return "nothing";
    if (node.drift_kind == "changed_on_disk" && node.observed_sha256.empty()) return "not readable";
    if (!node.observed_sha256.empty()) {
        return content_text(node.observed_version, node.observed_sha256);
    }
    const std::string has = content_text(node.applied_version, node.applied_sha256);
    return has.empty() ? "nothing known" : has;
}

/// When its agent was last heard of: while it answers heartbeats, at most some minutes ago.
std::string reached_text(const FleetLine& node, Moment now) {
    return node.last_seen_at.empty() ? "never" : relative_text(node.last_seen_at, now);
}

}  // namespace

std::string render_releases(const std::vector<ReleaseLine>& releases, std::int64_t total,
                            Moment now) {
    if (releases.empty()) {
        return total == 0 ? "no releases\n"
                          : "no releases on this page (" + std::to_string(total) + " in all)\n";
    }
    Table table({{"ID", Align::right},
                 {"VERSION", Align::right},
                 {"STATUS"},
                 {"BATCH", Align::right},
                 {"DONE", Align::right},
                 {"FAILED", Align::right},
                 {"CREATED", Align::right},
                 {"BY", Align::left, 24},
                 {"REASON", Align::left, 40},
                 {"LAST ERROR", Align::left, 60, true}});
    for (const ReleaseLine& release : releases) {
        const Tally nodes = tally(release);
        table.add({std::to_string(release.id), std::to_string(release.version), release.status,
                   batch_text(release),
                   std::to_string(nodes.finished()) + "/" + std::to_string(nodes.total),
                   nodes.failed > 0 ? std::to_string(nodes.failed) : "",
                   relative_text(release.created_at, now), release.created_by, release.reason,
                   release.last_error});
    }
    return table.text() + std::to_string(releases.size()) + " of " + std::to_string(total) + "\n";
}

std::string render_release(const ReleaseLine& release, Moment now) {
    return head(release, now) + node_table(release, now);
}

std::string render_fleet(const std::vector<FleetLine>& fleet, Moment now) {
    if (fleet.empty()) return "no nodes\n";
    Table table({{"ID", Align::right},
                 {"NAME"},
                 {"ADDRESS"},
                 {"STATUS"},
                 {"VERSION", Align::right},
                 {"WANTED", Align::right},
                 {"LAST REACHED", Align::right},
                 {"AGENT"},
                 {"LOOKS", Align::left, 40},
                 {"LABELS", Align::left, 80}});
    for (const FleetLine& node : fleet) {
        const bool is_ipv6 = node.ip.find(':') != std::string::npos;
        const std::string host = is_ipv6 ? "[" + node.ip + "]" : node.ip;
        table.add({std::to_string(node.id), node.name, host + ":" + std::to_string(node.port),
                   fleet_status(node, now), node.applied_version, wanted_text(node),
                   reached_text(node, now), node.agent_version, node.looks,
                   labels_text(node.labels)});
    }
    return table.text();
}

std::string render_drift(const std::vector<FleetLine>& fleet, Moment now) {
    if (fleet.empty()) return "no drift\n";
    Table table({{"ID", Align::right},
                 {"NAME"},
                 {"STATUS"},
                 {"DRIFT"},
                 {"HAS"},
                 {"WANTED"},
                 {"LAST REACHED", Align::right},
                 {"REMARK", Align::left, 60},
                 {"LABELS", Align::left, 80}});
    for (const FleetLine& node : fleet) {
        table.add({std::to_string(node.id), node.name, fleet_status(node, now), node.drift_kind,
                   held_text(node), content_text(node.wanted_version, node.wanted_sha256),
                   reached_text(node, now), node.observed_remark, labels_text(node.labels)});
    }
    return table.text();
}

std::vector<std::string> hold_lines(const ReleaseLine& release, Moment now) {
    std::vector<std::string> lines;
    if (is_finished(release)) return lines;
    Waiting waiting = release.waiting;
    if (const std::string hold = hold_text(release); !hold.empty()) {
        // The end time is shown once, with the hold.
        const Waiting held{hold, std::exchange(waiting.until, {}), {}};
        lines.push_back("hold: " + waiting_text(held, now));
    }
    const std::string text = waiting_text(waiting, now);
    if (!text.empty()) lines.push_back("now: " + text);
    return lines;
}

std::string node_outcome(const NodeLine& node) {
    std::string text = node.status;
    if (!node.failure_kind.empty()) text += " (" + node.failure_kind + ")";
    if (!node.error.empty()) text += ": " + node.error;
    return printable(text);
}

std::string conclusion(const ReleaseLine& release) {
    const Tally nodes = tally(release);
    std::string text = "release " + std::to_string(release.id) + " " + release.status + ": " +
                       std::to_string(nodes.success) + " of " + std::to_string(nodes.total) +
                       " nodes succeeded";
    if (const std::string others = remarks(nodes); !others.empty()) text += ", " + others;
    text += joined_remark(release);
    if (!release.last_error.empty()) text += "; " + release.last_error;
    return printable(text);
}

std::string waiting_text(const Waiting& waiting, Moment now) {
    constexpr std::size_t names_max = 3;
    std::string text = waiting.reason;
    if (!waiting.nodes.empty()) {
        text += " (";
        for (std::size_t at = 0; at < waiting.nodes.size() && at < names_max; ++at) {
            text += (at == 0 ? "" : ", ") + waiting.nodes[at];
        }
        if (waiting.nodes.size() > names_max) {
            text += " and " + std::to_string(waiting.nodes.size() - names_max) + " more";
        }
        text += ")";
    }
    if (!waiting.until.empty()) {
        text += ", until " + waiting.until;
        if (parse_moment(waiting.until)) text += " (" + relative_text(waiting.until, now) + ")";
    }
    return printable(text);
}

}  // namespace edgeroll::cli
