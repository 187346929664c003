#include "control/api/views.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "control/api/limits_view.hpp"
#include "control/api/names/field_names.hpp"
#include "control/api/view_parts.hpp"
#include "control/api/waiting.hpp"
#include "release/wire/batch_config.hpp"
#include "release/wire/json_words.hpp"

namespace edgeroll::control::api {
namespace {

using release::wire::Json;

template <class Id>
Json number_or_null(const std::optional<Id>& id) {
    return id ? Json(id->value) : Json(nullptr);
}

/// Without the parts that may be secret: user, password and parameters.
std::string public_url(std::string url) {
    url.erase(std::min(url.find_first_of("?#"), url.size()));
    const std::size_t scheme = url.find("://");
    if (scheme == std::string::npos) return url;
    const std::size_t host = scheme + 3;
    const std::size_t end = std::min(url.find('/', host), url.size());
    const std::size_t at = url.rfind('@', end);
    if (at != std::string::npos && at >= host) url.erase(host, at + 1 - host);
    return url;
}

release::SteeringState steering_state(const ReleaseSummary& release) {
    release::SteeringState state;
    state.status = release.status;
    state.batch_status = release.batch_status;
    state.requested = release::from_text<release::Action>(release.requested_action)
                          .value_or(release::Action::none);
    state.hold = release.hold;
    state.current_batch = release.current_batch;
    state.total_batches = release.total_batches;
    state.deferred_nodes = release.counts.deferred;
    state.type = release::from_text<release::TaskType>(release.type)
                     .value_or(release::TaskType::apply_config);
    state.is_rollback = release.rolls_back.has_value();
    state.is_reload_only = release.content_sha256 == release::reload_only_mark;
    state.rolled_back_by = release.rolled_back_by;
    return state;
}

/// The actions that would be accepted now: a console shows them as buttons.
Json actions_of(const ReleaseSummary& release) {
    const release::SteeringState state = steering_state(release);
    Json actions = Json::array();
    for (const release::Steering action : release::all_steering) {
        const release::Ruling ruling = judge(action, state);
        const bool is_open = ruling.kind == release::Ruling::Kind::allowed ||
                             ruling.kind == release::Ruling::Kind::withdraws;
        if (is_open) actions.push_back(std::string(to_text(action)));
    }
    return actions;
}

/// Hides what the URLs below contain, whatever their shape: a row by SQL may have any.
void hide_urls(Json& value) {
    if (!value.is_structured()) return;
    for (auto& [key, one] : value.items()) {
        if (one.is_structured()) {
            hide_urls(one);
        } else if (key == "url" && one.is_string()) {
            one = public_url(one.get<std::string>());
        }
    }
}

/// batch_config as an object; null when missing or unreadable.
Json public_config(const std::string& text) {
    auto config = release::wire::parse_json(text, release::wire::batch_config_bytes_max);
    if (!config || !config->is_object()) return nullptr;
    const auto gate = config->find("gate_url");
    if (gate != config->end() && gate->is_string()) *gate = public_url(gate->get<std::string>());
    const auto list = config->find("gates");
    if (list != config->end()) hide_urls(*list);
    return std::move(*config);
}

void add_steering(Json& data, const ReleaseSummary& release) {
    const LimitsView limits = read_limits(release.batch_config);
    data[field::requested_action] = word_or_null(release.requested_action);
    data[field::hold_reason] = word_or_null(to_text(shown_hold(release)));
    data[field::rolls_back] = number_or_null(release.rolls_back);
    data[field::rolled_back_by] = number_or_null(release.rolled_back_by);
    data[field::from_release] = number_or_null(release.from_release);
    data[field::waived_failures] = release.waived_failures;
    data[field::callback_url] = word_or_null(public_url(release.callback_url));
    data[field::max_parallel] = limits.max_parallel;
    data[field::max_parallel_per] = limits.max_parallel_per;
    data[field::actions] = actions_of(release);
}

Json json_of_release(const ReleaseSummary& release, const WaitingFacts& facts) {
    Json data = Json::object();
    data[field::release_id] = release.id.value;
    data[field::type] = release.type;
    data[field::target] = release.target;
    data[field::version] = release.version.value;
    data[field::reload_only] = release.is_reload_only;
    data[field::status] = std::string(to_text(release.status));
    data[field::batch_status] = word_or_null(to_text(release.batch_status));
    data[field::current_batch] = release.current_batch;
    data[field::started_batch] =
        release.started_batch ? Json(*release.started_batch) : Json(nullptr);
    data[field::total_batches] = release.total_batches;
    data[field::total_nodes] = release.total_nodes;
    data[field::success_nodes] = release.success_nodes;
    data[field::failed_nodes] = release.failed_nodes;
    data[field::skipped_nodes] = release.counts.skipped;
    data[field::deferred_nodes] = release.counts.deferred;
    data[field::cancelled_nodes] = release.counts.cancelled;
    data[field::waiting_for] = waiting_for(release, facts);
    data[field::last_error] = release.last_error;
    data[field::reason] = release.reason;
    data[field::created_by] = release.created_by;
    data[field::created_at] = word_or_null(release.created_at);
    data[field::updated_at] = word_or_null(release.updated_at);
    data[field::started_at] = word_or_null(release.started_at);
    data[field::finished_at] = word_or_null(release.finished_at);
    data[field::baked_at] = word_or_null(release.baked_at);
    data[field::aborted_at] = word_or_null(release.aborted_at);
    add_steering(data, release);
    return data;
}

Json json_of_row(const ReleaseNodeView& node) {
    Json data = Json::object();
    data[field::node_id] = node.id.value;
    data[field::node_name] = node.name;
    data[field::status] = std::string(to_text(node.status));
    data[field::attempt] = node.attempt;
    data[field::failure_kind] = word_or_null(to_text(node.failure));
    data[field::reason_kind] = word_or_null(to_text(node.reason));
    data[field::error_msg] = node.error;
    data[field::started_at] = word_or_null(node.started_at);
    data[field::finished_at] = word_or_null(node.finished_at);
    data[field::progress] = node.progress;
    data[field::evidence] = evidence_or_null(node.evidence);
    data[field::config_version] = number_or_null(node.config_version);
    data[field::agent_task_id] = word_or_null(node.task_id);
    return data;
}

WaitingFacts facts_of(const ReleaseView& view, release::Millis node_timeout) {
    WaitingFacts facts;
    facts.nodes = view.nodes;
    facts.full_pools = view.full_pools;
    facts.held_nodes = view.held_nodes;
    facts.node_timeout = node_timeout;
    return facts;
}

/// Written by an agent or an operator; null where it is not a list.
Json steps_of(const std::string& text) {
    auto steps = release::wire::parse_json(text, release_steps_bytes_max);
    return steps && steps->is_array() ? std::move(*steps) : Json(nullptr);
}

/// What a rollback would do now, so that no caller is offered a rollback that would be refused.
Json json_of(const RollbackOutlook& outlook) {
    Json data = Json::object();
    data[field::total_nodes] = outlook.nodes;
    data[field::left_alone] = outlook.left_alone;
    data[field::obstacle] = word_or_null(outlook.obstacle);
    return data;
}

void take_action_away(Json& actions, std::string_view word) {
    Json kept = Json::array();
    for (const Json& action : actions) {
        if (action != std::string(word)) kept.push_back(action);
    }
    actions = std::move(kept);
}

Json json_of_view(const ReleaseView& view, release::Millis node_timeout, bool has_steps) {
    Json data = json_of_release(view.summary, facts_of(view, node_timeout));
    Json batches = Json::array();
    for (const ReleaseNodeView& node : view.nodes) {
        if (view.shown_node && node.id != *view.shown_node) continue;
        Json row = json_of_row(node);
        if (has_steps) row[field::steps] = steps_of(node.steps);
        list_of_batch(batches, node.batch, "nodes").push_back(std::move(row));
    }
    data[field::batches] = std::move(batches);
    data[field::batch_config] = public_config(view.summary.batch_config);
    data[field::rollback] = view.rollback ? json_of(*view.rollback) : Json(nullptr);
    if (view.rollback && !view.rollback->obstacle.empty()) {
        take_action_away(data[field::actions], to_text(release::Steering::rollback));
    }
    return data;
}

}  // namespace

Json json_of(const ReleaseSummary& release) {
    return json_of_release(release, WaitingFacts{});
}

Json json_of(const ReleaseView& view, release::Millis node_timeout) {
    return json_of_view(view, node_timeout, false);
}

Json json_of_steps(const ReleaseView& view, release::Millis node_timeout) {
    return json_of_view(view, node_timeout, true);
}

Json json_of_steered(const ReleaseView& view, release::Millis node_timeout) {
    Json data = Json::object();
    data[field::release_id] = view.summary.id.value;
    data[field::status] = std::string(to_text(view.summary.status));
    data[field::batch_status] = word_or_null(to_text(view.summary.batch_status));
    data[field::requested_action] = word_or_null(view.summary.requested_action);
    data[field::waiting_for] = waiting_for(view.summary, facts_of(view, node_timeout));
    return data;
}

Json json_of(const ForceStopped& stopped, release::Millis node_timeout) {
    Json data = json_of_steered(stopped.view, node_timeout);
    Json nodes = Json::array();
    for (const GivenUpNode& node : stopped.given_up)
        nodes.push_back(named_node(node.id, node.name, node.batch));
    data[field::nodes] = std::move(nodes);
    return data;
}

Json json_of(const Retried& retried, release::Millis node_timeout) {
    Json data = json_of_steered(retried.view, node_timeout);
    Json nodes = Json::array();
    for (const release::RetryRow& row : retried.nodes)
        nodes.push_back(named_node(row.node, row.name, row.batch));
    data[field::nodes] = std::move(nodes);
    return data;
}

Json json_of_limits(const ReleaseSummary& release) {
    const LimitsView limits = read_limits(release.batch_config);
    Json data = Json::object();
    data[field::release_id] = release.id.value;
    data[field::max_parallel] = limits.max_parallel;
    data[field::max_parallel_per] = limits.max_parallel_per;
    return data;
}

Json json_of(const NodeView& node) {
    Json data = Json::object();
    data[field::id] = node.id.value;
    data[field::name] = node.name;
    data[field::main_ip] = node.main_ip;
    data[field::agent_port] = node.agent_port;
    data[field::enabled] = node.is_enabled;
    data[field::status] = node.status;
    Json labels = Json::object();
    for (const auto& [name, value] : node.labels)
        labels[name] = value;
    data[field::labels] = std::move(labels);
    data[field::cert_fingerprint] = word_or_null(node.cert_fingerprint);
    data[field::applied_version] =
        node.applied_version ? Json(node.applied_version->value) : Json(nullptr);
    data[field::applied_sha256] = word_or_null(node.applied_sha256);
    data[field::wanted_version] =
        node.wanted_version ? Json(node.wanted_version->value) : Json(nullptr);
    data[field::wanted_sha256] = word_or_null(node.wanted_sha256);
    data[field::has_drift] = node.drift != release::DriftKind::none;
    data[field::drift_kind] = word_or_null(std::string(to_text(node.drift)));
    data[field::observed_content] = word_or_null(std::string(to_text(node.observed.content)));
    data[field::observed_version] =
        node.observed.version ? Json(node.observed.version->value) : Json(nullptr);
    data[field::observed_sha256] = word_or_null(node.observed.sha256);
    data[field::observed_remark] = word_or_null(node.observed.remark);
    data[field::agent_version] = word_or_null(node.observed.agent_version);
    data[field::capabilities] = release::wire::list_of_words(node.observed.capabilities);
    data[field::offline_since] = word_or_null(node.offline_since);
    data[field::last_seen_at] = word_or_null(node.last_seen_at);
    data[field::evidence] = evidence_or_null(node.evidence);
    data[field::created_at] = word_or_null(node.created_at);
    data[field::updated_at] = word_or_null(node.updated_at);
    return data;
}

}  // namespace edgeroll::control::api
