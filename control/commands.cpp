#include "control/commands.hpp"

#include <iostream>
#include <utility>

#include "control/certificates.hpp"
#include "control/key_files.hpp"
#include "control/rekey_command.hpp"
#include "control/store/database_check.hpp"
#include "control/store/open.hpp"
#include "tls/http_server.hpp"
#include "tls/rt/printable.hpp"
#include "tls/rt/program.hpp"

namespace edgeroll::control {
namespace {

/// Prints `name: ok` or `name: problem`; remembers whether all checks passed.
class Findings {
  public:
    void add(const char* name, const std::string& trouble, const std::string& detail = {}) {
        std::cout << name << ": " << rt::printable(trouble.empty() ? "ok" + detail : trouble)
                  << std::endl;
        is_well_ = is_well_ && trouble.empty();
    }
    [[nodiscard]] int status() const { return is_well_ ? 0 : rt::exit_bad_settings; }

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
    api::TokenFile tokens(settings.tokens_file, settings.loose_files);
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

/// Prints the warning that serve logs at its start.
void check_callbacks(const Settings& settings) {
    if (const char* kept = kept_callback_token(settings)) {
        std::cout << "callbacks: warning: " << kept << std::endl;
    }
}

void check_address(const Settings& settings, Findings& findings) {
    const auto is_free = tls::check_listen_address(settings.http_address, "HTTP_ADDR");
    const bool is_in_use = is_free && !*is_free;
    findings.add("HTTP address", trouble_of(is_free),
                 " (" + settings.http_address +
                     (is_in_use ? ", in use now: serve starts when it is free)" : ")"));
}

/// "; db1:3306 by tls=verify, TLSv1.3 TLS_AES_256_GCM_SHA384"; nothing without a server.
std::string protection_text(const Protection& found) {
    if (found.server.empty()) return {};
    std::string text = "; " + found.server + " by tls=" + found.tls;
    if (!found.cipher.empty()) text += ", " + found.version + " " + found.cipher;
    return text;
}

std::string in_clear_text(const StoreOptions& options) {
    std::string names;
    for (const std::string& host : hosts_in_clear(options))
        names += (names.empty() ? "" : ", ") + host;
    return names.empty() ? names
                         : "tls=off: data and password proofs for " + names + " travel in clear";
}

void report_database(const Settings& settings, Findings& findings) {
    StoreOptions options = store_options(settings);
    auto keys = audit_keys(settings);
    if (!settings.audit_key_file.empty()) findings.add("audit key", trouble_of(keys));
    if (keys) options.audit_keys = std::move(*keys);
    if (!settings.secrets_key_file.empty()) {
        const auto secrets = secret_keys(settings);
        findings.add("secrets key", trouble_of(secrets),
                     secrets ? " (sealing by " + (*secrets)->own_id() + ")" : "");
    }
    const auto found = check_database(options);
    if (!found) {
        findings.add("database", database_trouble(settings, found.error()));
    } else if (!found->file_to_come.empty()) {
        findings.add("database", "",
                     " (" + found->file_to_come + " does not exist yet: serve makes it)");
    } else {
        const char* const rest =
            found->needs_migration ? ", serve brings its schema up to date)" : ")";
        findings.add("database", "",
                     " (" + redacted(options.url) + protection_text(found->protection) + rest);
    }
    const std::string in_clear = in_clear_text(options);
    if (!in_clear.empty())
        std::cout << "database: warning: " << rt::printable(in_clear) << std::endl;
}

}  // namespace

int migrate(const Settings& settings) {
    const StoreOptions options = store_options(settings);
    if (const std::string in_clear = in_clear_text(options); !in_clear.empty()) {
        std::cerr << program << ": warning: " << rt::printable(in_clear) << std::endl;
    }
    const auto applied = migrate_database(options);
    if (!applied) return rt::refuse(program, database_trouble(settings, applied.error()));
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

int print_token(const std::string& name, api::Role role, const std::string& last_day) {
    const api::FreshToken fresh = api::make_token(name, role, last_day);
    std::cout << fresh.token << '\n' << fresh.line << std::endl;
    return 0;
}

int verify_audit(const Settings& settings, const AuditVerification& what) {
    const auto verdict = verify_audit_log(settings, what);
    if (!verdict) return rt::refuse(program, verdict.error().message);
    std::cout << verdict->text << std::flush;
    return verdict->status;
}

int rekey_secrets(const Settings& settings, bool is_dry_run) {
    const auto verdict = rekey(settings, is_dry_run, [](std::int64_t count) {
        std::cerr << count << " contents looked at so far" << std::endl;
    });
    if (!verdict) return rt::refuse(program, verdict.error().message);
    std::cout << verdict->text << std::flush;
    return verdict->status;
}

int check(const Settings& settings) {
    Findings findings;
    findings.add("settings", trouble_of(check_settings(settings)));
    check_certificates(settings, findings);
    check_tokens(settings, findings);
    check_address(settings, findings);
    check_callbacks(settings);
    report_database(settings, findings);
    return findings.status();
}

}  // namespace edgeroll::control
