#include "tls/rt/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <memory>

#include "tls/rt/log_format.hpp"

namespace edgeroll::tls::rt {
namespace {

struct Log {
    std::shared_ptr<spdlog::logger> logger;
    std::string program = "edgeroll";
    bool is_json = false;

    explicit Log(bool json) : is_json(json) {
        auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
        logger = std::make_shared<spdlog::logger>("edgeroll", std::move(sink));
        logger->set_pattern(
            json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ",%v)" : "%Y-%m-%dT%H:%M:%S.%eZ %v",
            spdlog::pattern_time_type::utc);
        logger->flush_on(spdlog::level::trace);
    }
};

// The one process-wide thing: a process has one standard error. Set once, in main, before threads.
std::atomic<const Log*> configured{nullptr};

const Log& the_log() {
    if (const Log* log = configured.load(std::memory_order_acquire)) return *log;
    static const Log unconfigured{false};
    return unconfigured;
}

spdlog::level::level_enum level_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warn:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
    }
    return spdlog::level::err;
}

}  // namespace

void set_up_log(const std::string& level, const std::string& format, const std::string& program) {
    static std::unique_ptr<Log> owner;
    auto log = std::make_unique<Log>(format == "json");
    log->program = program;
    for (const LogLevel known :
         {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error}) {
        if (level == to_text(known)) log->logger->set_level(level_of(known));
    }
    configured.store(log.get(), std::memory_order_release);
    owner = std::move(log);
}

void log(LogLevel level, std::string_view event, const LogFields& fields) {
    const Log& target = the_log();
    const auto severity = level_of(level);
    if (!target.logger->should_log(severity)) return;
    const std::string line = target.is_json
                                 ? format_json_line(level, target.program, event, fields)
                                 : format_text_line(level, target.program, event, fields);
    target.logger->log(severity, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace edgeroll::tls::rt
