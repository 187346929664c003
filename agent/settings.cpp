#include "agent/settings.hpp"

#include <sys/stat.h>

#include "agent/secret_group.hpp"
#include "agent/trusted_files.hpp"
#include "release/wire/task_payload.hpp"
#include "tls/url.hpp"

namespace edgeroll::agent {
namespace {

using rt::Setting;

void add_network(std::vector<Setting>& table, Settings& s) {
    const auto add = [&](const char* name, std::string& target, const char* help) {
        table.push_back(rt::text_setting(name, target, help));
    };
    add("AGENT_HTTP_ADDR", s.address, "where it listens (HTTPS, client certificates required)");
    add("AGENT_CERT", s.certificate, "PEM server certificate; required");
    add("AGENT_KEY", s.key, "PEM key of AGENT_CERT; required");
    add("AGENT_CA", s.ca, "PEM bundle that clients must chain to; required");
    add("AGENT_CRL", s.crl, "PEM revocation lists; none when empty");
    add("AGENT_ALLOWED_CLIENTS", s.allowed_clients,
        "who may command it: comma-separated uri:, dns: or cn: patterns");
    table.push_back(rt::number_setting("AGENT_MAX_PER_ADDRESS", s.max_per_address, 0, 10'000,
                                       "connections of one address at once; 0: no limit"));
    add("AGENT_ROOT", s.root, "holds versions/<version>/, live (a link), tasks/ and staging/");
}

void add_times(std::vector<Setting>& table, ExecutorSettings& s) {
    const auto add = [&](const char* name, Millis& target, const char* help) {
        table.push_back(rt::seconds_setting(name, target, Millis(1), help));
    };
    add("AGENT_RELOAD_TIMEOUT_SEC", s.reload_timeout,
        "limit of a reload task whose dispatch has none");
    add("AGENT_PURGE_TIMEOUT_SEC", s.purge_timeout,
        "limit of a purge_cache task whose dispatch has none");
    add("AGENT_JOB_TIMEOUT_SEC", s.job_timeout, "limit of a run_job task whose dispatch has none");
}

Setting job_variables_setting(std::vector<std::string>& target) {
    Setting setting;
    setting.name = "AGENT_JOB_ENV";
    setting.help = "variables that payloads of run_job may set beside JOB_*, comma-separated";
    setting.parse = [&target](std::string_view text) -> std::optional<std::string> {
        auto names = release::wire::parse_job_variables(text);
        if (!names) return names.error().message;
        target = std::move(*names);
        return std::nullopt;
    };
    return setting;
}

void add_commands(std::vector<Setting>& table, CommandSettings& s) {
    const auto add = [&](const char* name, std::string& target, const char* help) {
        table.push_back(rt::text_setting(name, target, help));
    };
    add("AGENT_CHECK_CMD", s.check,
        "before the switch, e.g. nginx -t -c $EDGEROLL_STAGED/nginx.conf");
    add("AGENT_RELOAD_CMD", s.reload, "after the switch, e.g. nginx -s reload");
    add("AGENT_VERIFY_CMD", s.verify, "after a reload, e.g. curl -fsS http://127.0.0.1/health");
    add("AGENT_VERIFY_URL", s.verify_url,
        "after a reload, must answer 200 with the version as its body");
    add("AGENT_HOOKS_DIR", s.hooks_folder,
        "executables preinstall, postinstall and rollback, run when present");
    add("AGENT_PURGE_CMD", s.purge,
        "executes a purge_cache task; $EDGEROLL_PAYLOAD is the file with its payload");
    add("AGENT_JOBS_DIR", s.jobs_folder, "programs that run_job tasks may name");
    table.push_back(job_variables_setting(s.job_variables));
    table.push_back(rt::seconds_setting(
        "AGENT_COMMAND_TIMEOUT_SEC", s.timeout, Millis(1),
        "each command of an apply_config; past it its process group is killed"));
    table.push_back(
        rt::number_setting("AGENT_COMMAND_NICE", s.niceness, -20, 19, "their niceness"));
}

Result<void> require(const char* name, const std::string& value, const char* cure) {
    if (!value.empty()) return {};
    return release::fail(std::string(name) + " is missing: " + cure);
}

Result<void> require_folder(const char* name, const std::string& path) {
    struct stat info {};
    const bool is_folder = !path.empty() && path.front() == '/' &&
                           ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
    if (path.empty()) return {};
    if (!is_folder) {
        return release::fail(std::string(name) + " " + path +
                             " is not the absolute path of a folder: make it, or unset it");
    }
    // Checked at the start, not at the first task that needs it.
    if (const auto folder = open_trusted_folder(name, path); !folder) {
        return tl::unexpected(folder.error());
    }
    return {};
}

}  // namespace

std::vector<Setting> settings_table(Settings& settings) {
    std::vector<Setting> table;
    add_network(table, settings);
    add_commands(table, settings.executor.commands);
    add_times(table, settings.executor);
    table.push_back(rt::text_setting("AGENT_SECRET_GROUP", settings.secret_group,
                                     "group that may read a content's secret files (0640), "
                                     "e.g. edge-tls; the agent's own group when empty"));
    table.push_back(rt::number_setting("AGENT_KEEP_VERSIONS", settings.executor.keep_versions, 0,
                                       10'000, "old versions kept"));
    table.push_back(rt::number_setting("AGENT_MAX_QUEUE", settings.executor.queue_max, 0, 10'000,
                                       "tasks waiting; one more is answered 503"));
    table.push_back(rt::loose_files_setting(settings.loose_files));
    table.push_back(rt::log_level_setting(settings.log_level));
    table.push_back(rt::choice_setting("LOG_FORMAT", settings.log_format, {"text", "json"},
                                       "text, or json for an object a line"));
    return table;
}

Result<void> check_settings(const Settings& settings) {
    const CommandSettings& commands = settings.executor.commands;
    auto fits = require("AGENT_CERT", settings.certificate,
                        "give the PEM file of this node's server certificate");
    if (fits) fits = require("AGENT_KEY", settings.key, "give the PEM file of AGENT_CERT's key");
    if (fits) {
        fits = require("AGENT_CA", settings.ca,
                       "give the PEM file of the authority that control's certificate chains to");
    }
    if (!fits) return fits;
    if (const auto patterns = allowed_clients(settings); !patterns) {
        return tl::unexpected(patterns.error());
    }
    if (!commands.verify_url.empty()) {
        if (const auto url = tls::parse_url(commands.verify_url); !url) {
            return release::fail("AGENT_VERIFY_URL: " + url.error().message +
                                 "; give e.g. http://127.0.0.1/edgeroll-version");
        }
    }
    fits = require_folder("AGENT_HOOKS_DIR", commands.hooks_folder);
    if (fits) fits = require_folder("AGENT_JOBS_DIR", commands.jobs_folder);
    if (!fits) return fits;
    if (const auto group = find_secret_group(settings.secret_group); !group) {
        return tl::unexpected(group.error());
    }
    return {};
}

tls::TlsFiles tls_files(const Settings& settings) {
    tls::TlsFiles files;
    files.certificate = settings.certificate;
    files.key = settings.key;
    files.ca = settings.ca;
    files.crl = settings.crl;
    files.certificate_name = "AGENT_CERT";
    files.key_name = "AGENT_KEY";
    files.ca_name = "AGENT_CA";
    files.crl_name = "AGENT_CRL";
    files.loose = settings.loose_files;
    return files;
}

Result<std::vector<tls::IdentityPattern>> allowed_clients(const Settings& settings) {
    auto patterns = tls::parse_identity_patterns(settings.allowed_clients);
    if (!patterns) return release::fail("AGENT_ALLOWED_CLIENTS " + patterns.error().message);
    return patterns;
}

}  // namespace edgeroll::agent
