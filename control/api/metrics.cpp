#include "control/api/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <cmath>
#include <utility>

#include "release/words.hpp"
#include "tls/rt/log.hpp"
#include "tls/rt/program.hpp"

namespace edgeroll::control::api {
namespace {

using prometheus::Histogram;
using release::FailureKind;
using GateKind = release::GateAnswer::Kind;
using release::Heard;
using release::NodeStatus;
using release::Outcome;
using release::ReleaseStatus;

using Buckets = Histogram::BucketBoundaries;
const Buckets& dispatch_buckets() {
    static const Buckets buckets{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
    return buckets;
}
const Buckets& apply_buckets() {
    static const Buckets buckets{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800};
    return buckets;
}

constexpr int invariants = 10;  // docs/contract.md section 8
constexpr std::array http_codes{"200", "400", "401", "403", "404", "405",
                                "409", "413", "429", "500", "502", "503"};

constexpr release::Words<Outcome> error_class_words({
    {Outcome::not_done, "not_done"},
    {Outcome::unknown, "unknown"},
    {Outcome::permanent, "permanent"},
});

double seconds(release::Millis time) {
    return static_cast<double>(time.count()) / 1000.0;
}

prometheus::Labels one(const char* name, std::string_view value) {
    prometheus::Labels labels;
    labels.emplace(name, std::string(value));
    return labels;
}

template <class Status>
void add_gauges(prometheus::Registry& registry, const char* name, const char* help,
                const std::map<std::string, std::int64_t>& counts) {
    auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(registry);
    for (const Status status : release::enum_values<Status>) {
        const std::string word(to_text(status));
        const auto found = counts.find(word);
        family.Add(one("status", word))
            .Set(found == counts.end() ? 0.0 : static_cast<double>(found->second));
    }
}

void add_counts(prometheus::Registry& registry, const char* name, const char* help,
                const char* label, const std::map<std::string, std::int64_t>& counts) {
    auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(registry);
    for (const auto& [word, count] : counts)
        family.Add(one(label, word)).Set(static_cast<double>(count));
}

/// Each release is in exactly one state, so that the sum is the number of waiting releases.
void add_queue(prometheus::Registry& registry, const QueueFigures& queue) {
    auto& family = prometheus::BuildGauge()
                       .Name("edgeroll_queue_releases")
                       .Help(
                           "Releases that have not started: those that could (due), that wait for "
                           "another release (blocked), whose time has not come (later).")
                       .Register(registry);
    family.Add(one("state", "due")).Set(static_cast<double>(queue.due));
    family.Add(one("state", "blocked")).Set(static_cast<double>(queue.blocked));
    const std::int64_t later = queue.pending - queue.blocked - queue.due;
    family.Add(one("state", "later")).Set(static_cast<double>(later));
}

void add_times(prometheus::Registry& registry, const ReleaseTimes& times) {
    auto& family = prometheus::BuildGauge()
                       .Name("edgeroll_release_seconds")
                       .Help(
                           "Times of the release that ended last: queued, worked, waited, and "
                           "until 50, 90 and 100 % of its nodes had succeeded.")
                       .Register(registry);
    const auto add = [&](const char* phase, std::optional<release::Millis> span) {
        if (span) family.Add(one("phase", phase)).Set(seconds(*span));
    };
    add("queued", times.queued);
    add("worked", times.worked);
    add("waited", times.waited);
    add("to50", times.to_50);
    add("to90", times.to_90);
    add("to100", times.to_100);
}

void add_rollback(prometheus::Registry& registry, const RollbackTimes& times) {
    auto& family = prometheus::BuildGauge()
                       .Name("edgeroll_rollback_seconds")
                       .Help(
                           "Of the rollback of the newest release that was undone: from the "
                           "decision until 50, 90 and 99 % of its nodes had their previous "
                           "content.")
                       .Register(registry);
    const auto add = [&](const char* share, std::optional<release::Millis> span) {
        if (span) family.Add(one("share", share)).Set(seconds(*span));
    };
    add("50", times.to_50);
    add("90", times.to_90);
    add("99", times.to_99);
}

prometheus::Labels finished_labels(NodeStatus status, FailureKind kind) {
    prometheus::Labels labels = one("status", to_text(status));
    labels.emplace("failure_kind", std::string(to_text(kind)));
    return labels;
}

/// The value below which the given share of the observations lies, computed like Prometheus: evenly
/// spread in each bucket. Above the last bound: that bound.
std::optional<double> quantile(const prometheus::ClientMetric::Histogram& histogram, double share) {
    if (histogram.sample_count == 0) return std::nullopt;
    const double wanted = share * static_cast<double>(histogram.sample_count);
    double below = 0, lower = 0;
    for (const auto& bucket : histogram.bucket) {
        const auto count = static_cast<double>(bucket.cumulative_count);
        if (count >= wanted && count > below) {
            if (std::isinf(bucket.upper_bound)) return lower;
            return lower + (bucket.upper_bound - lower) * (wanted - below) / (count - below);
        }
        below = count;
        lower = bucket.upper_bound;
    }
    return lower;
}

}  // namespace

struct Metrics::Families {
    template <class Kind>
    using Family = prometheus::Family<Kind>;
    using Counter = prometheus::Counter;

    prometheus::Registry registry;
    Histogram& dispatch;
    Family<Histogram>& apply;
    Family<Counter>& finished;
    Family<Counter>& agent_errors;
    Family<Counter>& database_errors;
    Counter& lease_losses;
    Family<Counter>& violations;
    Family<Counter>& gate_verdicts;
    Family<Counter>& reconciled;
    Family<Counter>& http;
    prometheus::Family<prometheus::Gauge>& slots;
    prometheus::Gauge& dark_nodes;
    prometheus::Gauge& heartbeat_members;
    prometheus::Family<prometheus::Gauge>& heartbeat_nodes;
    prometheus::Gauge& own_network;
    prometheus::Family<prometheus::Gauge>& certificate_left;
    prometheus::Family<prometheus::Gauge>& list_left;
    prometheus::Family<prometheus::Gauge>& without_list;
    prometheus::Family<prometheus::Gauge>& connections;
    prometheus::Gauge& body_bytes;
    Family<Counter>& turned_away;

    Families()
        : dispatch(prometheus::BuildHistogram()
                       .Name("edgeroll_dispatch_seconds")
                       .Help("Time from sending a dispatch to the agent's acceptance.")
                       .Register(registry)
                       .Add({}, dispatch_buckets())),
          apply(prometheus::BuildHistogram()
                    .Name("edgeroll_apply_seconds")
                    .Help("Time from a node's first dispatch to its last word, by outcome.")
                    .Register(registry)),
          finished(counter("edgeroll_nodes_finished_total",
                           "Nodes that got their last word here, by outcome and failure kind.")),
          agent_errors(counter("edgeroll_agent_errors_total",
                               "Requests to agents that were not accepted, by kind.")),
          database_errors(counter("edgeroll_database_errors_total",
                                  "Failed database calls of the executor, by class.")),
          lease_losses(counter("edgeroll_lease_losses_total",
                               "Claims on releases that were lost to another process or to time.")
                           .Add({})),
          violations(counter("edgeroll_violations_total",
                             "Broken invariants found, by invariant; never anything but 0.")),
          gate_verdicts(counter("edgeroll_gate_verdicts_total", "Answers of gates, by verdict.")),
          reconciled(counter("edgeroll_reconciled_nodes_total",
                             "Nodes that reconciliation took up and that have ended, by outcome.")),
          http(counter("edgeroll_http_requests_total", "API requests answered, by HTTP status.")),
          slots(prometheus::BuildGauge()
                    .Name("edgeroll_agent_request_slots")
                    .Help("Requests open to agents now (busy), and how many may be (max).")
                    .Register(registry)),
          dark_nodes(gauge("edgeroll_dark_nodes",
                           "Nodes that took their task and answer nothing now: they brake their "
                           "releases.")
                         .Add({})),
          heartbeat_members(gauge("edgeroll_heartbeat_members",
                                  "Control processes that share the heartbeats; 0: this process "
                                  "sends none.")
                                .Add({})),
          heartbeat_nodes(gauge("edgeroll_heartbeat_nodes",
                                "Nodes that this process asks (asked), and of these the ones that "
                                "did not answer the last time (silent).")),
          own_network(gauge("edgeroll_heartbeat_own_network",
                            "1 while so many nodes fell silent together that none is marked.")
                          .Add({})),
          certificate_left(gauge("edgeroll_certificate_seconds_left",
                                 "How long the certificate of a setting is still good.")),
          list_left(gauge("edgeroll_crl_seconds_left",
                          "How long the revocation list of a setting is still good: of several "
                          "the one that ends first.")),
          without_list(gauge("edgeroll_authorities_without_crl",
                             "Authorities of a setting that have no revocation list, where lists "
                             "are used: what they revoke is not seen.")),
          connections(gauge("edgeroll_http_connections",
                            "Connections to the API: those that have shown a good token (known), "
                            "and the others (unknown).")),
          body_bytes(gauge("edgeroll_http_body_bytes",
                           "Memory of bodies: of requests, and of large answers until they are "
                           "written.")
                         .Add({})),
          turned_away(counter("edgeroll_http_turned_away_total",
                              "Connections closed to make room (evicted) or for being slow, and "
                              "requests answered 503 for want of a place or memory (no_room).")) {
        const std::string version = rt::program_version();
        prometheus::BuildGauge()
            .Name("edgeroll_build_info")
            .Help("1, with the version of the program.")
            .Register(registry)
            .Add(one("version", version))
            .Set(1);
        add_all_series();
    }

    /// Growth of a series that begins with its first event cannot be detected: an alert would miss
    /// the first event. So each series starts at 0.
    void add_all_series() {
        for (const NodeStatus status : release::enum_values<NodeStatus>) {
            if (!is_final(status)) continue;
            apply.Add(one("status", to_text(status)), apply_buckets());
            finished.Add(finished_labels(status, FailureKind::none));
        }
        for (const FailureKind kind : release::enum_values<FailureKind>) {
            if (kind == FailureKind::none) continue;
            finished.Add(finished_labels(NodeStatus::failed, kind));
        }
        for (const Heard heard : release::enum_values<Heard>) {
            if (heard == Heard::accepted) continue;
            agent_errors.Add(one("kind", to_text(heard)));
        }
        for (const Outcome outcome : release::enum_values<Outcome>)
            database_errors.Add(one("class", error_class_words.text(outcome)));
        for (int i = 1; i <= invariants; ++i)
            violations.Add(one("invariant", "I" + std::to_string(i)));
        for (const auto kind : {GateKind::pass, GateKind::fail, GateKind::unsure})
            gate_verdicts.Add(one("verdict", to_text(judgement(kind))));
        for (const char* outcome : {"success", "failed", "deferred", "given_up"})
            reconciled.Add(one("outcome", outcome));
        for (const char* code : http_codes)
            http.Add(one("code", code));
        for (const char* state : {"busy", "max"})
            slots.Add(one("state", state));
        for (const char* state : {"asked", "silent"})
            heartbeat_nodes.Add(one("state", state));
        for (const char* who : {"known", "unknown"})
            connections.Add(one("who", who));
        for (const char* why : {"evicted", "slow", "no_room"})
            turned_away.Add(one("why", why));
    }

    prometheus::Family<prometheus::Gauge>& gauge(const char* name, const char* help) {
        return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
    }
    Family<Counter>& counter(const char* name, const char* help) {
        return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
    }
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {}
Metrics::~Metrics() = default;

void Metrics::note(Severity severity, std::string_view event, const Fields& fields) {
    rt::log(static_cast<rt::LogLevel>(severity), event, fields);
}

void Metrics::dispatch_took(release::Millis took) {
    families_->dispatch.Observe(seconds(took));
}

void Metrics::node_finished(NodeStatus status, FailureKind kind, release::Millis took) {
    families_->apply.Add(one("status", to_text(status)), apply_buckets()).Observe(seconds(took));
    families_->finished.Add(finished_labels(status, kind)).Increment();
}

void Metrics::agent_error(Heard kind) {
    families_->agent_errors.Add(one("kind", to_text(kind))).Increment();
}

void Metrics::database_error(Outcome outcome) {
    families_->database_errors.Add(one("class", error_class_words.text(outcome))).Increment();
}

void Metrics::lease_lost() {
    families_->lease_losses.Increment();
}

void Metrics::reconciled(std::string_view outcome) {
    families_->reconciled.Add(one("outcome", outcome)).Increment();
}

void Metrics::violation(const release::Violation& violation) {
    families_->violations.Add(one("invariant", violation.invariant)).Increment();
    Fields fields;
    fields.emplace_back("invariant", violation.invariant);
    fields.emplace_back("detail", violation.detail);
    note(Severity::error, "violation", fields);
}

void Metrics::gate_answered(release::GateAnswer::Kind kind) {
    families_->gate_verdicts.Add(one("verdict", to_text(judgement(kind)))).Increment();
}

void Metrics::http_answered(int status) {
    families_->http.Add(one("code", std::to_string(status))).Increment();
}

void Metrics::executor(const ExecutorLoad& load) {
    families_->slots.Add(one("state", "busy")).Set(load.in_flight);
    families_->slots.Add(one("state", "max")).Set(load.max);
    families_->dark_nodes.Set(load.dark_nodes);
}

void Metrics::heartbeats(const HeartbeatFigures& figures) {
    families_->heartbeat_members.Set(static_cast<double>(figures.members));
    families_->heartbeat_nodes.Add(one("state", "asked")).Set(static_cast<double>(figures.nodes));
    families_->heartbeat_nodes.Add(one("state", "silent")).Set(static_cast<double>(figures.silent));
    families_->own_network.Set(figures.is_own_network ? 1 : 0);
}

void Metrics::certificates(const std::vector<tls::CertificateReport>& reports) {
    const auto set = [](prometheus::Family<prometheus::Gauge>& family,
                        const tls::Validity& validity) {
        family.Add(one("setting", validity.setting))
            .Set(static_cast<double>(validity.seconds_left));
    };
    for (const tls::CertificateReport& report : reports) {
        set(families_->certificate_left, report.certificate);
        if (!report.list) continue;
        set(families_->list_left, *report.list);
        families_->without_list.Add(one("setting", report.authorities_setting))
            .Set(static_cast<double>(report.without_list.size()));
    }
}

void Metrics::front(const tls::ServerFigures& figures) {
    families_->connections.Add(one("who", "known")).Set(static_cast<double>(figures.known));
    families_->connections.Add(one("who", "unknown")).Set(static_cast<double>(figures.strangers));
    families_->body_bytes.Set(static_cast<double>(figures.body_bytes));
    const auto count = [this](const char* why, std::int64_t total) {
        auto& counter = families_->turned_away.Add(one("why", why));
        counter.Increment(static_cast<double>(total) - counter.Value());
    };
    count("evicted", figures.evicted);
    count("slow", figures.slow);
    count("no_room", figures.no_room);
}

AgentFigures Metrics::agents() const {
    AgentFigures figures;
    const auto dispatch = families_->dispatch.Collect().histogram;
    figures.dispatches = static_cast<std::int64_t>(dispatch.sample_count);
    if (dispatch.sample_count > 0) {
        figures.mean_sec = dispatch.sample_sum / static_cast<double>(dispatch.sample_count);
    }
    figures.p50_sec = quantile(dispatch, 0.5);
    figures.p95_sec = quantile(dispatch, 0.95);
    for (const prometheus::MetricFamily& family : families_->agent_errors.Collect()) {
        for (const prometheus::ClientMetric& metric : family.metric) {
            if (metric.label.empty() || metric.counter.value == 0) continue;
            figures.errors_by_kind[metric.label.front().value] =
                static_cast<std::int64_t>(metric.counter.value);
        }
    }
    return figures;
}

std::string Metrics::text(const release::Result<Gauges>& gauges) const {
    const prometheus::TextSerializer serializer;
    std::string text = serializer.Serialize(families_->registry.Collect());
    // Values from the database are rebuilt each time, so that no old value is ever shown.
    prometheus::Registry registry;
    prometheus::BuildGauge()
        .Name("edgeroll_database_up")
        .Help("Whether the database answered this scrape.")
        .Register(registry)
        .Add({})
        .Set(gauges ? 1 : 0);
    if (gauges) {
        add_gauges<ReleaseStatus>(registry, "edgeroll_releases",
                                  "Releases in the database, by status.",
                                  gauges->releases_by_status);
        add_gauges<NodeStatus>(registry, "edgeroll_nodes",
                               "Node rows of the releases that have not ended, by status.",
                               gauges->nodes_by_status);
        std::int64_t drifting = 0;
        for (const auto& [kind, count] : gauges->drifting_by_kind)
            drifting += count;
        prometheus::BuildGauge()
            .Name("edgeroll_nodes_drifting")
            .Help("Nodes that do not have the content that they should have.")
            .Register(registry)
            .Add({})
            .Set(static_cast<double>(drifting));
        add_counts(registry, "edgeroll_drift", "The same nodes, by kind of drift.", "kind",
                   gauges->drifting_by_kind);
        add_counts(registry, "edgeroll_inventory", "Enabled nodes, by status.", "status",
                   gauges->inventory_by_status);
        prometheus::BuildGauge()
            .Name("edgeroll_bans")
            .Help("Banned contents.")
            .Register(registry)
            .Add({})
            .Set(static_cast<double>(gauges->bans));
        prometheus::BuildGauge()
            .Name("edgeroll_reconcile_open")
            .Help("Nodes that reconciliation serves now.")
            .Register(registry)
            .Add({})
            .Set(gauges->reconcile.open);
        prometheus::BuildGauge()
            .Name("edgeroll_reconcile_stopped")
            .Help("1: reconciliation has failed too often in a row, and an operator must continue.")
            .Register(registry)
            .Add({})
            .Set(gauges->reconcile.failures >= release::reconcile_failures_max ? 1 : 0);
        add_queue(registry, gauges->queue);
        if (gauges->last_ended) add_times(registry, *gauges->last_ended);
        if (gauges->last_rollback) add_rollback(registry, *gauges->last_rollback);
    }
    return text + serializer.Serialize(registry.Collect());
}

}  // namespace edgeroll::control::api
