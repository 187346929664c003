#include "control/api/respond.hpp"

#include <utility>

#include "tls/rt/log.hpp"

namespace edgeroll::control::api {
namespace {

using release::Error;
using release::Outcome;
namespace code = release::code;

constexpr const char* too_large_mark = "the body is larger than ";

std::string told(const Error& error, bool is_unreachable) {
    switch (error.code) {
        case code::internal:
            return "internal error";
        case code::database:
            return is_unreachable ? "the database cannot be reached now"
                                  : "the database failed; see the log of edgeroll-control";
        default:
            return error.message;
    }
}

}  // namespace

tls::Response answer(const release::wire::Json& data) {
    tls::Response response;
    response.body = release::wire::success_envelope(data);
    return response;
}

tls::Response answer_text(std::string_view data) {
    tls::Response response;
    response.body = release::wire::success_envelope_of_text(data);
    return response;
}

tls::Response refuse(const Error& error) {
    const bool is_unreachable = error.outcome == Outcome::not_done;
    if (error.code == code::internal || error.code == code::database) {
        rt::LogFields fields;
        fields.emplace_back("code", std::to_string(error.code));
        fields.emplace_back("error", error.message);
        rt::log(rt::LogLevel::error, "request_failed", fields);
    }
    tls::Response response;
    response.status = release::wire::http_status(error.code, is_unreachable);
    if (error.code == code::invalid && error.message.rfind(too_large_mark, 0) == 0) {
        response.status = 413;
    }
    response.body = release::wire::error_envelope(error.code, told(error, is_unreachable));
    if (response.status == 503) response.headers["Retry-After"] = "2";
    if (response.status == 401) response.headers["WWW-Authenticate"] = "Bearer realm=\"edgeroll\"";
    return response;
}

tls::Response refuse(int code, std::string message) {
    Error error;
    error.code = code;
    error.message = std::move(message);
    return refuse(error);
}

tl::unexpected<Error> invalid(std::string message) {
    return release::fail(std::move(message), Outcome::permanent, code::invalid);
}

Error too_large(std::size_t bytes_max) {
    Error error;
    error.code = code::invalid;
    error.message = too_large_mark + std::to_string(bytes_max) + " bytes";
    return error;
}

std::string error_body(int http_status, const std::string& what) {
    int number = code::internal;
    if (http_status == 404) {
        number = code::not_found;
    } else if (http_status >= 400 && http_status < 500) {
        number = code::invalid;
    } else if (http_status == 503) {
        number = code::busy;
    }
    return release::wire::error_envelope(number, what);
}

}  // namespace edgeroll::control::api
