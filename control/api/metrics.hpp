// Prometheus metrics; hears what the executor does and passes its notes to the log.
#pragma once

#include <memory>
#include <string>

#include "control/core/ports.hpp"
#include "control/store/api_store.hpp"

namespace edgeroll::control::api {

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

    /// Everything in the text format. @param gauges what the database says; without it (the
    /// database is away) those gauges are left out, not shown as old or zero
    [[nodiscard]] std::string text(const release::Result<Gauges>& gauges) const;

  private:
    struct Families;
    std::unique_ptr<Families> families_;
};

}  // namespace edgeroll::control::api
