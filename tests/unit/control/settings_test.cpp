#include "control/settings.hpp"

#include <gtest/gtest.h>

#include <set>

namespace edgeroll::control {
namespace {

using release::Millis;
using Environment = std::map<std::string, std::string>;

std::string trouble_with(const Environment& env) {
    Settings settings;
    if (auto read = read_settings(settings, "", env); !read) return read.error().message;
    if (auto fits = check_settings(settings); !fits) return fits.error().message;
    return {};
}

const Environment api_only = {{"RELEASE_EXECUTOR_ENABLED", "0"}};

Environment with(Environment env, const std::string& name, const std::string& value) {
    env[name] = value;
    return env;
}

TEST(ControlSettings, has_every_name_and_default_of_the_contract) {
    Settings settings;
    std::set<std::string> names;
    for (const auto& setting : settings_table(settings))
        names.insert(setting.name);
    EXPECT_EQ(names, (std::set<std::string>{"DATABASE_URL",
                                            "MYSQL_DSN",
                                            "MIGRATE",
                                            "HTTP_ADDR",
                                            "HTTP_CERT",
                                            "HTTP_KEY",
                                            "API_TOKENS_FILE",
                                            "JWT_SECRET",
                                            "JWT_ISSUER",
                                            "JWT_AUDIENCE",
                                            "JWT_MAX_AGE_SEC",
                                            "AUDIT_KEY_FILE",
                                            "SECRETS_KEY_FILE",
                                            "HTTP_MAX_PER_ADDRESS",
                                            "TRUST_DOMAIN",
                                            "RELEASE_EXECUTOR_ENABLED",
                                            "RELEASE_EXECUTOR_INTERVAL_SEC",
                                            "RELEASE_EXECUTOR_MAX_RELEASES",
                                            "RELEASE_EXECUTOR_MAX_IN_FLIGHT",
                                            "RELEASE_NODE_TIMEOUT_SEC",
                                            "RELEASE_DISPATCH_TIMEOUT_SEC",
                                            "RELEASE_POLL_INTERVAL_SEC",
                                            "RELEASE_LEASE_SEC",
                                            "RELEASE_CATCH_UP_INTERVAL_SEC",
                                            "RECONCILE",
                                            "RECONCILE_MAX",
                                            "RECONCILE_PER_MINUTE",
                                            "NODE_HEARTBEAT_SEC",
                                            "CALLBACK_TOKEN",
                                            "GATE_ALLOW",
                                            "GATE_TOKENS_DIR",
                                            "CALLBACK_ALLOW",
                                            "MTLS_ENABLED",
                                            "CONTROL_CERT",
                                            "CONTROL_KEY",
                                            "CONTROL_CA",
                                            "CONTROL_CRL",
                                            "AGENT_CONNECT_TIMEOUT_SEC",
                                            "AGENT_REQUEST_TIMEOUT_SEC",
                                            "ALLOW_LOOSE_FILES",
                                            "LOG_LEVEL",
                                            "LOG_FORMAT"}));
    EXPECT_EQ(settings.heartbeat, Millis{10'000});
    EXPECT_EQ(settings.reconcile.mode, release::ReconcileMode::absent);
    EXPECT_EQ(settings.reconcile.max, 8);
    EXPECT_EQ(settings.reconcile.per_minute, 60);
    EXPECT_EQ(settings.http_address, "127.0.0.1:8080");
    EXPECT_EQ(settings.interval, Millis{1'000});
    EXPECT_EQ(settings.max_releases, 8);
    EXPECT_EQ(settings.max_in_flight, 256);
    EXPECT_EQ(settings.node_timeout, Millis{600'000});
    EXPECT_EQ(settings.dispatch_timeout, Millis{60'000});
    EXPECT_EQ(settings.poll_ceiling, Millis{2'000});
    EXPECT_EQ(settings.lease, Millis{15'000});
    EXPECT_EQ(settings.connect_timeout, Millis{15'000});
    EXPECT_EQ(settings.request_timeout, Millis{60'000});
    EXPECT_TRUE(settings.runs_releases());
    EXPECT_EQ(store_options(settings).url, "sqlite:edgeroll.db");
    EXPECT_FALSE(store_options(settings).migrates);
}

TEST(ControlSettings, prefers_the_url_to_the_dsn) {
    Settings settings;
    ASSERT_TRUE(read_settings(settings, "", {{"MYSQL_DSN", "u:p@tcp(h:1)/d"}, {"MIGRATE", "1"}}));
    EXPECT_TRUE(store_options(settings).is_dsn);
    EXPECT_EQ(store_options(settings).migrates, true);
    ASSERT_TRUE(read_settings(settings, "", {{"DATABASE_URL", "sqlite:x.db"}}));
    EXPECT_FALSE(store_options(settings).is_dsn);
    EXPECT_EQ(store_options(settings).url, "sqlite:x.db");
}

TEST(ControlSettings, names_the_certificate_that_the_executor_lacks) {
    EXPECT_EQ(trouble_with({}).find("CONTROL_CERT is missing"), 0U);
    const Environment one = {{"CONTROL_CERT", "c"}};
    EXPECT_EQ(trouble_with(one).find("CONTROL_KEY is missing"), 0U);
    EXPECT_EQ(trouble_with(with(one, "CONTROL_KEY", "k")).find("CONTROL_CA is missing"), 0U);
    EXPECT_EQ(trouble_with(with(with(one, "CONTROL_KEY", "k"), "CONTROL_CA", "ca")), "");
    EXPECT_EQ(trouble_with(api_only), "");
    EXPECT_EQ(trouble_with({{"MTLS_ENABLED", "0"}}), "");
}

TEST(ControlSettings, wants_both_of_a_pair) {
    EXPECT_EQ(trouble_with(with(api_only, "HTTP_CERT", "x")).find("HTTP_KEY is missing"), 0U);
    EXPECT_EQ(trouble_with(with(api_only, "HTTP_KEY", "x")).find("HTTP_CERT is missing"), 0U);
    EXPECT_EQ(trouble_with(with(api_only, "JWT_SECRET", "x")).find("JWT_ISSUER is missing"), 0U);
    EXPECT_EQ(trouble_with(with(api_only, "JWT_ISSUER", "x")).find("JWT_SECRET is missing"), 0U);
}

TEST(ControlSettings, names_the_setting_that_is_wrong_and_no_secret) {
    for (const auto& [name, value] : Environment{{"RELEASE_EXECUTOR_ENABLED", "yes"},
                                                 {"RELEASE_EXECUTOR_INTERVAL_SEC", "0"},
                                                 {"RELEASE_EXECUTOR_MAX_RELEASES", "0"},
                                                 {"RELEASE_EXECUTOR_MAX_IN_FLIGHT", "many"},
                                                 {"RELEASE_NODE_TIMEOUT_SEC", "-1"},
                                                 {"RELEASE_LEASE_SEC", "0"},
                                                 {"AGENT_CONNECT_TIMEOUT_SEC", "soon"},
                                                 {"MIGRATE", "2"},
                                                 {"LOG_LEVEL", "loud"},
                                                 {"LOG_FORMAT", "xml"}}) {
        const std::string trouble = trouble_with(with(api_only, name, value));
        EXPECT_NE(trouble.find(name), std::string::npos) << name << ": " << trouble;
        EXPECT_EQ(trouble.find('\n'), std::string::npos);
    }
    Settings settings;
    const std::string help = rt::settings_help(settings_table(settings));
    EXPECT_NE(help.find("RELEASE_NODE_TIMEOUT_SEC"), std::string::npos);
    EXPECT_NE(help.find("600"), std::string::npos);
}

TEST(ControlSettings, take_no_heartbeats_and_no_hasty_ones) {
    Settings settings;
    const auto read = [&](const char* text) {
        return read_settings(settings, "", {{"NODE_HEARTBEAT_SEC", text}});
    };
    EXPECT_TRUE(read("0"));
    EXPECT_EQ(settings.heartbeat, Millis{0});
    EXPECT_TRUE(read("0.1"));
    const auto hasty = read("0.05");
    ASSERT_FALSE(hasty);
    EXPECT_THAT(
        hasty.error().message,
        ::testing::HasSubstr("NODE_HEARTBEAT_SEC: '0.05' is too short; give 0, or at least 0.1"));
}

TEST(ControlSettings, says_what_is_wrong_with_an_allow_list) {
    EXPECT_EQ(trouble_with(with(api_only, "GATE_ALLOW", "monitor.example, 10.0.0.0/8:9090")), "");
    EXPECT_EQ(trouble_with(with(api_only, "GATE_ALLOW", "0x7f.1")),
              "GATE_ALLOW: has '0x7f.1': write the address as 127.0.0.1");
    EXPECT_EQ(
        trouble_with(with(api_only, "CALLBACK_ALLOW", "https://ci.example")),
        "CALLBACK_ALLOW: has 'https://ci.example': give the host alone, without a scheme and a "
        "path");
}

}  // namespace
}  // namespace edgeroll::control
