// edgeroll-control: the control service and its subcommands.
#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

#include "control/commands.hpp"
#include "control/service.hpp"
#include "control/settings.hpp"
#include "release/words.hpp"
#include "tls/rt/inherited.hpp"
#include "tls/rt/log.hpp"
#include "tls/rt/program.hpp"
#include "tls/rt/settings.hpp"

namespace {

using namespace edgeroll;

struct Arguments {
    std::string config_path;
    std::string token_name;
    std::string role = "viewer", last_day;
    CLI::App* migrate = nullptr;
    CLI::App* token = nullptr;
    CLI::App* check = nullptr;
    CLI::App* audit_verify = nullptr;
    CLI::App* rekey = nullptr;
    control::AuditVerification verification;
    bool is_dry_run = false;
};

std::vector<std::string> role_words() {
    std::vector<std::string> words;
    for (const control::api::Role role : release::enum_values<control::api::Role>)
        words.emplace_back(to_text(role));
    return words;
}

void describe(CLI::App& app, Arguments& arguments, const std::vector<rt::Setting>& table) {
    app.require_subcommand(0, 1);
    app.fallthrough();
    rt::add_common_options(app, arguments.config_path, table);
    app.add_subcommand("serve", "run the service (the default)");
    arguments.migrate = app.add_subcommand("migrate", "bring the database's schema up to date");
    arguments.check = app.add_subcommand(
        "check", "validate settings, certificates and database, then exit with 0 or 2");
    CLI::App* const audit = app.add_subcommand("audit", "the audit log");
    audit->require_subcommand(1);
    audit->fallthrough();
    arguments.audit_verify = audit->add_subcommand(
        "verify",
        "read the audit log from end to end and print its head; exits with 0 (whole), 1 (rows were "
        "changed, inserted or removed) or 2 (it could not be read)");
    arguments.audit_verify
        ->add_option("--expect", arguments.verification.expected,
                     "an earlier printed head: its rows must still exist, unchanged; may "
                     "be repeated")
        ->type_name("COUNT:HASH")
        ->allow_extra_args(false);
    arguments.audit_verify
        ->add_option("--from", arguments.verification.file,
                     "a file of such heads, a line each; the words \"head:\" before them may stay")
        ->type_name("FILE");
    arguments.rekey = app.add_subcommand(
        "rekey",
        "seal the secret files of all contents by the first key of SECRETS_KEY_FILE; exits with 0 "
        "(all are), 1 (some could not be) or 2 (keys or database cannot be read)");
    arguments.rekey->add_flag("--dry-run", arguments.is_dry_run,
                              "only count contents by the key that seals them");
    arguments.token = app.add_subcommand(
        "token", "print a fresh API token and, on the next line, its line for API_TOKENS_FILE");
    arguments.token->add_option("NAME", arguments.token_name, "who will use it")->required();
    arguments.token->add_option("--role", arguments.role, "viewer (reads) or admin (also acts)")
        ->check(CLI::IsMember(role_words()));
    arguments.token->add_option("--last-day", arguments.last_day,
                                "last day (UTC) it is valid, YYYY-MM-DD; no end when omitted");
}

int serve(control::Settings settings) {
    if (auto fits = control::check_settings(settings); !fits) {
        return rt::refuse(control::program, fits.error().message);
    }
    rt::set_up_log(settings.log_level, settings.log_format, control::program);
    control::Service service(std::move(settings));
    if (auto opened = service.open(); !opened) {
        return rt::refuse(control::program, opened.error().message);
    }
    service.run();
    rt::flush_log();
    return 0;
}

int make_token(const Arguments& arguments) {
    if (!control::api::is_caller_name(arguments.token_name)) {
        return rt::refuse(control::program,
                          "NAME must have 1 to 100 bytes and neither colons, blanks nor control "
                          "characters");
    }
    if (!arguments.last_day.empty() && !control::api::end_of_day(arguments.last_day)) {
        return rt::refuse(control::program,
                          "--last-day: '" + arguments.last_day +
                              "' is not a date; give YYYY-MM-DD, e.g. 2027-01-31");
    }
    return control::print_token(arguments.token_name, *control::api::role_from_text(arguments.role),
                                arguments.last_day);
}

}  // namespace

int main(int argc, char** argv) {
    rt::begin_service();
    control::Settings settings;
    const auto table = control::settings_table(settings);
    Arguments arguments;
    CLI::App app("edgeroll's control service: runs releases, serves the API.", control::program);
    describe(app, arguments, table);
    if (const auto status = rt::parse_arguments(app, argc, argv)) return *status;
    if (arguments.token->parsed()) return make_token(arguments);

    const auto environment = rt::environment();
    if (auto read = rt::load_settings(table, arguments.config_path, environment); !read) {
        return rt::refuse(control::program, read.error().message);
    }
    if (arguments.migrate->parsed()) return control::migrate(settings);
    if (arguments.check->parsed()) return control::check(settings);
    if (arguments.audit_verify->parsed()) {
        return control::verify_audit(settings, arguments.verification);
    }
    if (arguments.rekey->parsed()) {
        return control::rekey_secrets(settings, arguments.is_dry_run);
    }
    return serve(std::move(settings));
}
