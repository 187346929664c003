#include "control/outbound/prometheus_gate.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <filesystem>
#include <system_error>
#include <utility>

#include "control/outbound/dial_rules.hpp"
#include "release/wire/gate_rules.hpp"
#include "release/wire/prometheus_answer.hpp"
#include "tls/http_client.hpp"
#include "tls/router.hpp"
#include "tls/rt/clock.hpp"

namespace edgeroll::control {
namespace {

using release::GateAnswer;
using release::Result;

constexpr release::Millis query_timeout{10'000};
constexpr std::size_t token_bytes_max = 8U << 10;
constexpr const char* query_path = "/api/v1/query";

std::string endpoint_of(std::string url) {
    while (url.ends_with('/'))
        url.pop_back();
    return url + query_path;
}

GateAnswer unsure(std::string message, std::string sort) {
    return {GateAnswer::Kind::unsure, std::move(message), std::move(sort), ""};
}

}  // namespace

Result<std::string> read_gate_token(const std::string& folder, const std::string& path,
                                    rt::LooseFiles loose) {
    namespace fs = std::filesystem;
    if (!release::wire::is_token_path(path)) return release::fail("is no path of a token file");
    std::error_code ec;
    const fs::path base = fs::canonical(folder, ec);
    if (ec) return release::fail("cannot be read (GATE_TOKENS_DIR: " + ec.message() + ")");
    const fs::path file = fs::canonical(base / path, ec);
    if (ec) return release::fail("cannot be read (" + ec.message() + ")");
    const auto [base_end, file_end] =
        std::mismatch(base.begin(), base.end(), file.begin(), file.end());
    if (base_end != base.end() || file_end == file.end()) {
        return release::fail("leads out of GATE_TOKENS_DIR");
    }
    if (!fs::is_regular_file(file, ec)) return release::fail("is no file");
    auto text = rt::read_secret_file(file.string(), {token_bytes_max, loose});
    if (!text) return tl::unexpected(text.error());
    constexpr const char* white = " \t\r\n";
    const auto begin = text->find_first_not_of(white);
    if (begin == text->npos) return release::fail("is empty");
    std::string token = text->substr(begin, text->find_last_not_of(white) - begin + 1);
    const bool is_visible =
        std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7F; });
    if (!is_visible) return release::fail("has no token of visible ASCII characters");
    return token;
}

awaitable<GateAnswer> ask_prometheus(std::shared_ptr<const release::wire::CallRules> rules,
                                     rt::LooseFiles loose, release::AskGate what,
                                     release::Millis at_most) {
    const release::PrometheusRule& rule = *what.gate.prometheus;
    tls::UrlRequest request;
    request.method = "POST";
    request.url = endpoint_of(rule.url);
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                       {"Accept", "application/json"}};
    if (!rule.token_file.empty()) {
        if (const auto refused = release::wire::refused_token(*rules, what.gate)) {
            co_return unsure("its token may not be sent: " + *refused, "token");
        }
        const auto token = read_gate_token(rules->tokens_dir, rule.token_file, loose);
        if (!token) {
            co_return unsure("token_file '" + rule.token_file + "' " + token.error().message,
                             "token");
        }
        request.headers["Authorization"] = "Bearer " + *token;
    }
    request.body = "query=" + tls::percent_encode(what.query);
    request.timeout = std::min(query_timeout, at_most);
    request.response_bytes_max = release::wire::prometheus_bytes_max;
    request.refuses = dial_rules(rules);

    const auto clock = rt::make_clock(co_await boost::asio::this_coro::executor);
    const release::Instant begun = clock->now();
    const auto reply = co_await tls::fetch(std::move(request));
    if (!reply && reply.error().code == release::code::forbidden) {
        co_return GateAnswer{GateAnswer::Kind::fail,
                             "it may not be called: " + reply.error().message, "not allowed", ""};
    }
    if (!reply) co_return unsure(reply.error().message, "no answer");
    co_return release::wire::judged_reply(rule, what.query,
                                          {reply->status, reply->body, clock->now() - begun});
}

}  // namespace edgeroll::control
