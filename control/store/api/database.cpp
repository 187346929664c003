#include "control/store/api/database.hpp"

#include <memory>
#include <utility>

#include "control/store/api/audit_rows.hpp"
#include "control/store/api/bans.hpp"
#include "control/store/api/create.hpp"
#include "control/store/api/events.hpp"
#include "control/store/api/evidence.hpp"
#include "control/store/api/inventory.hpp"
#include "control/store/api/plan_book.hpp"
#include "control/store/api/reconciliation.hpp"
#include "control/store/api/releases.hpp"
#include "control/store/api/stats.hpp"
#include "control/store/api/steer.hpp"
#include "control/store/api/steps.hpp"
#include "control/store/db/schema.hpp"
#include "control/store/steering/rollback.hpp"

namespace edgeroll::control {
namespace {

class ApiDatabase final : public ApiStore {
  public:
    ApiDatabase(DbThreads& threads, release::wire::CallRules gate_rules,
                std::shared_ptr<const AuditKeys> keys, std::shared_ptr<const SecretKeyring> secrets)
        : threads_(threads),
          gate_rules_(std::make_shared<const release::wire::CallRules>(std::move(gate_rules))),
          keys_(std::move(keys)),
          secrets_(std::move(secrets)) {}

    Answer<ReleaseView> release(release::ReleaseId id) override {
        auto work = [id](Connection& connection) {
            ReleaseView view = read_release_view(connection, id);
            // Read separately afterwards: most callers of a release only poll its progress.
            if (is_final(view.summary.status)) view.rollback = rollback_outlook(connection, id);
            return view;
        };
        return threads_.run(Access::read, std::move(work), Urgency::normal);
    }
    Answer<ReleaseView> release_steps(release::ReleaseId id, StepsWanted wanted) override {
        auto work = [id, wanted = std::move(wanted)](Connection& connection) {
            return read_release_steps(connection, id, wanted);
        };
        return threads_.run(Access::read, std::move(work), Urgency::normal);
    }
    Answer<ReleasePage> releases(ReleaseFilter filter) override {
        auto work = [filter = std::move(filter)](Connection& connection) {
            return list_releases(connection, filter);
        };
        return threads_.run(Access::read, std::move(work), Urgency::normal);
    }
    Answer<EventPage> events(release::ReleaseId id, std::int64_t after, int page,
                             int page_size) override {
        auto work = [=](Connection& connection) {
            return read_events(connection, id, after, page, page_size);
        };
        return threads_.run(Access::read, std::move(work), Urgency::normal);
    }
    Answer<EvidencePage> evidence(EvidenceFilter filter) override {
        auto work = [filter = std::move(filter)](Connection& connection) {
            return list_evidence(connection, filter);
        };
        return threads_.run(Access::read, std::move(work), Urgency::normal);
    }
    Answer<CreatedRelease> create(NewRelease request) override {
        // This call shares ownership: it may outlive the object when the program ends.
        const std::shared_ptr<PlanBook> previews = previews_;
        request.by.keys = keys_;
        request.previewed = previews->find(request.expected_plan_sha256);
        const bool is_dry_run = request.is_dry_run;
        request.secret_keys = secret_keys();
        auto work = [request = std::move(request), rules = gate_rules_](Connection& connection) {
            return create_release(connection, request, *rules);
        };
        auto pending = threads_.run(Access::write, std::move(work), Urgency::normal);
        release::Result<CreatedRelease> created = co_await std::move(pending);
        if (created && is_dry_run) {
            PreviewedPlan plan{created->plan, created->names};
            previews->remember(created->plan_sha256,
                               std::make_shared<const PreviewedPlan>(std::move(plan)));
        }
        co_return created;
    }
    Answer<ConfigView> put_config(ConfigView config) override {
        config.by.keys = keys_;
        auto work = [config = std::move(config), keys = secret_keys()](Connection& connection) {
            return add_config(connection, config, keys.get());
        };
        return threads_.run(Access::write, std::move(work), Urgency::normal);
    }
    Answer<ShownConfig> config(release::Version version, PayloadPart part) override {
        auto work = [version, part](Connection& connection) {
            return show_config(connection, version, part);
        };
        return threads_.run(Access::read, std::move(work), Urgency::normal);
    }
    Answer<std::vector<NodeView>> nodes() override {
        auto work = [templates = templates_](Connection& connection) {
            return list_nodes(connection, *templates);
        };
        return threads_.run(Access::read, std::move(work), Urgency::normal);
    }
    Answer<NodeView> add_node(NodeChangeRequest node) override {
        node.by.keys = keys_;
        auto work = [node = std::move(node), templates = templates_](Connection& connection) {
            return insert_node(connection, *templates, node);
        };
        return threads_.run(Access::write, std::move(work), Urgency::normal);
    }
    Answer<NodeView> change_node(release::NodeId id, NodeChangeRequest change) override {
        change.by.keys = keys_;
        auto work = [id, change = std::move(change),
                     templates = templates_](Connection& connection) {
            return update_node(connection, *templates, id, change);
        };
        return threads_.run(Access::write, std::move(work), Urgency::normal);
    }
    Answer<BanPage> bans(int page, int page_size) override {
        auto work = [=](Connection& connection) { return list_bans(connection, page, page_size); };
        return threads_.run(Access::read, std::move(work), Urgency::normal);
    }
    Answer<Banned> add_ban(BanRequest request) override {
        request.by.keys = keys_;
        auto work = [request = std::move(request)](Connection& connection) {
            return insert_ban(connection, request);
        };
        return threads_.run(Access::write, std::move(work), Urgency::normal);
    }
    Answer<BanView> remove_ban(BanRemoval removal) override {
        removal.by.keys = keys_;
        auto work = [removal = std::move(removal)](Connection& connection) {
            return delete_ban(connection, removal);
        };
        return threads_.run(Access::write, std::move(work), Urgency::normal);
    }
    Answer<ReconciliationView> reconciliation() override {
        auto work = [templates = templates_](Connection& connection) {
            return read_reconciliation(connection, *templates);
        };
        return threads_.run(Access::read, std::move(work), Urgency::normal);
    }
    Answer<int> continue_reconciliation(ContinueRequest request) override {
        request.by.keys = keys_;
        auto work = [request = std::move(request)](Connection& connection) {
            return forgive(connection, request);
        };
        return threads_.run(Access::write, std::move(work), Urgency::normal);
    }
    Answer<Gauges> gauges() override {
        auto work = [templates = templates_](Connection& connection) {
            return read_gauges(connection, *templates);
        };
        return threads_.run(Access::read, std::move(work), Urgency::normal);
    }
    Answer<Stats> stats() override {
        auto work = [](Connection& connection) { return read_stats(connection); };
        return threads_.run(Access::read, std::move(work), Urgency::normal);
    }
    Answer<ReleaseView> steer(SteerRequest request) override {
        request.by.keys = keys_;
        auto work = [request = std::move(request)](Connection& connection) {
            return steer_release(connection, request);
        };
        return threads_.run(Access::write, std::move(work), Urgency::normal);
    }
    Answer<ForceStopped> force_stop(ActionRequest request) override {
        request.by.keys = keys_;
        auto work = [request = std::move(request)](Connection& connection) {
            return force_stop_release(connection, request);
        };
        return threads_.run(Access::write, std::move(work), Urgency::normal);
    }
    Answer<Retried> retry(RetryRequest request) override {
        request.by.keys = keys_;
        auto work = [request = std::move(request)](Connection& connection) {
            return retry_release(connection, request);
        };
        return threads_.run(Access::write, std::move(work), Urgency::normal);
    }
    Answer<RolledBack> roll_back(RollbackRequest request) override {
        request.by.keys = keys_;
        request.secret_keys = secret_keys();
        const Access access = request.is_dry_run ? Access::read : Access::write;
        auto work = [request = std::move(request)](Connection& connection) {
            return request.is_dry_run ? preview_rollback(connection, request)
                                      : roll_back_release(connection, request);
        };
        return threads_.run(access, std::move(work), Urgency::normal);
    }
    Answer<ReleaseSummary> limit(LimitRequest request) override {
        request.by.keys = keys_;
        auto work = [request = std::move(request)](Connection& connection) {
            return limit_release(connection, request);
        };
        return threads_.run(Access::write, std::move(work), Urgency::normal);
    }
    Answer<void> note(std::vector<AuditNote> notes) override {
        for (AuditNote& note : notes)
            note.by.keys = keys_;
        auto work = [notes = std::move(notes)](Connection& connection) {
            write_notes(connection, notes);
        };
        return threads_.run(Access::write, std::move(work), Urgency::normal);
    }
    Answer<AuditPage> audit(AuditFilter filter) override {
        auto work = [filter = std::move(filter)](Connection& connection) {
            return list_audit(connection, filter);
        };
        return threads_.run(Access::read, std::move(work), Urgency::normal);
    }
    Answer<std::string> ping() override {
        auto work = [](Connection& connection) { return schema_change_complaint(connection); };
        return threads_.run(Access::read, std::move(work), Urgency::normal);
    }

  private:
    [[nodiscard]] std::shared_ptr<const SecretKeys> secret_keys() const {
        return secrets_ ? secrets_->keys() : nullptr;
    }

    DbThreads& threads_;
    std::shared_ptr<const release::wire::CallRules> gate_rules_;
    std::shared_ptr<const AuditKeys> keys_;
    std::shared_ptr<const SecretKeyring> secrets_;
    std::shared_ptr<PlanBook> previews_ = std::make_shared<PlanBook>();
    std::shared_ptr<TemplateBook> templates_ = std::make_shared<TemplateBook>(secrets_);
};

}  // namespace

std::unique_ptr<ApiStore> make_api_store(DbThreads& threads, release::wire::CallRules gate_rules,
                                         std::shared_ptr<const AuditKeys> keys,
                                         std::shared_ptr<const SecretKeyring> secrets) {
    return std::make_unique<ApiDatabase>(threads, std::move(gate_rules), std::move(keys),
                                         std::move(secrets));
}

}  // namespace edgeroll::control
