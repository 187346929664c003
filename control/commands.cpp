#include "control/commands.hpp"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <iostream>
#include <system_error>
#include <utility>

#include "control/certificates.hpp"
#include "control/host.hpp"
#include "control/store/db/url.hpp"
#include "control/store/open.hpp"
#include "tls/rt/clock.hpp"
#include "tls/rt/program.hpp"

namespace edgeroll::control {
namespace {

constexpr const char* program = "edgeroll-control";

/// Prints `name: ok` or `name: what is wrong`; remembers whether all was well.
class Findings {
  public:
    void add(const char* name, const std::string& trouble, const std::string& detail = {}) {
        std::cout << name << ": " << (trouble.empty() ? "ok" + detail : trouble) << std::endl;
        is_well_ = is_well_ && trouble.empty();
    }
    [[nodiscard]] int status() const { return is_well_ ? 0 : tls::rt::exit_bad_settings; }

  private:
    bool is_well_ = true;
};

template <class T>
std::string trouble_of(const release::Result<T>& result) {
    return result ? std::string() : result.error().message;
}

void check_certificates(const Settings& settings, Findings& findings) {
    if (settings.runs_releases()) {
        const auto certificates = agent_certificates(settings);
        findings.add("certificates", trouble_of(certificates));
    } else {
        findings.add("certificates", "", " (not needed: no release runs here)");
    }
    if (settings.http_certificate.empty()) return;
    findings.add("HTTP certificate", trouble_of(http_certificates(settings)));
}

void check_tokens(const Settings& settings, Findings& findings) {
    api::TokenFile tokens(settings.tokens_file);
    const auto opened = tokens.open();
    if (!opened) {
        findings.add("API tokens", "API_TOKENS_FILE: " + opened.error().message);
        return;
    }
    const bool is_closed = !tokens.is_configured() && settings.jwt_secret.empty();
    findings.add("API tokens", "",
                 is_closed ? " (none: every call that needs a token is refused)"
                           : " (" + std::to_string(tokens.size()) + " in the file)");
}

/// What `serve` would do about a schema that is not there yet is no fault, and not ours to do.
bool is_for_serve_to_mend(const StoreOptions& options, const release::Error& error) {
    const auto url = parse_database_url(options.url);
    const bool is_sqlite = !options.is_dsn && url && url->backend == Backend::sqlite;
    return options.migrates.value_or(is_sqlite) &&
           error.message.find("run edgeroll-control migrate") != std::string::npos;
}

/// The name of an SQLite file that `serve` would make; empty when there is none to make.
std::string file_to_come(const StoreOptions& options) {
    const auto url = parse_database_url(options.url);
    if (options.is_dsn || !url || url->backend != Backend::sqlite) return {};
    std::error_code ec;
    const std::filesystem::path file(url->path);
    const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
    const bool is_to_come = options.migrates.value_or(true) && !std::filesystem::exists(file, ec) &&
                            access(folder.c_str(), W_OK) == 0;
    return is_to_come ? file.string() : std::string();
}

void check_database(const Settings& settings, Findings& findings) {
    boost::asio::io_context loop;
    const auto clock = tls::rt::make_clock(loop.get_executor());
    const StoreOptions wanted = store_options(settings);
    if (const std::string file = file_to_come(wanted); !file.empty()) {
        findings.add("database", "", " (" + file + " does not exist yet: serve makes it)");
        return;
    }
    StoreOptions options = wanted;
    options.migrates = false;
    options.owner = process_name();
    options.threads = 1;
    const std::string url = redacted(options.url);
    const auto database = open_database(loop.get_executor(), *clock, std::move(options));
    if (!database && is_for_serve_to_mend(wanted, database.error())) {
        findings.add("database", "", " (" + url + ", serve brings its schema up to date)");
        return;
    }
    findings.add("database", database ? "" : database_trouble(settings, database.error()),
                 " (" + url + ")");
}

}  // namespace

int migrate(const Settings& settings) {
    const auto applied = migrate_database(store_options(settings));
    if (!applied) return tls::rt::refuse(program, database_trouble(settings, applied.error()));
    if (applied->empty()) {
        std::cout << "the schema is up to date" << std::endl;
        return 0;
    }
    std::cout << "migrations applied:";
    for (const int version : *applied)
        std::cout << ' ' << version;
    std::cout << std::endl;
    return 0;
}

int print_token(const std::string& name, api::Role role) {
    const api::FreshToken fresh = api::make_token(name, role);
    std::cout << fresh.token << '\n' << fresh.line << std::endl;
    return 0;
}

int check(const Settings& settings) {
    Findings findings;
    findings.add("settings", trouble_of(check_settings(settings)));
    check_certificates(settings, findings);
    check_tokens(settings, findings);
    check_database(settings, findings);
    return findings.status();
}

}  // namespace edgeroll::control
