#include "agent/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/world.hpp"

namespace edgeroll::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Env = std::map<std::string, std::string>;

Env enough() {
    return {{"AGENT_CERT", "c"}, {"AGENT_KEY", "k"}, {"AGENT_CA", "a"}};
}

/// The single error line for the user; empty when the settings are good.
std::string complaint(const Env& env, const std::string& toml = "") {
    Settings settings;
    const auto table = settings_table(settings);
    auto fits = rt::load_settings(table, toml, env);
    if (fits) fits = check_settings(settings);
    return fits ? std::string() : fits.error().message;
}

std::string with(const std::string& name, const std::string& value) {
    Env env = enough();
    env[name] = value;
    return complaint(env);
}

TEST(AgentSettings, have_the_contracts_names_and_defaults) {
    Settings settings;
    std::map<std::string, std::string> defaults;
    for (const auto& setting : settings_table(settings)) {
        defaults[setting.name] = setting.default_text;
    }
    const std::map<std::string, std::string> contract{
        {"AGENT_HTTP_ADDR", "0.0.0.0:8443"},
        {"AGENT_CERT", ""},
        {"AGENT_KEY", ""},
        {"AGENT_CA", ""},
        {"AGENT_CRL", ""},
        {"AGENT_ALLOWED_CLIENTS", "uri:spiffe://*/edgeroll/control"},
        {"AGENT_ROOT", "/var/lib/edgeroll-agent"},
        {"AGENT_CHECK_CMD", ""},
        {"AGENT_RELOAD_CMD", ""},
        {"AGENT_VERIFY_CMD", ""},
        {"AGENT_VERIFY_URL", ""},
        {"AGENT_HOOKS_DIR", ""},
        {"AGENT_PURGE_CMD", ""},
        {"AGENT_JOBS_DIR", ""},
        {"AGENT_JOB_ENV", ""},
        {"AGENT_RELOAD_TIMEOUT_SEC", "60"},
        {"AGENT_PURGE_TIMEOUT_SEC", "300"},
        {"AGENT_JOB_TIMEOUT_SEC", "3600"},
        {"AGENT_COMMAND_TIMEOUT_SEC", "60"},
        {"AGENT_COMMAND_NICE", "10"},
        {"AGENT_SECRET_GROUP", ""},
        {"AGENT_KEEP_VERSIONS", "5"},
        {"AGENT_MAX_QUEUE", "16"},
        {"AGENT_MAX_PER_ADDRESS", "256"},
        {"ALLOW_LOOSE_FILES", "0"},
        {"LOG_LEVEL", "info"},
        {"LOG_FORMAT", "text"}};
    EXPECT_EQ(defaults, contract);
}

TEST(AgentSettings, are_good_when_the_required_ones_are_given) {
    EXPECT_EQ(complaint(enough()), "");
}

TEST(AgentSettings, name_the_one_that_is_missing) {
    for (const char* name : {"AGENT_CERT", "AGENT_KEY", "AGENT_CA"}) {
        Env env = enough();
        env.erase(name);
        EXPECT_THAT(complaint(env),
                    StartsWith(std::string(name) + " is missing: give the PEM file"));
    }
}

TEST(AgentSettings, name_the_one_that_is_wrong) {
    EXPECT_THAT(with("AGENT_COMMAND_TIMEOUT_SEC", "0"), StartsWith("AGENT_COMMAND_TIMEOUT_SEC"));
    EXPECT_THAT(with("AGENT_COMMAND_NICE", "20"), StartsWith("AGENT_COMMAND_NICE"));
    EXPECT_THAT(with("AGENT_KEEP_VERSIONS", "-1"), StartsWith("AGENT_KEEP_VERSIONS"));
    EXPECT_THAT(with("AGENT_MAX_QUEUE", "many"), StartsWith("AGENT_MAX_QUEUE"));
    EXPECT_THAT(with("AGENT_ALLOWED_CLIENTS", "spiffe://x"), StartsWith("AGENT_ALLOWED_CLIENTS"));
    EXPECT_THAT(with("AGENT_VERIFY_URL", "ftp://x"), StartsWith("AGENT_VERIFY_URL"));
    EXPECT_THAT(with("AGENT_HOOKS_DIR", "/no/such/folder"), StartsWith("AGENT_HOOKS_DIR"));
    EXPECT_EQ(with("AGENT_HOOKS_DIR", "/usr"), "");
    EXPECT_THAT(with("AGENT_HOOKS_DIR", "/tmp"), StartsWith("AGENT_HOOKS_DIR /tmp is writable"));
    EXPECT_THAT(with("AGENT_SECRET_GROUP", "no-such-group"),
                StartsWith("AGENT_SECRET_GROUP no-such-group: there is no such group"));
    EXPECT_THAT(with("AGENT_JOB_ENV", "MODE,PATH"),
                StartsWith("AGENT_JOB_ENV: has 'PATH', which is not for payloads to set"));
    EXPECT_THAT(with("AGENT_JOBS_DIR", "/no/such/folder"), StartsWith("AGENT_JOBS_DIR"));
    EXPECT_THAT(with("AGENT_JOBS_DIR", "tmp"), StartsWith("AGENT_JOBS_DIR"));
    EXPECT_EQ(with("AGENT_JOBS_DIR", "/usr"), "");
    for (const char* name :
         {"AGENT_RELOAD_TIMEOUT_SEC", "AGENT_PURGE_TIMEOUT_SEC", "AGENT_JOB_TIMEOUT_SEC"}) {
        EXPECT_THAT(with(name, "0"), StartsWith(name));
        EXPECT_EQ(with(name, "0.5"), "");
    }
}

TEST(AgentSettings, come_from_a_file_and_the_environment_wins) {
    const testing::TemporaryFolder folder;
    folder.write("agent.toml",
                 "agent_root = \"/from/file\"\nagent_keep_versions = 7\nagent_max_queue = 3\n");
    Settings settings;
    const auto table = settings_table(settings);
    const Env env{{"AGENT_MAX_QUEUE", "4"}};
    const auto read = rt::load_settings(table, folder.path("agent.toml"), env);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(settings.root, "/from/file");
    EXPECT_EQ(settings.executor.keep_versions, 7);
    EXPECT_EQ(settings.executor.queue_max, 4);
    folder.write("bad.toml", "agent_rot = 1\n");
    EXPECT_THAT(complaint(enough(), folder.path("bad.toml")), HasSubstr("agent_rot"));
}

}  // namespace
}  // namespace edgeroll::agent
