// The plain client: one URL, one connection.
#include <gmock/gmock.h>

#include <boost/asio/as_tuple.hpp>
#include <cstdlib>

#include "raw_peer.hpp"
#include "tls/connection.hpp"
#include "tls/http_client.hpp"

namespace edgeroll::tls::test {
namespace {

using release::Outcome;
using release::Result;
using testing::AllOf;
using testing::HasSubstr;

class Fetch : public testing::Test {
  protected:
    Result<Response> get(const std::string& url, Millis timeout = Millis{10'000}) {
        UrlRequest request;
        request.url = url;
        request.timeout = timeout;
        return loop_.wait(fetch(std::move(request)));
    }
    std::string base(const std::string& scheme = "http") {
        return scheme + "://" + own_address() + ":" + std::to_string(server_->port());
    }

    Loop loop_;
    TestRoutes routes_{loop_.executor()};
    std::unique_ptr<HttpServer> server_ = started(loop_, server_options(), routes_.router);
};

TEST_F(Fetch, gives_status_headers_and_body) {
    UrlRequest request;
    request.method = "POST";
    request.url = base() + "/echo?x=1";
    request.headers["Authorization"] = "Bearer t";
    request.body = "hello";
    const auto response = loop_.wait(fetch(std::move(request)));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "hello");
    EXPECT_EQ(response->content_type, "text/plain");
    EXPECT_EQ(response->headers.at("x-length"), "5");
    EXPECT_EQ(routes_.last.headers.at("authorization"), "Bearer t");
    EXPECT_EQ(routes_.last.headers.at("host"), base().substr(7));
    EXPECT_EQ(routes_.last.parameters.at("x"), "1");
    EXPECT_EQ(get(base() + "/nothing")->status, 404);
}

TEST_F(Fetch, finds_hosts_by_name) {
    ServerOptions options = server_options();
    options.address = "127.0.0.1:0";
    const auto server = started(loop_, std::move(options), routes_.router);
    const auto response = get("http://localhost:" + std::to_string(server->port()) + "/ok");
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 200);
}

TEST_F(Fetch, says_not_done_when_nothing_was_sent) {
    const std::string url = base() + "/ok";
    loop_.wait(server_->stop(Millis{0}));
    const auto refused = get(url);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().outcome, Outcome::not_done);
    EXPECT_THAT(refused.error().message, AllOf(HasSubstr(own_address()), HasSubstr("refused")));
    EXPECT_THAT(get("ftp://a").error().message, HasSubstr("http://"));
    UrlRequest odd;
    odd.url = url;
    odd.headers["X"] = "a\r\nY: b";
    EXPECT_THAT(loop_.wait(fetch(odd)).error().message, HasSubstr("control character"));
}

TEST_F(Fetch, says_unknown_when_no_answer_came) {
    const auto late = get(base() + "/slow", Millis{50});
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().outcome, Outcome::unknown);
    UrlRequest big;
    big.url = base() + "/big";
    big.response_bytes_max = 1000;
    const auto large = loop_.wait(fetch(big));
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().outcome, Outcome::unknown);
    EXPECT_THAT(large.error().message, HasSubstr("larger than the limit"));
}

TEST_F(Fetch, dials_no_address_that_is_refused) {
    ServerOptions options = server_options();
    options.address = "127.0.0.1:0";
    const auto server = started(loop_, std::move(options), routes_.router);
    std::vector<std::string> asked;
    std::string refused_ip = "127.0.0.1";
    const auto ask = [&] {
        UrlRequest request;
        request.url = "http://localhost:" + std::to_string(server->port()) + "/ok";
        request.refuses = [&](const std::string& host, const boost::asio::ip::address& address,
                              int port) -> std::optional<std::string> {
            EXPECT_EQ(host, "localhost");
            EXPECT_EQ(port, server->port());
            asked.push_back(address.to_string());
            if (refused_ip.empty() || address.to_string() == refused_ip) return "no: " + host;
            return std::nullopt;
        };
        return loop_.wait(fetch(std::move(request)));
    };
    const auto one = ask();
    ASSERT_FALSE(one) << "nothing listens on the others, if there are any";
    EXPECT_THAT(asked, testing::Contains("127.0.0.1"));
    refused_ip.clear();
    const auto none = ask();
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, release::code::forbidden);
    EXPECT_EQ(none.error().outcome, Outcome::permanent);
    EXPECT_EQ(none.error().message, "no: localhost");
    refused_ip = "::9";
    EXPECT_TRUE(ask());
}

TEST_F(Fetch, checks_chain_and_name_of_an_https_server) {
    Folder folder;
    const Authority authority;
    const auto ask = [&](const Spec& spec) {
        const Pair pair = authority.issue(spec);
        FixedContexts contexts(raw_context(TlsRole::server, &pair, ""));
        server_ = started(loop_, server_options(&contexts), routes_.router);
        return get(base("https") + "/ok");
    };
    const auto unknown = ask(agent_spec(own_address()));
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().outcome, Outcome::not_done);
    EXPECT_THAT(unknown.error().message, HasSubstr("not accepted"));

    folder.write("ca.pem", authority.certificate_pem());
    ::setenv("SSL_CERT_FILE", folder.path("ca.pem").c_str(), 1);
    const auto good = ask(agent_spec(own_address()));
    const auto stranger = ask(agent_spec("10.9.9.9"));
    ::unsetenv("SSL_CERT_FILE");
    EXPECT_TRUE(good) << good.error().message;
    ASSERT_FALSE(stranger);
    EXPECT_THAT(stranger.error().message, HasSubstr("mismatch"));
}

TEST_F(Fetch, speaks_to_nobody_whose_name_cannot_be_checked) {
    const Authority authority;
    const Pair pair = authority.issue(agent_spec("10.9.9.9", "somebody-else"));
    FixedContexts contexts(raw_context(TlsRole::server, &pair, ""));
    server_ = started(loop_, server_options(&contexts), routes_.router);
    const auto trusting = raw_context(TlsRole::client, nullptr, authority.certificate_pem());
    const auto port = static_cast<unsigned short>(server_->port());
    const auto open = [&](const std::string& name, bool checks_name) {
        const auto connection = std::make_unique<ClientConnection>(loop_.executor(), trusting);
        return loop_.wait(connection->open({asio::ip::make_address(own_address()), port}, name,
                                           checks_name, Millis{10'000}));
    };
    EXPECT_FALSE(open("", false)) << "the chain is good";
    EXPECT_FALSE(open("somebody-else", true));
    for (const std::string& name :
         {std::string(), own_address(), "::ffff:" + own_address() + "%1", std::string("fe80::1%lo"),
          std::string("somebody else"), std::string("somebody-else~"), std::string(300, 'a'),
          std::string(".somebody-else"), std::string("somebody-else\0", 14)}) {
        const auto failure = open(name, true);
        ASSERT_TRUE(failure) << name;
        EXPECT_EQ(to_text(failure->kind), std::string("wrong_peer")) << name;
    }
    EXPECT_THAT(open("fe80::1%lo", true)->message, HasSubstr("'fe80::1%lo'"));

    const auto zone =
        get("https://[::ffff:" + own_address() + "%1]:" + std::to_string(port) + "/ok");
    ASSERT_FALSE(zone);
    EXPECT_THAT(zone.error().message, HasSubstr("zone"));
    EXPECT_EQ(routes_.calls, 0);
}

}  // namespace
}  // namespace edgeroll::tls::test
