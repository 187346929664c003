#include "agent/url_prober.hpp"

#include <ctime>
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

class SystemWallClock final : public WallClock {
  public:
    [[nodiscard]] std::int64_t now_ms() const override {
        timespec now{};
        ::clock_gettime(CLOCK_REALTIME, &now);
        return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
    }
};

}  // namespace

std::unique_ptr<UrlProber> make_url_prober() {
    return std::make_unique<NetworkProber>();
}
std::unique_ptr<WallClock> make_wall_clock() {
    return std::make_unique<SystemWallClock>();
}

}  // namespace edgeroll::agent
