// Which servers get more than a scramble of the password, and the messages of failed log-ins.
#include "control/store/db/mysql_login.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/store/private_server.hpp"

namespace edgeroll::control {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ScratchFolder;

LoginTarget target(TlsMode mode, bool is_socket = false) {
    return LoginTarget{"tcp://db:3306", "db:3306", mode, is_socket};
}

DatabaseTls with_key(const std::string& path) {
    DatabaseTls tls;
    tls.server_public_key = path;
    return tls;
}

std::string text_option(const sql::ConnectOptionsMap& options, const char* name) {
    const auto found = options.find(name);
    if (found == options.end()) return "(none)";
    const sql::SQLString* const text = found->second.get<sql::SQLString>();
    return text == nullptr ? "(no text)" : text->asStdString();
}

bool flag_option(const sql::ConnectOptionsMap& options, const char* name) {
    const auto found = options.find(name);
    return found != options.end() && *found->second.get<bool>();
}

std::string read_file(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

TEST(MysqlLoginTest, allows_more_than_a_scramble_to_whom_it_cannot_harm) {
    const DatabaseTls none, keyed = with_key("/k");
    EXPECT_TRUE(may_use_sha2(target(TlsMode::verify), none));
    EXPECT_TRUE(may_use_sha2(target(TlsMode::off, true), none)) << "a socket";
    EXPECT_TRUE(may_use_sha2(target(TlsMode::off), keyed));
    EXPECT_FALSE(may_use_sha2(target(TlsMode::off), none));
    EXPECT_FALSE(may_use_sha2(target(TlsMode::require), none));
    EXPECT_FALSE(may_use_sha2(target(TlsMode::require), keyed))
        << "over TLS the plug-in sends the password itself";
}

TEST(MysqlLoginTest, limits_the_library) {
    ScratchFolder folder;
    const std::string key = folder.path() + "/key.pem";
    std::ofstream(key) << "of the server";
    const DatabaseTls tls = with_key(key);
    {
        sql::ConnectOptionsMap options;
        const LoginTarget plain = target(TlsMode::off);
        const DatabaseTls none;
        const LoginLimits limits(plain, none);
        limits.add_to(options);
        EXPECT_EQ(read_file(text_option(options, "readDefaultFile")),
                  "[client]\nrestricted-auth=mysql_native_password\n");
        EXPECT_EQ(text_option(options, "pluginDir"), "/dev/null");
        EXPECT_EQ(text_option(options, "rsaKey"), "(none)");
        EXPECT_EQ(*options["OPT_LOCAL_INFILE"].get<int>(), 0);
        EXPECT_FALSE(flag_option(options, "sslVerify"));
        EXPECT_FALSE(flag_option(options, "sslEnforce"));
    }
    sql::ConnectOptionsMap options;
    const LoginTarget plain = target(TlsMode::off);
    const LoginLimits limits(plain, tls);
    limits.add_to(options);
    // The file is not needed any more.
    std::filesystem::remove(key);
    EXPECT_EQ(read_file(text_option(options, "rsaKey")), "of the server");
    EXPECT_THAT(read_file(text_option(options, "readDefaultFile")),
                HasSubstr("mysql_native_password,caching_sha2_password,sha256_password"));
    const std::string sealed = text_option(options, "readDefaultFile");
    std::ofstream(sealed, std::ios::app) << "x";
    EXPECT_THAT(read_file(sealed), Not(HasSubstr("x\n")));
    EXPECT_EQ(read_file(sealed).back(), '\n');
    EXPECT_THROW(LoginLimits(plain, tls), DbFailure) << "without it a server's own would be taken";
}

TEST(MysqlLoginTest, asks_for_proof_by_the_right_authorities) {
    DatabaseTls tls;
    tls.system_ca_file = "/system.pem";
    tls.system_ca_folder = "/system";
    const LoginTarget verified = target(TlsMode::verify), any = target(TlsMode::require);
    {
        sql::ConnectOptionsMap options;
        const LoginLimits limits(verified, tls);
        limits.add_to(options);
        EXPECT_TRUE(flag_option(options, "sslVerify"));
        EXPECT_TRUE(flag_option(options, "sslEnforce"));
        EXPECT_EQ(text_option(options, "sslCA"), "/system.pem");
        EXPECT_EQ(text_option(options, "sslCAPath"), "/system");
        EXPECT_EQ(text_option(options, "OPT_TLS_VERSION"), "TLSv1.2,TLSv1.3");
    }
    tls.ca = "/own.pem";
    tls.certificate = "/c.pem";
    tls.key = "/k.pem";
    {
        sql::ConnectOptionsMap options;
        const LoginLimits limits(verified, tls);
        limits.add_to(options);
        EXPECT_EQ(text_option(options, "sslCA"), "/own.pem");
        EXPECT_EQ(text_option(options, "sslCAPath"), "(none)") << "its own authority, and no other";
        EXPECT_EQ(text_option(options, "sslCert"), "/c.pem");
        EXPECT_EQ(text_option(options, "sslKey"), "/k.pem");
    }
    sql::ConnectOptionsMap options;
    const LoginLimits limits(any, tls);
    limits.add_to(options);
    EXPECT_FALSE(flag_option(options, "sslVerify"));
    EXPECT_TRUE(flag_option(options, "sslEnforce"));
    EXPECT_EQ(text_option(options, "sslCA"), "(none)");
    EXPECT_EQ(text_option(options, "pluginDir"), "/dev/null");
}

TEST(MysqlLoginTest, says_what_a_failure_means_and_the_cure) {
    const DatabaseTls none;
    const auto told = [&](int number, const std::string& text, TlsMode mode) {
        return login_trouble(number, text, target(mode), none);
    };
    const std::string prefix = "TLS/SSL error: ";
    for (const auto& [text, fault] : std::vector<std::pair<std::string, std::string>>{
             {prefix + "SSL is required, but the server does not support it", "it offers no TLS"},
             {prefix + "Validation of SSL server certificate failed", "another name"},
             {prefix + "certificate has expired", "(certificate has expired)"}}) {
        EXPECT_THAT(told(2026, text, TlsMode::verify),
                    AllOf(HasSubstr("db:3306"), HasSubstr(fault), HasSubstr("?tls=off"),
                          HasSubstr("?tls_ca=")));
    }
    EXPECT_THAT(told(2026, "it offers no TLS", TlsMode::require), HasSubstr("?tls=require"));
    // The library's own message names an unrequested plug-in, or bytes of the server.
    EXPECT_THAT(told(5010, "Authentication plugin '\x01\xff x' couldn't be", TlsMode::off),
                AllOf(HasSubstr("db:3306"), HasSubstr("?tls=verify"),
                      HasSubstr("?server_public_key="), Not(HasSubstr("\xff"))));
    EXPECT_THAT(told(5010, "", TlsMode::verify), HasSubstr("not allowed"));
    EXPECT_THAT(told(1045, "Access denied", TlsMode::off), HasSubstr("?tls=verify"));
    EXPECT_THAT(told(1045, "Access denied", TlsMode::verify), HasSubstr("?tls_cert="));
    EXPECT_THAT(login_trouble(1045, "Access denied", target(TlsMode::off, true), none),
                Not(HasSubstr("tls")));
    EXPECT_THAT(told(1045, "two\nlines", TlsMode::off), Not(HasSubstr("\n")));
}

TEST(MysqlLoginTest, has_a_library_that_keeps_the_limits) {
    EXPECT_EQ(library_complaint(), "");
}

}  // namespace
}  // namespace edgeroll::control
