#include "control/outbound/callback_sender.hpp"

#include <utility>

#include "control/outbound/dial_rules.hpp"
#include "release/crypto/hmac.hpp"
#include "release/text/web_url.hpp"
#include "tls/http_client.hpp"

namespace edgeroll::control {
namespace {

using release::wire::CallRules;

constexpr release::Millis call_timeout{10'000};
constexpr std::size_t receipt_bytes_max = 64U << 10;

/// Rows may be inserted by pipelines: what the API refuses at creation is refused here as well.
bool is_safe(const std::string& url) {
    const auto parsed = release::parse_web_url(url);
    return parsed && (parsed->is_https || release::is_loopback(*parsed));
}

class UrlSender final : public CallbackSender {
  public:
    UrlSender(std::string token, CallRules rules)
        : token_(std::move(token)), rules_(std::make_shared<const CallRules>(std::move(rules))) {}

    awaitable<Answer> send(std::string url, std::string body, std::string key) override {
        Answer answer;
        if (!is_safe(url)) {
            answer.is_refused = true;
            answer.message = "callback_url must be https (http only to this machine)";
            co_return answer;
        }
        if (auto refused = release::wire::refused_url(*rules_, url)) {
            answer.is_refused = true;
            answer.message = std::move(*refused);
            co_return answer;
        }
        tls::UrlRequest request;
        request.method = "POST";
        request.headers.emplace("Content-Type", "application/json");
        request.headers.emplace("Idempotency-Key", std::move(key));
        if (!token_.empty()) {
            request.headers.emplace("X-Edgeroll-Signature", signature_of(token_, body));
            if (gets_token(url)) request.headers.emplace("Authorization", "Bearer " + token_);
        }
        request.url = std::move(url);
        request.body = std::move(body);
        request.timeout = call_timeout;
        request.response_bytes_max = receipt_bytes_max;
        request.refuses = dial_rules(rules_);
        const auto response = co_await tls::fetch(std::move(request));
        if (!response) {
            answer.is_refused = response.error().code == release::code::forbidden;
            answer.message = response.error().message;
            co_return answer;
        }
        answer.is_taken = response->status >= 200 && response->status < 300;
        answer.message = std::to_string(response->status);
        co_return answer;
    }

  private:
    [[nodiscard]] bool gets_token(const std::string& url) const {
        const auto parsed = release::parse_web_url(url);
        return parsed && release::wire::names_exactly(*rules_, parsed->host, parsed->port);
    }

    std::string token_;
    std::shared_ptr<const CallRules> rules_;
};

}  // namespace

std::string signature_of(std::string_view token, std::string_view body) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text = "sha256=";
    for (const char c : release::hmac_sha256(token, body)) {
        const auto byte = static_cast<unsigned char>(c);
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

std::unique_ptr<CallbackSender> make_callback_sender(std::string token, CallRules rules) {
    return std::make_unique<UrlSender>(std::move(token), std::move(rules));
}

}  // namespace edgeroll::control
