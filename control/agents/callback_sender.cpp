#include "control/agents/callback_sender.hpp"

#include <utility>

#include "release/wire/web_url.hpp"
#include "tls/http_client.hpp"

namespace edgeroll::control {
namespace {

constexpr release::Millis call_timeout{10'000};
constexpr std::size_t answer_bytes_max = 64U << 10;

/// Rows come from pipelines too: what the API refuses at creation is refused here as well.
bool is_safe(const std::string& url) {
    const auto parsed = release::wire::parse_web_url(url);
    return parsed && (parsed->is_https || release::wire::is_loopback(*parsed));
}

class UrlSender final : public CallbackSender {
  public:
    explicit UrlSender(std::string token) : token_(std::move(token)) {}

    awaitable<Answer> send(std::string url, std::string body, std::string key) override {
        Answer answer;
        if (!is_safe(url)) {
            answer.is_hopeless = true;
            answer.message = "callback_url must be https (http only to this machine)";
            co_return answer;
        }
        tls::UrlRequest request;
        request.method = "POST";
        request.url = std::move(url);
        request.headers.emplace("Content-Type", "application/json");
        request.headers.emplace("Idempotency-Key", std::move(key));
        if (!token_.empty()) request.headers.emplace("Authorization", "Bearer " + token_);
        request.body = std::move(body);
        request.timeout = call_timeout;
        request.response_bytes_max = answer_bytes_max;
        const auto response = co_await tls::fetch(std::move(request));
        if (!response) {
            answer.message = response.error().message;
            co_return answer;
        }
        answer.is_taken = response->status >= 200 && response->status < 300;
        answer.message = std::to_string(response->status);
        co_return answer;
    }

  private:
    std::string token_;
};

}  // namespace

std::unique_ptr<CallbackSender> make_callback_sender(std::string token) {
    return std::make_unique<UrlSender>(std::move(token));
}

}  // namespace edgeroll::control
