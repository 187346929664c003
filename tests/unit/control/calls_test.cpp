// Requests to gates and callbacks, and the kept part of their answers.
#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include "control/outbound/callback_sender.hpp"
#include "control/outbound/gates.hpp"
#include "control/outbound/prometheus_gate.hpp"

namespace edgeroll::control {
namespace {

using release::GateAnswer;
using release::Millis;
using release::wire::CallKind;
using release::wire::CallRules;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

CallRules rules(CallKind kind, std::string_view text = "") {
    return *release::wire::parse_call_rules(kind, text);
}

template <class T>
T done(awaitable<T> work) {
    boost::asio::io_context loop;
    std::optional<T> result;
    boost::asio::co_spawn(loop, std::move(work), [&](const std::exception_ptr& thrown, T value) {
        EXPECT_FALSE(thrown);
        result = std::move(value);
    });
    loop.run();
    return *std::move(result);
}

TEST(GateAnswers, keep_the_status_and_a_line_that_was_meant_for_it) {
    EXPECT_EQ(told_of_gate(503, ""), "503");
    EXPECT_EQ(told_of_gate(200, "secret-access-key: AKIA\nname: x"), "200");
    EXPECT_EQ(told_of_gate(403, "reason: too many errors\nsecret"), "403 reason: too many errors");
    EXPECT_EQ(told_of_gate(403, "<html>\r\nreason: 5xx at 3 %\r\nreason: more"),
              "403 reason: 5xx at 3 %");
    EXPECT_EQ(told_of_gate(403, " reason: x\nthe reason: y\nReason: z"), "403");
    EXPECT_LE(told_of_gate(403, "reason: " + std::string(9'000, 'x')).size(), 210U);
}

release::AskGate question(const std::string& url, bool is_query = false) {
    release::AskGate made;
    if (is_query) {
        made.gate.prometheus.emplace();
        made.gate.prometheus->url = url;
    } else {
        made.gate.url = url;
    }
    return made;
}

// No look-up and no connection: otherwise the loop would end without an answer.
TEST(Gates, that_may_not_be_called_fail) {
    for (const char* url :
         {"http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:9/",
          "http://[::ffff:127.0.0.1]:9/", "http://localhost:9/", "http://0x7f.1:9/"}) {
        const auto gates = make_gates(rules(CallKind::gate));
        for (const bool is_query : {false, true}) {
            const GateAnswer answer = done(gates->ask(question(url, is_query), Millis{5'000}));
            EXPECT_EQ(answer.kind, GateAnswer::Kind::fail) << url;
            EXPECT_THAT(answer.message, StartsWith("it may not be called: ")) << url;
        }
    }
    const auto gates = make_gates(rules(CallKind::gate, "monitor.example"));
    EXPECT_THAT(done(gates->ask(question("http://other.example/"), Millis{5'000})).message,
                HasSubstr("other.example:80 is not on the list GATE_ALLOW"));
}

TEST(Gates, read_tokens_only_from_their_folder) {
    namespace fs = std::filesystem;
    const fs::path home = fs::path(::testing::TempDir()) / "gate_tokens_test";
    fs::remove_all(home);
    fs::create_directories(home / "tokens/deep");
    const auto write = [&](const char* name, const std::string& text) {
        std::ofstream(home / name) << text;
        fs::permissions(home / name, fs::perms::owner_read | fs::perms::owner_write);
    };
    const auto read = [&](const std::string& path) {
        return read_gate_token((home / "tokens").string(), path, rt::LooseFiles::refused);
    };
    write("tokens/plain", " the-token\n");
    write("tokens/deep/one", "other");
    write("tokens/empty", "\n");
    write("tokens/lines", "a\nb");
    write("outside", "secret");
    fs::create_symlink("../outside", home / "tokens/out");
    fs::create_symlink("deep/one", home / "tokens/inside");
    fs::create_symlink("..", home / "tokens/up");
    EXPECT_EQ(read("plain").value_or(""), "the-token");
    EXPECT_EQ(read("deep/one").value_or(""), "other");
    EXPECT_EQ(read("inside").value_or(""), "other") << "as secrets are mounted";
    for (const char* path : {"out", "up/outside", "../outside", "/etc/passwd", "nobody", "deep",
                             "empty", "lines", ""}) {
        const auto refused = read(path);
        ASSERT_FALSE(refused) << path;
        EXPECT_THAT(refused.error().message, Not(HasSubstr("secret")));
    }
    fs::permissions(home / "tokens/plain", fs::perms::others_read, fs::perm_options::add);
    EXPECT_THAT(read("plain").error().message, HasSubstr("may be read by everybody"));
    fs::remove_all(home);
}

TEST(Callbacks, that_may_not_be_called_are_not_made) {
    const auto sender = make_callback_sender("token", rules(CallKind::callback));
    for (const char* url : {"https://169.254.169.254/", "https://0.0.0.0/", "http://ci.example/"}) {
        const CallbackSender::Answer answer = done(sender->send(url, "{}", "key"));
        EXPECT_TRUE(answer.is_refused) << url;
        EXPECT_FALSE(answer.is_taken) << url;
    }
}

// Expected value: openssl dgst -sha256 -hmac key
TEST(Callbacks, are_signed_as_others_sign) {
    EXPECT_EQ(signature_of("key", "The quick brown fox jumps over the lazy dog"),
              "sha256=f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
}

}  // namespace
}  // namespace edgeroll::control
