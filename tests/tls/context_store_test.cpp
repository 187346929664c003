// Faults of a set of certificate files, each in one line that names the setting.
#include "tls/context_store.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "harness.hpp"

namespace edgeroll::tls::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ContextFiles : public testing::Test {
  protected:
    std::string error(TlsRole role = TlsRole::client) {
        const auto store = make_context_store(files_, role);
        if (store) return {};
        EXPECT_THAT(store.error().message, Not(HasSubstr("\n")));
        return store.error().message;
    }

    Folder folder_;
    Authority authority_;
    Pair pair_ = authority_.issue(control_spec());
    TlsFiles files_ =
        write_files(folder_, "c", pair_, authority_.certificate_pem(), authority_.crl_pem({}));
};

TEST_F(ContextFiles, are_taken_when_good) {
    EXPECT_EQ(error(), "");
    const auto store = good_store(files_, TlsRole::client);
    EXPECT_NE(store->current(), nullptr);
    EXPECT_EQ(store->trouble(), "");
    EXPECT_EQ(store->generation(), 1);
}

TEST_F(ContextFiles, are_named_when_missing_or_unset) {
    files_.certificate = folder_.path("nothing.crt");
    EXPECT_THAT(error(), AllOf(StartsWith("T_CERT (" + files_.certificate + "): "),
                               HasSubstr("No such file")));
    files_.certificate = "";
    EXPECT_THAT(error(), StartsWith("T_CERT: is not set"));
    files_.certificate = folder_.path("c.crt");
    files_.ca = "";
    EXPECT_THAT(error(), StartsWith("T_CA: is not set")) << "a client never skips the check";
    files_.ca = folder_.path("");
    EXPECT_THAT(error(), StartsWith("T_CA ("));
}

TEST_F(ContextFiles, are_refused_when_they_hold_something_else) {
    folder_.write("c.crt", "hello");
    EXPECT_THAT(error(), AllOf(StartsWith("T_CERT ("), HasSubstr("holds no certificate")));
    folder_.write("c.crt", "");
    EXPECT_THAT(error(), StartsWith("T_CERT ("));
    folder_.write("c.crt", pair_.key_pem());
    EXPECT_THAT(error(), HasSubstr("holds no certificate"));
    folder_.write("c.crt", pair_.certificate_pem());
    folder_.write("c.key", pair_.certificate_pem());
    EXPECT_THAT(error(), AllOf(StartsWith("T_KEY ("), HasSubstr("no private key")));
    folder_.write("c.key", pair_.key_pem());
    folder_.write("c-ca.crt", "x");
    EXPECT_THAT(error(), StartsWith("T_CA ("));
    folder_.write("c-ca.crt", authority_.certificate_pem());
    folder_.write("c.crl", authority_.certificate_pem());
    EXPECT_THAT(error(), AllOf(StartsWith("T_CRL ("), HasSubstr("revocation list")));
}

TEST_F(ContextFiles, are_refused_when_cut_short) {
    std::string pem = authority_.certificate_pem();
    folder_.write("c-ca.crt", pem + pem.substr(0, pem.size() / 2));
    EXPECT_THAT(error(), AllOf(StartsWith("T_CA ("), HasSubstr("number 2")));
    pem = pair_.certificate_pem();
    pem[pem.size() / 2] = '!';
    folder_.write("c-ca.crt", authority_.certificate_pem());
    folder_.write("c.crt", pem);
    EXPECT_THAT(error(), AllOf(StartsWith("T_CERT ("), HasSubstr("broken")));
}

TEST_F(ContextFiles, are_refused_when_the_key_does_not_fit) {
    folder_.write("c.key", authority_.issue(control_spec()).key_pem());
    EXPECT_THAT(error(),
                AllOf(StartsWith("T_KEY ("), HasSubstr("does not fit"), HasSubstr("T_CERT (")));
}

TEST_F(ContextFiles, are_refused_when_the_key_asks_for_a_password) {
    folder_.write("c.key", pair_.key_pem("hunter2"));
    EXPECT_THAT(error(), AllOf(StartsWith("T_KEY ("), HasSubstr("password")));
}

TEST_F(ContextFiles, are_refused_when_everybody_may_read_the_key) {
    ::chmod(files_.key.c_str(), 0644);
    EXPECT_THAT(error(), AllOf(StartsWith("T_KEY ("), HasSubstr("may be read by everybody")));
    files_.loose = rt::LooseFiles::allowed;
    EXPECT_EQ(error(), "");
}

TEST_F(ContextFiles, are_refused_when_expired_and_say_since_when) {
    Spec spec = control_spec();
    spec.until_sec = -86'400;
    files_ = write_files(folder_, "c", authority_.issue(spec), authority_.certificate_pem());
    EXPECT_THAT(error(),
                AllOf(StartsWith("T_CERT ("), HasSubstr("expired since 20"), HasSubstr(" UTC")));
}

TEST_F(ContextFiles, are_refused_when_not_yet_valid) {
    Spec spec = control_spec();
    spec.from_sec = 600;
    files_ = write_files(folder_, "c", authority_.issue(spec), authority_.certificate_pem());
    EXPECT_THAT(error(), HasSubstr("not valid before 20"));
}

TEST_F(ContextFiles, are_refused_when_the_usage_does_not_fit_the_role) {
    EXPECT_THAT(error(TlsRole::server), AllOf(StartsWith("T_CERT ("), HasSubstr("serverAuth")));
    files_ = write_files(folder_, "c", authority_.issue(agent_spec("10.0.0.1")),
                         authority_.certificate_pem());
    EXPECT_THAT(error(TlsRole::client), HasSubstr("clientAuth"));
    EXPECT_EQ(error(TlsRole::server), "");
}

TEST_F(ContextFiles, want_the_leaf_first) {
    const Pair other = authority_.issue(control_spec());
    folder_.write("c.crt", pair_.certificate_pem() + authority_.certificate_pem());
    EXPECT_EQ(error(), "");
    folder_.write("c.crt", pair_.certificate_pem() + other.certificate_pem());
    EXPECT_THAT(error(), HasSubstr("leaf first"));
    folder_.write("c.crt", authority_.certificate_pem() + pair_.certificate_pem());
    EXPECT_THAT(error(), StartsWith("T_CERT ("));
}

TEST_F(ContextFiles, want_an_authority_in_the_authoritys_place) {
    folder_.write("c-ca.crt", pair_.certificate_pem());
    EXPECT_THAT(error(), AllOf(StartsWith("T_CA ("), HasSubstr("authority")));
}

TEST_F(ContextFiles, want_a_current_revocation_list_of_a_known_authority) {
    folder_.write("c.crl", authority_.crl_pem({}, -60));
    EXPECT_THAT(error(), AllOf(StartsWith("T_CRL ("), HasSubstr("out of date since 20")));
    folder_.write("c.crl", Authority("other CA").crl_pem({}));
    EXPECT_THAT(error(), AllOf(StartsWith("T_CRL ("), HasSubstr("T_CA (")));
}

TEST_F(ContextFiles, may_leave_peers_unasked_for_a_plain_https_server) {
    files_ = write_files(folder_, "c", authority_.issue(agent_spec("10.0.0.1")),
                         authority_.certificate_pem());
    files_.ca = "";
    EXPECT_EQ(error(TlsRole::server), "");
}

}  // namespace
}  // namespace edgeroll::tls::test
