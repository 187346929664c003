#include "control/store/db/threads.hpp"

#include <exception>
#include <string>

#include "control/store/db/mysql_connection.hpp"

namespace edgeroll::control {
namespace {

// On a Galera cluster a control learns only at the commit that a control on another node has
// written the audit log (docs/adr/0022).
constexpr int deadlock_tries = 10;
constexpr std::size_t waiting_max = 1000;

/// The driver may also throw other exceptions (out of memory, for example).
release::Error other_failure(const std::exception& error, Access access) {
    return DbFailure(
               std::string("the database driver failed: ") + error.what(),
               access == Access::write ? release::Outcome::unknown : release::Outcome::not_done)
        .to_error();
}

rt::OffloadOptions options_of(int count) {
    rt::OffloadOptions options;
    options.threads = count;
    options.normal_waiting_max = waiting_max;
    options.busy.message = "too many requests wait for the database";
    options.busy.outcome = release::Outcome::not_done;
    options.busy.code = release::code::database;
    return options;
}

}  // namespace

namespace detail {

release::Result<void> run_with_retries(ConnectionSlot& slot, Access access,
                                       const std::function<void(Connection&)>& work) {
    bool may_reconnect = slot.is_open();
    for (int deadlocks = 0;;) {
        try {
            work(slot.get());
            slot.drop_if_broken();
            return {};
        } catch (DbFailure& failure) {
            const bool is_harmless = failure.is_before_work || access != Access::write;
            slot.drop_if_broken();
            if (is_harmless && failure.breaks_connection && may_reconnect) {
                may_reconnect = false;
                continue;
            }
            if (failure.is_deadlock && ++deadlocks < deadlock_tries) continue;
            if (access != Access::write && failure.outcome() == release::Outcome::unknown) {
                failure.set_outcome(release::Outcome::not_done);
            }
            return tl::unexpected<release::Error>(failure.to_error());
        } catch (const Refused& refused) {
            slot.drop_if_broken();
            return tl::unexpected<release::Error>(refused.error);
        } catch (const std::exception& error) {
            slot.drop_if_broken();
            return tl::unexpected<release::Error>(other_failure(error, access));
        }
    }
}

}  // namespace detail

struct DbThread::Registration {
    MysqlThread with_driver;
};

DbThread::DbThread(const Connector& connector)
    : registration_(std::make_unique<Registration>()), slot_(connector) {}

DbThread::~DbThread() = default;

DbThreads::DbThreads(Connector connector, int count)
    : connector_(std::move(connector)),
      threads_(options_of(count), [this] { return std::make_unique<DbThread>(connector_); }) {}

boost::asio::awaitable<release::Result<void>> DbThreads::run_on_thread(Job job, Urgency urgency) {
    auto work = [job = std::move(job)](DbThread& thread) -> release::Result<void> {
        job(thread.slot());
        return {};
    };
    return threads_.run(std::move(work), urgency);
}

}  // namespace edgeroll::control
