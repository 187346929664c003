// The running control service: its parts, and their start and stop order.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "control/agents/agents.hpp"
#include "control/api/api.hpp"
#include "control/api/audit_notes.hpp"
#include "control/core/supervisor.hpp"
#include "control/host.hpp"
#include "control/key_files.hpp"
#include "control/outbound/callback_sender.hpp"
#include "control/outbound/gates.hpp"
#include "control/settings.hpp"
#include "control/store/open.hpp"
#include "tls/client_pool.hpp"
#include "tls/context_store.hpp"
#include "tls/http_server.hpp"
#include "tls/rt/program.hpp"

namespace edgeroll::control {

class Service {
  public:
    explicit Service(Settings settings);

    /// Opens all parts, the database first. Error: one line for the user; nothing runs then.
    [[nodiscard]] release::Result<void> open();
    /// Runs until SIGTERM or SIGINT; then takes no more work, gives the claims back and returns.
    void run();

  private:
    release::Result<void> open_certificates();
    release::Result<void> open_executor();
    release::Result<void> open_http();
    void tell_start();
    void tell_protection(const StoreOptions& store);
    awaitable<void> tick();
    awaitable<void> shut_down();

    Settings settings_;
    std::string name_;
    SystemRandom random_;
    api::Metrics metrics_;
    api::Authenticator authenticator_;
    std::unique_ptr<Clock> clock_;
    SecretKeyFile secret_keys_;
    std::unique_ptr<tls::ContextStore> agent_certificates_;
    std::unique_ptr<tls::ContextStore> http_certificates_;
    std::unique_ptr<Agents> agents_;
    std::unique_ptr<Gates> gates_;
    std::unique_ptr<CallbackSender> callback_sender_;
    std::unique_ptr<Supervisor> supervisor_;
    std::unique_ptr<HeartbeatLoop> heartbeats_;
    std::unique_ptr<api::Api> api_;
    api::RefusedLogins refused_logins_;
    std::unique_ptr<api::AuditNotes> audit_notes_;
    // Coroutines live in the loop and refer to the members above it. Members below it own sockets,
    // or threads that post to the loop, and must be destroyed before it.
    boost::asio::io_context loop_{1};
    std::unique_ptr<Database> database_;
    std::unique_ptr<tls::ClientPool> pool_;
    std::unique_ptr<tls::HttpServer> server_;
    std::unique_ptr<rt::StopSignals> signals_;
};

}  // namespace edgeroll::control
