#include "tls/rt/program.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "tls/rt/log.hpp"
#include "tls/rt/log_format.hpp"
#include "tls/rt/printable.hpp"

namespace edgeroll::rt {
namespace {

class SignalSet final : public StopSignals {
  public:
    SignalSet(const boost::asio::any_io_executor& executor, std::function<void()> callback)
        : shared_(std::make_shared<Shared>(executor)) {
        shared_->callback = std::move(callback);
        wait(shared_);
    }
    ~SignalSet() override { SignalSet::forget(); }
    SignalSet(const SignalSet&) = delete;
    SignalSet& operator=(const SignalSet&) = delete;

    void forget() override {
        shared_->callback = nullptr;
        shared_->is_forgotten = true;
        boost::system::error_code ignored;
        shared_->signals.cancel(ignored);
        shared_->signals.clear(ignored);
    }

  private:
    struct Shared {
        explicit Shared(const boost::asio::any_io_executor& executor)
            : signals(executor, SIGTERM, SIGINT) {}
        boost::asio::signal_set signals;
        std::function<void()> callback;
        bool is_stopping = false;
        bool is_forgotten = false;
    };

    static void wait(const std::shared_ptr<Shared>& shared) {
        shared->signals.async_wait([shared](const boost::system::error_code& ec, int number) {
            if (ec || shared->is_forgotten) return;
            const std::string name = number == SIGINT ? "SIGINT" : "SIGTERM";
            if (shared->is_stopping) {
                log(LogLevel::warn, "stopped_hard", {{"signal", name}});
                flush_log();
                std::_Exit(1);
            }
            shared->is_stopping = true;
            log(LogLevel::info, "stopping", {{"signal", name}});
            wait(shared);
            // The callback may call forget(), which clears the member while it runs.
            const auto callback = std::move(shared->callback);
            if (callback) callback();
        });
    }

    std::shared_ptr<Shared> shared_;
};

}  // namespace

std::string program_version() {
    return EDGEROLL_VERSION;
}

void add_common_options(CLI::App& app, std::string& config_path,
                        const std::vector<Setting>& table) {
    app.add_option("--config", config_path, "TOML file with settings")
        ->check(CLI::Validator(
            [](std::string& path) {
                return path.empty() ? "is empty: name a file, or leave the option out" : "";
            },
            "", ""))
        ->type_name("FILE");
    app.set_version_flag("--version", app.get_name() + " " + program_version());
    app.footer("\n" + settings_help(table));
}

std::optional<int> parse_arguments(CLI::App& app, int argc, const char* const* argv) {
    try {
        app.parse(argc, argv);
        return std::nullopt;
    } catch (const CLI::Success& e) {  // --help and --version
        return app.exit(e);
    } catch (const CLI::Error& e) {
        return refuse(app.get_name(), std::string(e.what()) + "; see --help");
    }
}

int refuse(const std::string& program, const std::string& message) {
    std::string line = message;
    for (char& c : line) {
        if (c == '\n' || c == '\r') c = ' ';
    }
    std::cerr << program << ": " << printable(line) << std::endl;
    return exit_bad_settings;
}

std::unique_ptr<StopSignals> on_stop_signal(boost::asio::any_io_executor executor,
                                            std::function<void()> callback) {
    std::signal(SIGHUP, SIG_IGN);
    return std::make_unique<SignalSet>(executor, std::move(callback));
}

}  // namespace edgeroll::rt
