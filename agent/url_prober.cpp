#include "agent/url_prober.hpp"

#include <utility>

#include "tls/http_client.hpp"

namespace edgeroll::agent {
namespace {

class NetworkProber final : public UrlProber {
  public:
    boost::asio::awaitable<Finding> get(std::string url, Millis timeout) override {
        tls::UrlRequest request;
        request.url = std::move(url);
        request.timeout = timeout;
        request.response_bytes_max = 64U << 10;
        auto answer = co_await tls::fetch(std::move(request));
        Finding finding;
        if (answer) {
            finding.status = answer->status;
            finding.body = std::move(answer->body);
        } else {
            finding.error = std::move(answer.error().message);
        }
        co_return finding;
    }
};

}  // namespace

std::unique_ptr<UrlProber> make_url_prober() {
    return std::make_unique<NetworkProber>();
}

}  // namespace edgeroll::agent
