#include "control/cli/views.hpp"

#include <algorithm>
#include <limits>

#include "control/api/names/field_names.hpp"
#include "control/cli/text.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;

const Json* member(const Json& object, const char* field) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(field);
    return found == object.end() ? nullptr : &*found;
}

int count_of(const Json& object, const char* field) {
    constexpr std::int64_t most = std::numeric_limits<int>::max();
    return static_cast<int>(std::clamp<std::int64_t>(integer_of(object, field), 0, most));
}

/// Names or numbers, as text.
std::vector<std::string> words_of(const Json* list) {
    std::vector<std::string> words;
    if (list == nullptr || !list->is_array()) return words;
    for (const Json& word : *list) {
        words.push_back(word.is_string() ? word.get<std::string>()
                                         : release::wire::dump_json(word));
    }
    return words;
}

constexpr const char* nobody = "nobody";

/// What has looked at a content on a node; empty: not known.
std::string looks_text(const Json& data) {
    const Json* const list = member(data, field::evidence);
    if (list == nullptr || !list->is_array()) return {};
    std::string text;
    for (const std::string& word : words_of(list))
        text += (text.empty() ? "" : ", ") + word;
    return text.empty() ? nobody : text;
}

NodeLine read_node(const Json& data) {
    NodeLine node;
    node.id = integer_of(data, field::node_id);
    node.name = node_name_of(data);
    node.status = text_of(data, field::status);
    node.failure_kind = text_of(data, field::failure_kind);
    node.error = text_of(data, field::error_msg);
    node.is_unseen = looks_text(data) == nobody;
    node.started_at = text_of(data, field::started_at);
    node.finished_at = text_of(data, field::finished_at);
    node.attempt = count_of(data, field::attempt);
    node.progress = count_of(data, field::progress);
    node.config_version = integer_of(data, field::config_version);
    return node;
}

BatchLine read_batch(const Json& data) {
    BatchLine batch;
    batch.number = count_of(data, field::batch);
    const Json* const nodes = member(data, field::nodes);
    if (nodes == nullptr || !nodes->is_array()) return batch;
    for (const Json& node : *nodes)
        batch.nodes.push_back(read_node(node));
    return batch;
}

std::optional<std::int64_t> whole_of(const Json& object, const char* field) {
    const Json* const value = member(object, field);
    if (value == nullptr || !value->is_number_integer()) return {};
    return value->get<std::int64_t>();
}

/// batchConfig: an object, or the column's text.
Limits read_limits(const Json* config) {
    if (config == nullptr) return {};
    if (config->is_null()) return Limits{true, {}, {}, {}};
    Json parsed = *config;
    if (config->is_string()) {
        auto text = release::wire::parse_json(config->get<std::string>(), 1U << 20U);
        if (!text) return {};
        parsed = std::move(*text);
    }
    if (!parsed.is_object()) return {};
    Limits limits;
    limits.is_known = true;
    limits.failure_threshold = whole_of(parsed, request_field::failure_threshold);
    limits.max_batch_fail_rate = whole_of(parsed, request_field::max_batch_fail_rate);
    limits.max_unreachable = text_of(parsed, request_field::max_unreachable);
    if (const auto count = whole_of(parsed, request_field::max_unreachable)) {
        limits.max_unreachable = std::to_string(*count);
    }
    return limits;
}

/// `data` itself or its `items`, whichever is a list.
const Json* items_of(const Json& data) {
    const Json* const items = data.is_array() ? &data : member(data, field::items);
    return items != nullptr && items->is_array() ? items : nullptr;
}

tl::unexpected<Failure> not_understood(const char* what) {
    return tl::unexpected(Failure{ExitStatus::unreachable,
                                  std::string("control's answer holds no ") + what +
                                      ": is it an edgeroll-control of this version?",
                                  0});
}

void count(Tally& tally, const NodeLine& node) {
    ++tally.total;
    if (node.status == "running") {
        ++tally.running;
    } else if (node.status == "success") {
        ++tally.success;
    } else if (node.status == "failed") {
        ++tally.failed;
    } else if (node.status == "skipped") {
        ++tally.skipped;
    } else if (node.status == "deferred") {
        ++tally.deferred;
    } else if (node.status == "cancelled") {
        ++tally.cancelled;
    } else {
        ++tally.pending;
    }
}

void add(Tally& tally, const BatchLine& batch) {
    for (const NodeLine& node : batch.nodes)
        count(tally, node);
}

/// "(1 succeeded, 1 running)"
std::string outcomes_text(const Tally& nodes) {
    const std::string others = remarks(nodes);
    return "(" + std::to_string(nodes.success) + " succeeded" +
           (others.empty() ? "" : ", " + others) + ")";
}

}  // namespace

Waiting read_waiting(const Json& data) {
    const Json* const waiting = member(data, field::waiting_for);
    if (waiting == nullptr) return {};
    return {text_of(*waiting, field::reason), text_of(*waiting, field::until),
            words_of(member(*waiting, field::nodes))};
}

Json list_of(const Json& object, const char* field) {
    const Json* const value = member(object, field);
    return value != nullptr && value->is_array() ? *value : Json::array();
}

std::string node_name_of(const Json& data) {
    const std::string name = text_of(data, field::node_name);
    return name.empty() ? "#" + std::to_string(integer_of(data, field::node_id)) : name;
}

std::string text_of(const Json& object, const char* field) {
    const Json* const value = member(object, field);
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::int64_t integer_of(const Json& object, const char* field) {
    const Json* const value = member(object, field);
    return value != nullptr && value->is_number_integer() ? value->get<std::int64_t>() : 0;
}

Answer<ReleaseLine> read_release(const Json& data) {
    ReleaseLine release;
    release.id = integer_of(data, field::release_id);
    release.status = text_of(data, field::status);
    if (release.id == 0 || release.status.empty()) return not_understood("release");
    release.version = integer_of(data, field::version);
    release.type = text_of(data, field::type);
    release.target = text_of(data, field::target);
    release.batch_status = text_of(data, field::batch_status);
    release.last_error = text_of(data, field::last_error);
    release.reason = text_of(data, field::reason);
    release.created_by = text_of(data, field::created_by);
    release.created_at = text_of(data, field::created_at);
    release.started_at = text_of(data, field::started_at);
    release.finished_at = text_of(data, field::finished_at);
    release.current_batch = count_of(data, field::current_batch);
    if (const auto started = whole_of(data, field::started_batch)) {
        constexpr std::int64_t most = std::numeric_limits<int>::max();
        release.started_batch = static_cast<int>(std::clamp<std::int64_t>(*started, 0, most));
    }
    release.total_batches = count_of(data, field::total_batches);
    release.total_nodes = count_of(data, field::total_nodes);
    release.success = count_of(data, field::success_nodes);
    release.failed = count_of(data, field::failed_nodes);
    release.skipped = count_of(data, field::skipped_nodes);
    release.deferred = count_of(data, field::deferred_nodes);
    release.cancelled = count_of(data, field::cancelled_nodes);
    release.rolls_back = integer_of(data, field::rolls_back);
    release.from_release = integer_of(data, field::from_release);
    release.hold = text_of(data, field::hold_reason);
    release.requested_action = text_of(data, field::requested_action);
    release.callback_url = text_of(data, field::callback_url);
    release.waived_failures = count_of(data, field::waived_failures);
    release.max_parallel = count_of(data, field::max_parallel);
    release.limits = read_limits(member(data, field::batch_config));
    release.waiting = read_waiting(data);
    if (const Json* const outlook = member(data, field::rollback);
        outlook && outlook->is_object()) {
        release.rollback = RollbackOutlook{count_of(*outlook, field::total_nodes),
                                           count_of(*outlook, field::left_alone),
                                           text_of(*outlook, field::obstacle)};
    }
    const Json* const actions = member(data, field::actions);
    if (actions != nullptr && actions->is_array()) {
        for (const Json& action : *actions) {
            if (action.is_string()) release.actions.push_back(action.get<std::string>());
        }
    }
    const Json* const batches = member(data, field::batches);
    if (batches != nullptr && batches->is_array()) {
        for (const Json& batch : *batches)
            release.batches.push_back(read_batch(batch));
    }
    return release;
}

Answer<std::vector<ReleaseLine>> read_releases(const Json& data) {
    const Json* const items = items_of(data);
    if (items == nullptr) return not_understood("list of releases");
    std::vector<ReleaseLine> releases;
    for (const Json& item : *items) {
        auto release = read_release(item);
        if (!release) return tl::unexpected(std::move(release.error()));
        releases.push_back(std::move(*release));
    }
    return releases;
}

Answer<std::vector<FleetLine>> read_fleet(const Json& data) {
    const Json* const items = items_of(data);
    if (items == nullptr) return not_understood("list of nodes");
    std::vector<FleetLine> fleet;
    for (const Json& item : *items) {
        FleetLine node;
        node.id = integer_of(item, field::id);
        node.name = text_of(item, field::name);
        node.ip = text_of(item, field::main_ip);
        node.port = count_of(item, field::agent_port);
        node.status = text_of(item, field::status);
        node.last_seen_at = text_of(item, field::last_seen_at);
        if (integer_of(item, field::applied_version) > 0) {
            node.applied_version = std::to_string(integer_of(item, field::applied_version));
        }
        if (integer_of(item, field::wanted_version) > 0) {
            node.wanted_version = std::to_string(integer_of(item, field::wanted_version));
        }
        node.looks = looks_text(item);
        node.applied_sha256 = text_of(item, field::applied_sha256);
        node.wanted_sha256 = text_of(item, field::wanted_sha256);
        const Json* const drift = member(item, field::has_drift);
        if (drift != nullptr && drift->is_boolean()) node.has_drift = drift->get<bool>();
        node.drift_kind = text_of(item, field::drift_kind);
        if (integer_of(item, field::observed_version) > 0) {
            node.observed_version = std::to_string(integer_of(item, field::observed_version));
        }
        node.observed_sha256 = text_of(item, field::observed_sha256);
        node.observed_remark = text_of(item, field::observed_remark);
        node.agent_version = text_of(item, field::agent_version);
        node.offline_since = text_of(item, field::offline_since);
        const Json* const enabled = member(item, field::enabled);
        node.is_enabled = enabled == nullptr || !enabled->is_boolean() || enabled->get<bool>();
        const Json* const labels = member(item, field::labels);
        if (labels != nullptr && labels->is_object()) {
            for (const auto& [name, value] : labels->items()) {
                if (value.is_string()) node.labels[name] = value.get<std::string>();
            }
        }
        fleet.push_back(std::move(node));
    }
    return fleet;
}

int started_number(const ReleaseLine& release) {
    if (release.started_batch) return *release.started_batch;
    const int ordinal = std::max(release.current_batch, 0);
    if (ordinal == 0 || release.batches.empty()) return release.current_batch;
    const BatchLine* const found = batch_at(release, ordinal);
    return found != nullptr ? found->number : release.batches.back().number;
}

std::string batch_label(std::int64_t number) {
    return number == 0 ? "joined" : "batch " + std::to_string(number);
}

bool is_at_joined(const ReleaseLine& release) {
    return release.current_batch > 0 && release.started_batch == 0;
}

std::string position_text(const ReleaseLine& release) {
    if (release.current_batch <= 0) return {};
    if (is_at_joined(release)) return is_finished(release) ? "" : "joined nodes";
    return "batch " + std::to_string(release.current_batch) + " of " +
           std::to_string(release.total_batches);
}

const BatchLine* batch_at(const ReleaseLine& release, std::int64_t ordinal) {
    for (const BatchLine& batch : release.batches) {
        if (batch.number > 0 && --ordinal == 0) return &batch;
    }
    return nullptr;
}

bool is_finished(const ReleaseLine& release) {
    return release.status == "success" || release.status == "failed" ||
           release.status == "cancelled";
}

Tally tally(const BatchLine& batch) {
    Tally result;
    add(result, batch);
    return result;
}

Tally tally(const ReleaseLine& release) {
    Tally result;
    for (const BatchLine& batch : release.batches) {
        if (batch.number > 0) add(result, batch);
    }
    if (!release.batches.empty()) return result;
    result.total = release.total_nodes;
    result.success = release.success;
    result.failed = release.failed;
    result.skipped = release.skipped;
    result.deferred = release.deferred;
    result.cancelled = release.cancelled;
    const int finished =
        result.success + result.failed + result.skipped + result.deferred + result.cancelled;
    result.pending = std::max(result.total - finished, 0);
    return result;
}

Tally tally_joined(const ReleaseLine& release) {
    Tally result;
    for (const BatchLine& batch : release.batches) {
        if (batch.number == 0) add(result, batch);
    }
    return result;
}

Tally tally_all(const ReleaseLine& release) {
    if (release.batches.empty()) return tally(release);
    Tally result;
    for (const BatchLine& batch : release.batches)
        add(result, batch);
    return result;
}

std::string joined_text(const ReleaseLine& release) {
    const Tally joined = tally_joined(release);
    return joined.total == 0 ? std::string()
                             : nodes_text(joined.total) + " " + outcomes_text(joined);
}

std::string joined_remark(const ReleaseLine& release) {
    const Tally joined = tally_joined(release);
    return joined.total == 0
               ? std::string()
               : ", " + nodes_text(joined.total) + " joined later " + outcomes_text(joined);
}

std::string remarks(const Tally& tally) {
    const std::pair<int, const char*> parts[] = {{tally.running, "running"},
                                                 {tally.failed, "failed"},
                                                 {tally.skipped, "skipped"},
                                                 {tally.deferred, "deferred"},
                                                 {tally.cancelled, "cancelled"}};
    std::string text;
    for (const auto& [number, word] : parts) {
        if (number == 0) continue;
        if (!text.empty()) text += ", ";
        text += std::to_string(number) + " " + word;
    }
    return text;
}

}  // namespace edgeroll::cli
