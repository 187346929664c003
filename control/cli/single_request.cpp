#include "control/cli/single_request.hpp"

namespace edgeroll::cli {

using release::wire::Json;

Text ask(const ApiRequest& request, Format format, Ports ports, const AsTable& as_table) {
    const auto data = call(ports.http, request);
    if (!data) return tl::unexpected(data.error());
    return format == Format::table ? as_table(*data) : json_text(*data, ports);
}

std::string json_text(const Json& data, Ports ports) {
    return data.dump(2, ' ', ports.screen.is_live(), Json::error_handler_t::replace) + "\n";
}

std::string json_line(const Json& data, Ports ports) {
    return data.dump(-1, ' ', ports.screen.is_live(), Json::error_handler_t::replace) + "\n";
}

ApiRequest release_request(std::int64_t id, const std::string& below) {
    ApiRequest request;
    request.path = "/api/v1/releases/" + std::to_string(id) + below;
    return request;
}

Answer<FetchedRelease> fetch_release(Http& http, std::int64_t id) {
    auto data = call(http, release_request(id));
    if (!data) return tl::unexpected(with_advice(std::move(data.error()), id));
    auto release = read_release(*data);
    if (!release) return tl::unexpected(std::move(release.error()));
    return FetchedRelease{std::move(*data), std::move(*release)};
}

Failure with_advice(Failure failure, std::int64_t release_id) {
    if (failure.code == release::code::not_found) {
        failure.message += "; edgeroll release list shows those there are";
    } else if (failure.code == release::code::wrong_state) {
        failure.message +=
            "; edgeroll release explain " + std::to_string(release_id) + " says what can be done";
    }
    return failure;
}

ExitStatus end_with(const Failure& failure, Ports ports) {
    ports.screen.err("edgeroll: " + failure.message + "\n");
    return failure.status;
}

}  // namespace edgeroll::cli
