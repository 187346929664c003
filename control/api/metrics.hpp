// Prometheus metrics; observes the executor and passes its notes to the log.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/api/ports/stats.hpp"
#include "control/core/heartbeats.hpp"
#include "control/core/ports.hpp"
#include "tls/context_store.hpp"
#include "tls/http_types.hpp"

namespace edgeroll::control::api {

/// What the executor of this process does now.
struct ExecutorLoad {
    int in_flight = 0;   ///< open requests to agents
    int max = 0;         ///< RELEASE_EXECUTOR_MAX_IN_FLIGHT
    int dark_nodes = 0;  ///< of its releases: those that brake them (docs/contract.md 4.2)
};

/// How agents have answered this process since its start.
struct AgentFigures {
    std::int64_t dispatches = 0;  ///< accepted dispatches
    /// From sending a dispatch to its acceptance; nothing before the first. Percentiles have the
    /// resolution of the histogram's buckets.
    std::optional<double> mean_sec, p50_sec, p95_sec;
    std::map<std::string, std::int64_t> errors_by_kind;  ///< requests that were not accepted
};

/// Loop thread.
class Metrics final : public Observer {
  public:
    Metrics();
    ~Metrics() override;

    void note(Severity severity, std::string_view event, const Fields& fields) override;
    void dispatch_took(release::Millis took) override;
    void node_finished(release::NodeStatus status, release::FailureKind kind,
                       release::Millis took) override;
    void agent_error(release::Heard kind) override;
    void database_error(release::Outcome outcome) override;
    void lease_lost() override;
    void reconciled(std::string_view outcome) override;
    void gate_answered(release::GateAnswer::Kind kind) override;
    void violation(const release::Violation& violation) override;

    /// Counts an answered API request by its HTTP status.
    void http_answered(int status);
    /// Sets the executor's current load.
    void executor(const ExecutorLoad& load);
    /// Sets what the heartbeats of this process found.
    void heartbeats(const HeartbeatFigures& figures);
    /// Sets the remaining validity of the certificates and revocation lists in use.
    void certificates(const std::vector<tls::CertificateReport>& reports);

    /// Sets the API's current connections and the number of refused connections.
    void front(const tls::ServerFigures& figures);

    [[nodiscard]] AgentFigures agents() const;

    /// All metrics in the text format.
    /// @param gauges values from the database; without them (database unreachable) their series are
    /// omitted, not shown as old or zero
    [[nodiscard]] std::string text(const release::Result<Gauges>& gauges) const;

  private:
    struct Families;
    std::unique_ptr<Families> families_;
};

}  // namespace edgeroll::control::api
