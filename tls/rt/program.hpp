// Common parts of every main(): arguments, the settings file, signals, exit statuses.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tls/rt/settings.hpp"

namespace CLI {
class App;
}

namespace edgeroll::rt {

/// Exit status for bad settings and bad usage.
inline constexpr int exit_bad_settings = 2;

/// The project's version, e.g. "0.1.0".
[[nodiscard]] std::string program_version();

/// Adds `--config FILE`, `--version` and, below the options in --help, the table of settings.
/// @param config_path receives the file's name; must outlive the parsing
void add_common_options(CLI::App& app, std::string& config_path, const std::vector<Setting>& table);

/// Parses the arguments. Returns the exit status to end with: 0 after --help and --version (printed
/// to standard output), 2 after bad usage (one line on standard error that names the argument).
/// Nothing: continue.
[[nodiscard]] std::optional<int> parse_arguments(CLI::App& app, int argc, const char* const* argv);

/// Prints `program: message` to standard error, in one line, and returns exit_bad_settings.
int refuse(const std::string& program, const std::string& message);

/// Calls back once, on the loop, at the first SIGTERM or SIGINT; at the second the process ends at
/// once with status 1. Ignores SIGHUP from then on. Destruction or forget() drops the callback and
/// releases the loop.
class StopSignals {
  public:
    virtual ~StopSignals() = default;
    virtual void forget() = 0;
};
[[nodiscard]] std::unique_ptr<StopSignals> on_stop_signal(boost::asio::any_io_executor executor,
                                                          std::function<void()> callback);

}  // namespace edgeroll::rt
