#include "release/wire/task_payload.hpp"

#include <algorithm>
#include <array>

#include "release/crypto/sha256.hpp"
#include "release/text/digits.hpp"
#include "release/text/utf8.hpp"
#include "release/wire/invalid.hpp"
#include "release/wire/json_util.hpp"
#include "release/wire/payload.hpp"
#include "release/wire/seconds.hpp"

namespace edgeroll::release::wire {
namespace {

constexpr std::size_t name_bytes_max = 100;
constexpr std::size_t args_max = 256;
constexpr std::size_t variables_max = 64;
constexpr std::size_t text_bytes_max = 64U << 10;
// execve refuses arguments and environment that together exceed a quarter of the stack's limit,
// usually 2 MiB.
constexpr std::size_t all_texts_bytes_max = 1U << 20;

bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

bool is_job_name(std::string_view name) {
    if (name.empty() || name.size() > name_bytes_max || name.front() == '.') return false;
    return std::ranges::all_of(name, [](char c) {
        return is_upper(c) || is_digit(c) || (c >= 'a' && c <= 'z') || c == '.' || c == '_' ||
               c == '-';
    });
}

/// What is wrong with a variable's name; empty: nothing.
std::string variable_fault(std::string_view name) {
    const bool is_name =
        !name.empty() && name.size() <= name_bytes_max && !is_digit(name.front()) &&
        std::ranges::all_of(name, [](char c) { return is_upper(c) || is_digit(c) || c == '_'; });
    if (!is_name) return "must be capitals, digits and _ and not start with a digit";
    // The loader, a shell or an interpreter loads or runs something for these variables: the
    // payload chooses among the node's own programs and brings none of its own.
    static constexpr std::array prefixes{"LD_", "EDGEROLL_", "PYTHON", "PERL", "RUBY", "NODE_"};
    static constexpr std::array names{"PATH",
                                      "HOME",
                                      "ENV",
                                      "BASH_ENV",
                                      "BASHOPTS",
                                      "SHELLOPTS",
                                      "IFS",
                                      "PS4",
                                      "GCONV_PATH",
                                      "LUA_INIT",
                                      "LUA_PATH",
                                      "LUA_CPATH",
                                      "PHPRC",
                                      "CLASSPATH",
                                      "GLIBC_TUNABLES",
                                      "JAVA_TOOL_OPTIONS",
                                      "JDK_JAVA_OPTIONS",
                                      "_JAVA_OPTIONS",
                                      "PHP_INI_SCAN_DIR"};
    const bool is_reserved =
        std::ranges::any_of(prefixes, [&](const char* one) { return name.starts_with(one); }) ||
        std::ranges::any_of(names, [&](const char* one) { return name == one; });
    return is_reserved ? "is not for payloads to set" : std::string();
}

/// The text of an argument or a value, or why it is invalid.
Result<std::string> program_text(const Json& value, std::size_t& bytes_left) {
    if (!value.is_string()) return invalid_payload("must be a string");
    const auto& text = value.get_ref<const std::string&>();
    if (text.find('\0') != std::string::npos) return invalid_payload("has a NUL character");
    if (text.size() > text_bytes_max) return invalid_payload("is longer than 64 KiB");
    if (text.size() > bytes_left) return invalid_payload("brings all of them over 1 MiB");
    bytes_left -= text.size();
    return text;
}

/// The refusal of one value, with its place and without a second "payload:".
tl::unexpected<Error> invalid_at(const std::string& where, const Error& error) {
    constexpr std::string_view head = "payload: ";
    const std::string_view said = error.message;
    return invalid_payload(where + " " +
                           std::string(said.starts_with(head) ? said.substr(head.size()) : said));
}

Result<void> read_args(const Json& object, const std::string& called, Job& job,
                       std::size_t& bytes_left) {
    const auto args = object.find("args");
    if (args == object.end() || args->is_null()) return {};
    if (!args->is_array() || args->size() > args_max) {
        return invalid_payload(called + ": field 'args' must be a list of at most 256 strings");
    }
    for (const Json& value : *args) {
        auto text = program_text(value, bytes_left);
        if (!text) {
            return invalid_at(called + ": args[" + std::to_string(job.args.size()) + "]",
                              text.error());
        }
        job.args.push_back(std::move(*text));
    }
    return {};
}

Result<void> read_env(const Json& object, const std::string& called, Job& job,
                      std::size_t& bytes_left) {
    const auto env = object.find("env");
    if (env == object.end() || env->is_null()) return {};
    if (!env->is_object() || env->size() > variables_max) {
        return invalid_payload(called + ": field 'env' must be an object of at most 64 strings");
    }
    for (const auto& [name, value] : env->items()) {
        const std::string where = called + ": variable '" + cut_utf8(name, 64) + "'";
        const std::string fault = variable_fault(name);
        if (!fault.empty()) return invalid_payload(where + " " + fault);
        auto text = program_text(value, bytes_left);
        if (!text) return invalid_at(where, text.error());
        job.env.emplace_back(name, std::move(*text));
    }
    return {};
}

Result<Job> read_job(const Json& object, const std::string& where, std::size_t& bytes_left) {
    if (!object.is_object()) return invalid_payload(where + "must be an object");
    const auto name = required_text(object, "job");
    if (!name) return invalid_payload(where + name.error().message);
    if (!is_job_name(*name)) {
        return invalid_payload(where +
                               "field 'job' must be the name of a program of AGENT_JOBS_DIR: "
                               "letters, digits, . _ - and not starting with a dot");
    }
    const std::string called = where + "job " + *name;
    for (const auto& [key, value] : object.items()) {
        if (key != "job" && key != "args" && key != "env" && key != "sha256" &&
            key != "timeoutSec") {
            return invalid_payload(called + ": unknown key '" + cut_utf8(key, 64) + "'");
        }
    }
    Job job;
    job.name = *name;
    if (auto read = read_args(object, called, job, bytes_left); !read) {
        return tl::unexpected(read.error());
    }
    if (auto read = read_env(object, called, job, bytes_left); !read) {
        return tl::unexpected(read.error());
    }
    const auto sha256 = optional_text(object, "sha256");
    if (!sha256) return invalid_payload(called + ": " + sha256.error().message);
    job.sha256 = lower_hex(sha256->value_or(""));
    if (*sha256 && !is_sha256_hex(job.sha256)) {
        return invalid_payload(called + ": field 'sha256' must be 64 hex digits");
    }
    const auto timeout = optional_seconds(object, "timeoutSec");
    if (!timeout) return invalid_payload(called + ": " + timeout.error().message);
    job.timeout = *timeout;
    return job;
}

Result<std::vector<Job>> read_jobs(const Json& payload) {
    if (!payload.is_object()) return invalid_payload("must be an object");
    std::vector<Job> jobs;
    std::size_t bytes_left = all_texts_bytes_max;
    const auto flow = payload.find("flow");
    if (flow == payload.end()) {
        auto job = read_job(payload, "", bytes_left);
        if (!job) return tl::unexpected(job.error());
        jobs.push_back(std::move(*job));
        return jobs;
    }
    if (payload.size() != 1) return invalid_payload("beside 'flow' there may be nothing");
    if (!flow->is_array() || flow->empty() || flow->size() > jobs_max) {
        return invalid_payload("field 'flow' must be a list of 1 to 50 jobs");
    }
    for (const Json& object : *flow) {
        auto job = read_job(object, "flow[" + std::to_string(jobs.size()) + "] ", bytes_left);
        if (!job) return tl::unexpected(job.error());
        jobs.push_back(std::move(*job));
    }
    return jobs;
}

Result<Json> read_json(std::string_view json_text) {
    auto parsed = parse_json(json_text, payload_bytes_max);
    if (!parsed) return invalid_payload(parsed.error().message);
    if (!parsed->is_object()) return invalid_payload("must be an object");
    return parsed;
}

/// For the types without files.
Result<void> check_payload(TaskType type, const Json& payload) {
    switch (type) {
        case TaskType::run_job:
            if (const auto jobs = read_jobs(payload); !jobs) return tl::unexpected(jobs.error());
            break;
        case TaskType::reload: {
            const bool has_no_files = payload.size() == 1 && payload.contains("files") &&
                                      payload["files"] == Json::array();
            if (payload.empty() || has_no_files) break;
            return invalid_payload("a reload has none: it must be {}");
        }
        case TaskType::apply_config:
        case TaskType::purge_cache:
            break;
    }
    return {};
}

Result<PayloadDigests> digests_of_files(const Result<Payload>& payload) {
    if (!payload) return tl::unexpected(payload.error());
    if (payload->files.empty()) return PayloadDigests{};
    return PayloadDigests{content_digest(*payload), plain_digest(*payload), loose_file(*payload),
                          has_secrets(*payload), has_open_secrets(*payload)};
}

}  // namespace

Result<std::vector<Job>> parse_jobs(std::string_view json_text) {
    const auto payload = read_json(json_text);
    if (!payload) return tl::unexpected(payload.error());
    return read_jobs(*payload);
}

Result<std::vector<std::string>> parse_job_variables(std::string_view text) {
    std::vector<std::string> names;
    while (!text.empty()) {
        const auto comma = text.find(',');
        std::string_view name = text.substr(0, comma);
        while (name.starts_with(' '))
            name.remove_prefix(1);
        while (name.ends_with(' '))
            name.remove_suffix(1);
        if (const std::string fault = variable_fault(name); !fault.empty()) {
            return fail("has '" + cut_utf8(name, 64) + "', which " + fault +
                        "; give names of variables, e.g. MODE,REGION");
        }
        names.emplace_back(name);
        text.remove_prefix(comma == text.npos ? text.size() : comma + 1);
    }
    return names;
}

std::optional<std::string> job_variable_fault(const std::vector<Job>& jobs,
                                              const std::vector<std::string>& allowed) {
    for (const Job& job : jobs) {
        for (const auto& [name, value] : job.env) {
            if (name.starts_with("JOB_") || std::ranges::find(allowed, name) != allowed.end()) {
                continue;
            }
            return "payload: job " + job.name + ": variable '" + name +
                   "' may not be set on this node: rename it to JOB_" + name +
                   ", or list it in the node's AGENT_JOB_ENV";
        }
    }
    return std::nullopt;
}

Result<PayloadDigests> payload_digests(TaskType type, std::string_view json_text) {
    if (type == TaskType::apply_config) return digests_of_files(parse_payload(json_text));
    const auto payload = read_json(json_text);
    if (!payload) return tl::unexpected(payload.error());
    if (const auto fits = check_payload(type, *payload); !fits) {
        return tl::unexpected(fits.error());
    }
    if (type == TaskType::reload || payload->empty()) return PayloadDigests{};
    const std::string digest = sha256_hex(dump_json(*payload));
    return PayloadDigests{digest, digest};
}

Result<PayloadDigests> stored_payload_digests(TaskType type, std::string_view json_text) {
    if (type == TaskType::apply_config) return digests_of_files(parse_stored_payload(json_text));
    return payload_digests(type, json_text);
}

}  // namespace edgeroll::release::wire
