#include "control/agents/gates.hpp"

#include <algorithm>
#include <utility>

#include "release/wire/text_util.hpp"
#include "tls/http_client.hpp"

namespace edgeroll::control {
namespace {

using release::GateAnswer;

constexpr release::Millis question_timeout{10'000};
constexpr std::size_t answer_bytes_max = 64U << 10;
constexpr std::size_t shown_bytes_max = 200;

/// The status and the first line of the body: what an operator wants to see in the history.
std::string told(int status, const std::string& body) {
    const std::string line = release::wire::repair_utf8(body.substr(0, body.find_first_of("\r\n")));
    std::string text = std::to_string(status);
    if (!line.empty()) text += " " + release::wire::shortened(line, shown_bytes_max);
    return text;
}

class UrlGates final : public Gates {
  public:
    awaitable<GateAnswer> ask(std::string url, release::Millis at_most) override {
        tls::UrlRequest request;
        request.url = std::move(url);
        request.timeout = std::min(question_timeout, at_most);
        request.response_bytes_max = answer_bytes_max;
        const auto answer = co_await tls::fetch(std::move(request));
        GateAnswer told_so;
        if (!answer) {
            told_so.message = answer.error().message;
            co_return told_so;
        }
        told_so.message = told(answer->status, answer->body);
        if (answer->status == 200) told_so.kind = GateAnswer::Kind::pass;
        if (answer->status >= 400 && answer->status < 500) told_so.kind = GateAnswer::Kind::fail;
        co_return told_so;
    }
};

}  // namespace

std::unique_ptr<Gates> make_gates() {
    return std::make_unique<UrlGates>();
}

}  // namespace edgeroll::control
