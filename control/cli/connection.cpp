#include "control/cli/connection.hpp"

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

#include "control/cli/text.hpp"
#include "tls/http_client.hpp"
#include "tls/rt/secret_file.hpp"
#include "tls/rt/spawn.hpp"
#include "tls/url.hpp"

namespace edgeroll::cli {
namespace {

constexpr const char* default_url = "http://127.0.0.1:8080";

Answer<std::string> check_url(std::string url, const char* source) {
    while (url.ends_with('/'))
        url.pop_back();
    const std::size_t scheme = url.starts_with("http://") ? 7 : url.starts_with("https://") ? 8 : 0;
    const bool is_plain =
        std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7f; });
    if (scheme == 0 || url.size() == scheme || !is_plain ||
        url.find_first_of("?#@", scheme) != std::string::npos) {
        return refuse(std::string(source) + " is " + printable(url) +
                      ": it must be http://HOST[:PORT] or https://HOST[:PORT], e.g. " +
                      default_url);
    }
    if (const auto parsed = tls::parse_url(url); !parsed) {
        return refuse(std::string(source) + " is " + printable(url) + ": " +
                      printable(parsed.error().message));
    }
    return url;
}

Answer<std::string> check_token(std::string token, const std::string& source) {
    const std::size_t last = token.find_last_not_of(" \t\r\n");
    token.erase(last == std::string::npos ? 0 : last + 1);
    if (token.empty()) return refuse(source + " holds no token");
    // The token is copied into a header line.
    const bool is_plain =
        std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7f; });
    if (!is_plain) return refuse(source + " holds something that is no token: it has blanks in it");
    return token;
}

Answer<std::string> read_token_file(const std::string& path, rt::LooseFiles loose) {
    constexpr std::size_t bytes_max = 8192;
    const std::string called = "--token-file " + printable(path);
    auto text = rt::read_secret_file(path, {bytes_max, loose});
    if (!text) {
        return refuse(called + " " + text.error().message +
                      ": name a file that contains an API token and that only you can read");
    }
    return check_token(std::move(*text), called);
}

using Slot = std::optional<release::Result<tls::Response>>;

boost::asio::awaitable<void> fetch_into(tls::UrlRequest request, Slot& slot) {
    auto response = co_await tls::fetch(std::move(request));
    slot.emplace(std::move(response));
}

class FetchHttp final : public Http {
  public:
    explicit FetchHttp(Connection connection) : connection_(std::move(connection)) {}

    release::Result<tls::Response> send(const ApiRequest& request) override {
        tls::UrlRequest sent;
        sent.method = request.method;
        sent.url = connection_.url + request.path;
        sent.body = request.body;
        sent.headers = request.headers;
        sent.headers["Accept"] = "application/json";
        if (!request.body.empty()) sent.headers["Content-Type"] = "application/json";
        if (!connection_.token.empty()) {
            sent.headers["Authorization"] = "Bearer " + connection_.token;
        }
        sent.response_bytes_max = answer_bytes_max;
        boost::asio::io_context context(1);
        Slot slot;
        rt::spawn(context.get_executor(), "api_request", fetch_into(std::move(sent), slot));
        context.run();
        if (!slot) return release::fail("the request was not carried out");
        return std::move(*slot);
    }

  private:
    Connection connection_;
};

}  // namespace

Answer<Connection> find_connection(const Invocation& invocation,
                                   const std::map<std::string, std::string>& environment) {
    const auto variable = [&](const char* name) {
        const auto found = environment.find(name);
        return found == environment.end() ? std::string() : found->second;
    };
    std::string url = invocation.url;
    const char* source = "--url";
    if (url.empty()) {
        source = "EDGEROLL_URL";
        url = variable(source);
    }
    auto checked = check_url(url.empty() ? default_url : url, source);
    if (!checked) return tl::unexpected(std::move(checked.error()));
    Connection connection{std::move(*checked), {}};
    const std::string token = variable("EDGEROLL_TOKEN");
    if (invocation.token_file.empty() && token.empty()) return connection;
    const auto loose =
        variable("ALLOW_LOOSE_FILES") == "1" ? rt::LooseFiles::allowed : rt::LooseFiles::refused;
    auto found = invocation.token_file.empty() ? check_token(token, "EDGEROLL_TOKEN")
                                               : read_token_file(invocation.token_file, loose);
    if (!found) return tl::unexpected(std::move(found.error()));
    connection.token = std::move(*found);
    return connection;
}

std::unique_ptr<Http> make_http(Connection connection) {
    return std::make_unique<FetchHttp>(std::move(connection));
}

}  // namespace edgeroll::cli
