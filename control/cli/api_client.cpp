#include "control/cli/api_client.hpp"

#include "control/api/names/field_names.hpp"
#include "control/cli/text.hpp"
#include "tls/router.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;
namespace code = release::code;

Failure unreachable(std::string message) {
    return {ExitStatus::unreachable, std::move(message), 0};
}

std::string token_advice(int error_code) {
    const std::string how = "set EDGEROLL_TOKEN or --token-file to ";
    switch (error_code) {
        case code::no_token:
            return how + "an API token (edgeroll-control token NAME prints one)";
        case code::expired_token:
            return how + "a fresh token: this one has expired";
        case code::forbidden:
            return how + "a token of the role admin: this one may only read";
        default:
            return how + "a token that control knows (a line in its API_TOKENS_FILE)";
    }
}

/// A refusal in control's own format.
Failure refusal(int http_status, int error_code, const std::string& message) {
    const std::string what = message + " (code " + std::to_string(error_code) + ")";
    if (http_status == 401 || http_status == 403) {
        return {ExitStatus::refused, "control refused: " + what + "; " + token_advice(error_code),
                error_code};
    }
    if (http_status >= 500) return unreachable("control cannot do it now: " + what);
    return {ExitStatus::refused, "control refused: " + what, error_code};
}

Failure stranger(const tls::Response& response) {
    return unreachable("the answer (HTTP " + std::to_string(response.status) +
                       ") is not edgeroll-control's: does EDGEROLL_URL or --url name its API?");
}

/// Upper bound on the number of values in the JSON text: each value starts it or follows one of
/// these characters.
std::size_t values_at_most(std::string_view json) {
    std::size_t count = 1;
    bool is_in_text = false;
    for (std::size_t at = 0; at < json.size(); ++at) {
        const char c = json[at];
        if (c == '"') is_in_text = !is_in_text;
        if (is_in_text && c == '\\') ++at;
        if (!is_in_text && (c == ',' || c == '[' || c == '{')) ++count;
    }
    return count;
}

}  // namespace

Answer<Json> call(Http& http, const ApiRequest& request) {
    const auto response = http.send(request);
    if (!response) {
        const bool may_have_acted =
            request.method != "GET" && response.error().outcome == release::Outcome::unknown;
        return tl::unexpected(
            unreachable("control is not reachable: " + printable(response.error().message) +
                        (may_have_acted ? "; it may have been carried out: check first" : "")));
    }
    if (values_at_most(response->body) > answer_values_max) {
        return tl::unexpected(unreachable("the answer has more than " + grouped(answer_values_max) +
                                          " values: no answer of edgeroll-control has as many"));
    }
    auto body = release::wire::parse_json(response->body, answer_bytes_max);
    if (!body || !body->is_object()) return tl::unexpected(stranger(*response));
    const auto error_code = release::wire::optional_integer(*body, field::code);
    if (!error_code || !*error_code) return tl::unexpected(stranger(*response));
    if (response->status == 200 && **error_code == code::ok) return (*body)[field::data];
    if (response->status < 400) return tl::unexpected(stranger(*response));
    const auto message = release::wire::optional_text(*body, field::message);
    const bool has_message = message && *message && !(*message)->empty();
    return tl::unexpected(refusal(response->status, static_cast<int>(**error_code),
                                  has_message ? printable(**message) : "without a reason"));
}

std::string with_query(std::string path,
                       const std::vector<std::pair<std::string, std::string>>& parameters) {
    char separator = '?';
    for (const auto& [name, value] : parameters) {
        if (value.empty()) continue;
        path += separator + name + "=" + tls::percent_encode(value);
        separator = '&';
    }
    return path;
}

}  // namespace edgeroll::cli
