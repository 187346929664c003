#include "tls/rt/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <mutex>

#include "release/words.hpp"
#include "tls/rt/log_format.hpp"
#include "tls/rt/log_output.hpp"

namespace edgeroll::rt {
namespace {

class OutputSink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    explicit OutputSink(LogOutput& output) : output_(output) {}

  private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t text;
        formatter_->format(message, text);
        output_.write(std::string_view(text.data(), text.size()));
    }
    void flush_() override {}

    LogOutput& output_;
};

struct Log {
    std::string program;
    bool is_json;
    spdlog::pattern_formatter count_formatter;
    LogOutput output;
    std::shared_ptr<spdlog::logger> logger;

    Log(bool json, std::string name)
        : program(std::move(name)),
          is_json(json),
          count_formatter(pattern(), spdlog::pattern_time_type::utc),
          output(STDERR_FILENO, [this](std::uint64_t count) { return count_line(count); }) {
        logger = std::make_shared<spdlog::logger>("edgeroll", std::make_shared<OutputSink>(output));
        logger->set_pattern(pattern(), spdlog::pattern_time_type::utc);
    }

    [[nodiscard]] std::string pattern() const {
        return is_json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ",%v)" : "%Y-%m-%dT%H:%M:%S.%eZ %v";
    }

    [[nodiscard]] std::string line(LogLevel level, std::string_view event,
                                   const LogFields& fields) const {
        return is_json ? format_json_line(level, program, event, fields)
                       : format_text_line(level, program, event, fields);
    }

    /// Stands in for dropped lines.
    std::string count_line(std::uint64_t count) {
        constexpr std::string_view event = "log_lines_dropped";  // event
        const std::string text = line(LogLevel::warn, event, {{"count", std::to_string(count)}});
        const spdlog::details::log_msg message("edgeroll", spdlog::level::warn, text);
        spdlog::memory_buf_t made;
        count_formatter.format(message, made);
        return {made.data(), made.size()};
    }
};

// Process-wide, since a process has one standard error. Set once, in main, before threads.
std::atomic<Log*> configured{nullptr};

const Log& the_log() {
    if (const Log* log = configured.load(std::memory_order_acquire)) return *log;
    static const Log unconfigured(false, "edgeroll");
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
    auto log = std::make_unique<Log>(format == "json", program);
    for (const LogLevel known : release::enum_values<LogLevel>) {
        if (level == to_text(known)) log->logger->set_level(level_of(known));
    }
    configured.store(log.get(), std::memory_order_release);
    owner = std::move(log);
}

void log(LogLevel level, std::string_view event, const LogFields& fields) {
    const Log& target = the_log();
    const auto severity = level_of(level);
    if (!target.logger->should_log(severity)) return;
    const std::string line = target.line(level, event, fields);
    target.logger->log(severity, spdlog::string_view_t(line.data(), line.size()));
}

void flush_log() {
    constexpr release::Millis at_most{500};
    if (Log* log = configured.load(std::memory_order_acquire)) (void)log->output.flush(at_most);
}

}  // namespace edgeroll::rt
