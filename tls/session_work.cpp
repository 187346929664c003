#include "tls/session_work.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <cstdio>
#include <exception>

#include "tls/message.hpp"
#include "tls/pem.hpp"
#include "tls/request_reader.hpp"
#include "tls/rt/log.hpp"
#include "tls/rt/wall_time.hpp"
#include "tls/rt/within.hpp"
#include "tls/tls_errors.hpp"

namespace edgeroll::tls {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using rt::log;
using rt::LogLevel;

namespace {

bool is_http_error(const error_code& ec) {
    static const auto& category = make_error_code(http::error::bad_method).category();
    return ec.category() == category && ec != http::error::end_of_stream &&
           ec != http::error::partial_message;
}

bool may_have_body(int status) {
    return status != 204 && status != 304;
}

http::response<http::empty_body> common_head(const Response& response, unsigned version,
                                             const std::string& date) {
    http::response<http::empty_body> message;
    message.version(version);
    const bool is_legal = response.status >= 200 && response.status <= 599;
    message.result(static_cast<unsigned>(is_legal ? response.status : 500));
    const auto clean = [](std::string text) {
        std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
        return text;
    };
    if (may_have_body(response.status)) {
        message.set(http::field::content_type, clean(response.content_type));
    }
    for (const auto& [name, value] : response.headers)
        message.set(clean(name), clean(value));
    message.set(http::field::date, date);
    if (!response.headers.contains("X-Content-Type-Options")) {
        message.set("X-Content-Type-Options", "nosniff");
    }
    return message;
}

}  // namespace

void evict(ServerState& state, const std::vector<GuestId>& guests) {
    for (const GuestId id : guests) {
        ++state.figures.evicted;
        const auto found = state.live.find(id);
        if (found == state.live.end()) continue;
        found->second.is_evicted = true;
        if (found->second.close) found->second.close();
    }
    if (guests.empty()) return;
    state.full.say(state.clock->now(), "connections_full",
                   {{"reason", "the connections that waited longest were closed for others"},
                    {"unknown", std::to_string(state.door.strangers())},
                    {"known", std::to_string(state.door.known())}});
}

Outcome refusal(const SessionContext& context, int status, const std::string& what, bool closes) {
    Outcome outcome;
    outcome.response.status = status;
    outcome.response.body = error_text(context.state->options, status, what);
    outcome.closes = closes;
    outcome.lingers = closes;
    return outcome;
}

Outcome no_room(const SessionContext& context, const std::string& what) {
    ++context.state->figures.no_room;
    Outcome outcome = refusal(context, 503, what + ": try again later", true);
    outcome.response.headers["Retry-After"] = "2";
    return outcome;
}

Outcome too_large(const SessionContext& context, std::size_t bytes_max) {
    return refusal(context, 413, "the body is larger than " + std::to_string(bytes_max) + " bytes",
                   true);
}

Outcome too_many_streams(const SessionContext& context) {
    Outcome outcome = refusal(context, 503,
                              "there are " + std::to_string(context.state->streams) +
                                  " streams already, which is the limit: try again later",
                              false);
    outcome.response.headers["Retry-After"] = "10";
    return outcome;
}

std::optional<Outcome> unreadable(const SessionContext& context, const error_code& ec,
                                  std::size_t body_bytes_max) {
    const auto& limits = context.state->options.limits;
    if (ec == boost::beast::error::timeout) ++context.state->figures.slow;
    if (ec == http::error::body_limit) return too_large(context, body_bytes_max);
    if (ec == http::error::header_limit || ec == http::error::buffer_overflow) {
        return refusal(
            context, 431,
            "the header is larger than " + std::to_string(limits.header_bytes_max) + " bytes",
            true);
    }
    if (is_http_error(ec)) return refusal(context, 400, "not HTTP: " + ec.message(), true);
    return std::nullopt;
}

Request to_request(const RequestParser& parser, const Peer& peer) {
    Request request;
    const auto& message = parser.get();
    request.method = std::string(message.method_string());
    request.peer = peer;
    for (const auto& field : message) {
        const auto [found, is_first] =
            request.headers.try_emplace(lower_case(std::string_view(field.name_string())));
        if (!is_first) found->second += ", ";
        found->second += std::string(field.value());
    }
    return request;
}

const std::string& date_now(ServerState& state) {
    const std::int64_t second = rt::wall_seconds();
    if (state.date.empty() || second != state.date_second) {
        state.date = http_date(second);
        state.date_second = second;
    }
    return state.date;
}

std::string answer_head(const Response& response, AnswerForm form, const std::string& date) {
    auto message = common_head(response, form.version, date);
    message.keep_alive(form.keeps);
    if (may_have_body(response.status) && !response.next_chunk) {
        message.content_length(response.body.size());
    }
    return head_text(message);
}

bool sends_body(const Response& response, AnswerForm form) {
    return !form.is_head && may_have_body(response.status) && !response.next_chunk;
}

bool is_stream(const Response& response) {
    return response.next_chunk != nullptr && may_have_body(response.status);
}

std::string stream_header(const Response& response, unsigned version, const std::string& date) {
    auto message = common_head(response, version, date);
    message.keep_alive(false);
    if (version > 10) message.chunked(true);
    return head_text(message);
}

std::string stream_piece(std::string piece, unsigned version) {
    if (version <= 10) return piece;
    std::array<char, 20> size{};
    std::snprintf(size.data(), size.size(), "%zx\r\n", piece.size());
    return size.data() + std::move(piece) + "\r\n";
}

std::string judge(const SessionContext& context) {
    const ServerOptions& options = context.state->options;
    if (options.contexts == nullptr) return {};
    const X509* leaf =
        context.session == nullptr ? nullptr : SSL_get0_peer_certificate(context.session);
    if (leaf != nullptr && is_past(X509_get0_notAfter(leaf))) {
        return "the client certificate has expired";
    }
    if (context.session != nullptr && options.contexts->generation() != context.generation) {
        const auto fresh = options.contexts->current();
        if (SSL_CTX_get_verify_mode(fresh->native_handle()) != SSL_VERIFY_NONE) {
            auto reason = verify_client_again(context.session, fresh->native_handle());
            if (!reason.empty()) return "the client certificate is no longer accepted: " + reason;
        }
    }
    return options.judge_peer ? options.judge_peer(context.peer) : std::string{};
}

Pass run_gate(const SessionContext& context, const Gate* gate, const Request& request) {
    if (gate == nullptr) return {};
    try {
        return (*gate)(request);
    } catch (const std::exception& e) {
        log(LogLevel::error, "handler_failed", {{"path", request.path}, {"error", e.what()}});
        Pass pass;
        pass.refusal = refusal(context, 500, "internal error", false).response;
        return pass;
    }
}

bool take_place(SessionContext& context) {
    if (context.is_known) return true;
    ServerState& state = *context.state;
    const auto recognition = state.door.recognise(context.id);
    context.is_known = recognition.is_welcome;
    evict(state, recognition.evicted);
    return context.is_known;
}

asio::awaitable<Outcome> run_handler(const SessionContext& context, const Handler& handler,
                                     Request request) {
    const std::string path = request.path;
    std::string broken;
    try {
        auto work = handler(std::move(request));
        auto response =
            co_await rt::within(context.state->executor,
                                context.state->options.limits.handler_timeout, std::move(work));
        if (response) {
            Outcome outcome;
            outcome.response = std::move(*response);
            co_return outcome;
        }
        log(LogLevel::error, "handler_too_late", {{"path", path}});
        co_return refusal(context, 503, "the request took too long", true);
    } catch (const std::exception& e) {
        broken = e.what();
    } catch (...) {
        broken = "not a std::exception";
    }
    log(LogLevel::error, "handler_failed", {{"path", path}, {"error", broken}});
    co_return refusal(context, 500, "internal error", false);
}

}  // namespace edgeroll::tls
