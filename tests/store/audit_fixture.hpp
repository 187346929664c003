// Actions whose rows in the audit log are checked.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "control/store/audit/audit_log.hpp"
#include "control/store/audit_verify.hpp"
#include "tests/store/store_fixture.hpp"

namespace edgeroll::control::testing {

using release::wire::Json;

class AuditTest : public StoreTest {
  protected:
    static Asker by(const std::string& name) { return Asker{"token:" + name, "192.0.2.1", {}}; }
    static NodeChangeRequest node_request(const std::string& name, const std::string& ip) {
        NodeChangeRequest node;
        node.name = name;
        node.main_ip = ip;
        node.by = by("ann");
        return node;
    }
    NodeView add(const std::string& name, const std::string& ip) {
        return control().get(control().api().add_node(node_request(name, ip)));
    }
    Result<NodeView> try_to_add(const std::string& name, const std::string& ip) {
        return control().await(control().api().add_node(node_request(name, ip)));
    }
    ConfigView config(std::int64_t version, const std::string& content) {
        ConfigView view;
        view.version = Version{version};
        view.payload = R"({"files":[{"path":"a","content":")" + content + R"("}]})";
        view.created_by = "ann";
        view.by = by("ann");
        return view;
    }
    template <class Request>
    Request action(std::int64_t id) {
        Request request;
        request.id = ReleaseId{id};
        request.actor = "ann";
        request.reason = "because";
        request.by = by("ann");
        return request;
    }
    std::int64_t create(std::int64_t version) {
        NewRelease request;
        request.version = Version{version};
        request.created_by = "ann";
        request.by = by("ann");
        return control().get(control().api().create(request)).id.value;
    }
    void steer(std::int64_t id, release::Steering what) {
        auto request = action<SteerRequest>(id);
        request.action = what;
        control().get(control().api().steer(request));
    }
    /// "actor remote action object" of the rows from this id on.
    std::vector<std::string> acts(std::int64_t from = 1) {
        std::vector<std::string> lines;
        for (const Row& row : rows("SELECT actor, remote, action, object FROM audit_log WHERE id "
                                   ">= ? ORDER BY id",
                                   {from})) {
            lines.push_back(row.text(0) + " " + row.text(1) + " " + row.text(2) + " " +
                            row.text(3));
        }
        return lines;
    }
    std::int64_t count() { return number("SELECT COUNT(*) FROM audit_log"); }
    Json last_detail() {
        return Json::parse(text("SELECT detail FROM audit_log ORDER BY id DESC LIMIT 1"));
    }
    AuditReport verify(const AuditKeys* keys = nullptr, std::vector<AuditHead> kept = {}) {
        return verify_audit(hand(), keys, std::move(kept));
    }
    void expect_whole(const AuditKeys* keys = nullptr) {
        EXPECT_THAT(verify(keys).faults, ::testing::IsEmpty());
    }
    static std::shared_ptr<const AuditKeys> keys_of(const std::string& text) {
        return std::make_shared<const AuditKeys>(*AuditKeys::parse(text));
    }
    /// A control with keys, reopened. Error: it refuses to start.
    Result<std::unique_ptr<Database>> open(std::shared_ptr<const AuditKeys> keys) {
        StoreOptions options;
        options.url = url();
        options.migrates = false;
        options.owner = "control-k";
        options.threads = 1;
        options.audit_keys = std::move(keys);
        return open_database(clock_, options);
    }

  private:
    HandClock clock_;
    boost::asio::io_context context_;
};

}  // namespace edgeroll::control::testing
