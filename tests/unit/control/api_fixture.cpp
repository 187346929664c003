#include "api_fixture.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "release/crypto/sha256.hpp"

namespace edgeroll::control::api {
namespace {

AuthOptions options_of(const std::string& tokens_path, const char* secret) {
    AuthOptions options;
    options.tokens_file = tokens_path;
    options.jwt.secret = secret;
    options.jwt.issuer = "cmdb";
    return options;
}

std::string new_file() {
    std::string path = ::testing::TempDir() + "edgeroll_tokens_XXXXXX";
    const int file = mkstemp(path.data());
    EXPECT_GE(file, 0);
    ::close(file);
    return path;
}

}  // namespace

ApiTest::ApiTest() : tokens_path(new_file()) {
    using release::sha256_hex;
    write_tokens("# people\nroot:admin:" + sha256_hex(admin_token) +
                 "\n\neve:viewer:" + sha256_hex(viewer_token) + "\n");
    authenticator = std::make_unique<Authenticator>(options_of(tokens_path, jwt_secret),
                                                    [this] { return now + later; });
    EXPECT_TRUE(authenticator->open());
    clock = rt::make_clock(loop.get_executor());
    ApiParts parts{loop.get_executor(), store, *authenticator, metrics, *clock, [this] {
                       return certificate_trouble;
                   }};
    parts.node_timeout = release::Millis{600'000};
    parts.gates = &gates;
    parts.steered = [this] { ++steered; };
    parts.load = [this] { return slots; };
    api = make_api(std::move(parts));
}

ApiTest::~ApiTest() {
    ::unlink(tokens_path.c_str());
}

void ApiTest::write_tokens(const std::string& text) const {
    std::ofstream(tokens_path, std::ios::trunc) << text;
    ::chmod(tokens_path.c_str(), 0600);
}

Said ApiTest::ask(const std::string& method, const std::string& target, const std::string& body) {
    return ask_as(std::string("Bearer ") + admin_token, method, target, body);
}

Said ApiTest::ask_as(const std::string& authorization, const std::string& method,
                     const std::string& target, const std::string& body) {
    tls::Request request;
    request.method = method;
    const auto question = target.find('?');
    request.path = target.substr(0, question);
    std::string rest = question == target.npos ? "" : target.substr(question + 1);
    while (!rest.empty()) {
        const std::string pair = rest.substr(0, rest.find('&'));
        rest.erase(0, pair.size() + 1);
        const auto equals = pair.find('=');
        request.parameters[pair.substr(0, equals)] =
            equals == pair.npos ? "" : pair.substr(equals + 1);
    }
    request.headers = headers;
    request.peer.address = address;
    if (!authorization.empty()) request.headers["authorization"] = authorization;
    request.body = body;

    return answers_to(request, 1).at(0);
}

std::vector<Said> ApiTest::ask_at_once(int count, const std::string& target) {
    tls::Request request;
    request.method = "GET";
    request.path = target;
    request.peer.address = address;
    request.headers["authorization"] = std::string("Bearer ") + admin_token;
    return answers_to(request, count);
}

std::vector<Said> ApiTest::answers_to(tls::Request request, int count) {
    Said said;
    const auto match = api->router().find(request);
    if (match.handler == nullptr) {
        said.status = match.is_path_known ? 405 : 404;
        said.headers["Allow"] = match.allowed;
        return std::vector<Said>(static_cast<std::size_t>(count), said);
    }
    std::vector<Said> answers;
    for (int i = 0; i < count; ++i) {
        boost::asio::co_spawn(
            loop, (*match.handler)(request),
            [&](const std::exception_ptr& thrown, const tls::Response& answer) {
                EXPECT_FALSE(thrown);
                answers.push_back(Said{answer.status, answer.body, answer.headers});
            });
    }
    const auto wanted = static_cast<std::size_t>(count);
    loop.restart();
    while (answers.size() < wanted && loop.run_one() > 0) {
    }
    if (answers.size() < wanted) {
        ADD_FAILURE() << "no answer to " << request.method << ' ' << request.path;
        answers.resize(wanted);
    }
    return answers;
}

}  // namespace edgeroll::control::api
