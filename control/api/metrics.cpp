#include "control/api/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <utility>

#include "tls/rt/log.hpp"
#include "tls/rt/program.hpp"

namespace edgeroll::control::api {
namespace {

using prometheus::Histogram;
using release::FailureKind;
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

const char* word_of(Heard kind) {
    switch (kind) {
        case Heard::accepted:
            return "accepted";
        case Heard::unknown_task:
            return "unknown_task";
        case Heard::refused:
            return "refused";
        case Heard::wrong_state:
            return "wrong_state";
        case Heard::server_error:
            return "server_error";
        case Heard::nonsense:
            return "nonsense";
        case Heard::not_sent:
            return "not_sent";
        case Heard::no_answer:
            return "no_answer";
        case Heard::wrong_peer:
            return "wrong_peer";
        case Heard::lacks_content:
            return "lacks_content";
    }
    return "other";
}

const char* word_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::not_done:
            return "not_done";
        case Outcome::unknown:
            return "unknown";
        case Outcome::permanent:
            return "permanent";
    }
    return "other";
}

double seconds(release::Millis time) {
    return static_cast<double>(time.count()) / 1000.0;
}

prometheus::Labels one(const char* name, std::string_view value) {
    prometheus::Labels labels;
    labels.emplace(name, std::string(value));
    return labels;
}

template <class Status>
void add_gauges(prometheus::Registry& registry, const char* name, const char* help, Status last,
                const std::map<std::string, std::int64_t>& counts) {
    auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(registry);
    for (int i = 0; i <= static_cast<int>(last); ++i) {
        const std::string word(to_text(static_cast<Status>(i)));
        const auto found = counts.find(word);
        family.Add(one("status", word))
            .Set(found == counts.end() ? 0.0 : static_cast<double>(found->second));
    }
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
    Family<Counter>& http;

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
          http(counter("edgeroll_http_requests_total", "API requests answered, by HTTP status.")) {
        const std::string version = tls::rt::program_version();
        prometheus::BuildGauge()
            .Name("edgeroll_build_info")
            .Help("1, with the version of the program.")
            .Register(registry)
            .Add(one("version", version))
            .Set(1);
        // Series that exist from the start at 0 let alerts see the first error.
        for (const NodeStatus status : {NodeStatus::success, NodeStatus::failed}) {
            apply.Add(one("status", to_text(status)), apply_buckets());
        }
        for (int i = 1; i <= static_cast<int>(Heard::wrong_peer); ++i) {
            agent_errors.Add(one("kind", word_of(static_cast<Heard>(i))));
        }
        for (const Outcome outcome : {Outcome::not_done, Outcome::unknown, Outcome::permanent}) {
            database_errors.Add(one("class", word_of(outcome)));
        }
    }

    Family<Counter>& counter(const char* name, const char* help) {
        return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
    }
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {}
Metrics::~Metrics() = default;

void Metrics::note(Severity severity, std::string_view event, const Fields& fields) {
    tls::rt::log(static_cast<tls::rt::LogLevel>(severity), event, fields);
}

void Metrics::dispatch_took(release::Millis took) {
    families_->dispatch.Observe(seconds(took));
}

void Metrics::node_finished(NodeStatus status, FailureKind kind, release::Millis took) {
    families_->apply.Add(one("status", to_text(status)), apply_buckets()).Observe(seconds(took));
    prometheus::Labels labels = one("status", to_text(status));
    labels.emplace("failure_kind", std::string(to_text(kind)));
    families_->finished.Add(labels).Increment();
}

void Metrics::agent_error(Heard kind) {
    families_->agent_errors.Add(one("kind", word_of(kind))).Increment();
}

void Metrics::database_error(Outcome outcome) {
    families_->database_errors.Add(one("class", word_of(outcome))).Increment();
}

void Metrics::lease_lost() {
    families_->lease_losses.Increment();
}

void Metrics::violation(const release::Violation& violation) {
    families_->violations.Add(one("invariant", violation.invariant)).Increment();
    Fields fields;
    fields.emplace_back("invariant", violation.invariant);
    fields.emplace_back("detail", violation.detail);
    note(Severity::error, "violation", fields);
}

void Metrics::http_answered(int status) {
    families_->http.Add(one("code", std::to_string(status))).Increment();
}

std::string Metrics::text(const release::Result<Gauges>& gauges) const {
    const prometheus::TextSerializer serializer;
    std::string text = serializer.Serialize(families_->registry.Collect());
    // What the database says is built afresh each time, so that nothing old is ever shown.
    prometheus::Registry registry;
    prometheus::BuildGauge()
        .Name("edgeroll_database_up")
        .Help("Whether the database answered this scrape.")
        .Register(registry)
        .Add({})
        .Set(gauges ? 1 : 0);
    if (gauges) {
        add_gauges(registry, "edgeroll_releases", "Releases in the database, by status.",
                   ReleaseStatus::cancelled, gauges->releases_by_status);
        add_gauges(registry, "edgeroll_nodes", "Node rows of all releases, by status.",
                   NodeStatus::cancelled, gauges->nodes_by_status);
        prometheus::BuildGauge()
            .Name("edgeroll_nodes_drifting")
            .Help("Nodes whose applied content is not the one that they should have.")
            .Register(registry)
            .Add({})
            .Set(static_cast<double>(gauges->nodes_drifting));
    }
    return text + serializer.Serialize(registry.Collect());
}

}  // namespace edgeroll::control::api
