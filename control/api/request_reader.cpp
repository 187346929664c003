#include "control/api/request_reader.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "control/api/respond.hpp"
#include "release/text/utf8.hpp"

namespace edgeroll::control::api {
namespace {

using release::Result;
using release::wire::Json;

bool is_listed(std::string_view name, std::initializer_list<std::string_view> known) {
    return std::find(known.begin(), known.end(), name) != known.end();
}

template <class Number>
bool parse_number(std::string_view text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Asker asker_of(const tls::Request& request, const Caller& caller) {
    Asker asker;
    asker.actor = caller.actor();
    asker.remote = request.peer.address;
    return asker;
}

Result<std::int64_t> read_id(const tls::Request& request, const char* what) {
    std::int64_t id = 0;
    if (request.captures.empty() || !parse_number(request.captures.front(), id) || id <= 0) {
        return invalid(std::string("the ") + what + " must be a positive integer");
    }
    return id;
}

Result<void> only_parameters(const tls::Request& request,
                             std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : request.parameters) {
        if (is_listed(name, known)) continue;
        return invalid("parameter '" + release::cut_utf8(name, 64) + "' is unknown");
    }
    return {};
}

bool is_plain_text(const std::string& text, std::size_t bytes_max) {
    return text.size() <= bytes_max && !release::has_control_character(text) &&
           release::repair_utf8(text) == text;
}

Result<std::string> text_parameter(const tls::Request& request, const char* name,
                                   std::size_t bytes_max) {
    const auto found = request.parameters.find(name);
    if (found == request.parameters.end()) return std::string();
    const std::string& text = found->second;
    if (!is_plain_text(text, bytes_max)) {
        return invalid(std::string("parameter '") + name + "' must be UTF-8 text of at most " +
                       std::to_string(bytes_max) + " bytes");
    }
    return text;
}

Result<int> number_parameter(const tls::Request& request, const char* name, int otherwise,
                             int least, int most) {
    const auto found = request.parameters.find(name);
    if (found == request.parameters.end() || found->second.empty()) return otherwise;
    int number = 0;
    if (!parse_number(found->second, number) || number < least || number > most) {
        return invalid(std::string("parameter '") + name + "' must be an integer from " +
                       std::to_string(least) + " to " + std::to_string(most));
    }
    return number;
}

Result<Json> read_body(const tls::Request& request, std::initializer_list<std::string_view> known,
                       std::size_t bytes_max) {
    if (request.body.size() > bytes_max) return tl::unexpected(too_large(bytes_max));
    auto body = release::wire::parse_json(request.body, bytes_max);
    if (!body) return invalid("the body is refused: " + body.error().message);
    if (!body->is_object()) return invalid("the body must be a JSON object");
    for (const auto& [name, value] : body->items()) {
        if (is_listed(name, known)) continue;
        return invalid("field '" + release::cut_utf8(name, 64) + "' is unknown");
    }
    return body;
}

Result<std::string> bounded_text(const Json& body, const char* field, std::size_t bytes_max) {
    auto text = release::wire::optional_text(body, field);
    if (!text) return tl::unexpected(std::move(text.error()));
    std::string value = std::move(*text).value_or("");
    if (value.size() > bytes_max || value.find('\0') != std::string::npos) {
        return invalid(std::string("field '") + field + "' must have at most " +
                       std::to_string(bytes_max) + " bytes and no NUL");
    }
    return value;
}

}  // namespace edgeroll::control::api
