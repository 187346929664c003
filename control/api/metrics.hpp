// Prometheus metrics; hears what the executor does and passes its notes to the log.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/api/ports/stats.hpp"
#include "control/core/ports.hpp"
#include "tls/context_store.hpp"
#include "tls/http_types.hpp"

namespace edgeroll::control::api {

/// Requests open to agents at this moment (RELEASE_EXECUTOR_MAX_IN_FLIGHT).
struct SlotUse {
    int in_flight = 0;
    int max = 0;
};

/// How agents answered this process since it started.
struct AgentFigures {
    std::int64_t dispatches = 0;  ///< accepted ones
    /// From sending a dispatch to its acceptance; nothing before the first. The percentiles are
    /// as exact as the histogram's buckets.
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
    void violation(const release::Violation& violation) override;

    /// An API request was answered with this HTTP status.
    void http_answered(int status);
    /// How busy the executor is now.
    void slots(const SlotUse& use);
    /// How long the certificates and revocation lists in use are still good.
    void certificates(const std::vector<tls::CertificateReport>& reports);

    /// Who is connected to the API now, and who was turned away so far.
    void front(const tls::ServerFigures& figures);

    [[nodiscard]] AgentFigures agents() const;

    /// Everything in the text format. @param gauges what the database says; without it (the
    /// database is away) those gauges are left out, not shown as old or zero
    [[nodiscard]] std::string text(const release::Result<Gauges>& gauges) const;

  private:
    struct Families;
    std::unique_ptr<Families> families_;
};

}  // namespace edgeroll::control::api
