// Common parts of commands with one request and one text.
#pragma once

#include <functional>
#include <string>

#include "control/cli/api_client.hpp"
#include "control/cli/options.hpp"
#include "control/cli/views.hpp"

namespace edgeroll::cli {

/// Text for standard output.
using Text = Answer<std::string>;
using AsTable = std::function<Text(const release::wire::Json& data)>;

/// Sends the request and returns its data in the given format.
[[nodiscard]] Text ask(const ApiRequest& request, Format format, Ports ports,
                       const AsTable& as_table);

/// Indented. ASCII only on a terminal: control and direction characters become \u escapes.
[[nodiscard]] std::string json_text(const release::wire::Json& data, Ports ports);
/// The same on one line.
[[nodiscard]] std::string json_line(const release::wire::Json& data, Ports ports);

/// GET of a release, or of a path below it ("/events").
[[nodiscard]] ApiRequest release_request(std::int64_t id, const std::string& below = {});

struct FetchedRelease {
    release::wire::Json data;
    ReleaseLine release;
};
[[nodiscard]] Answer<FetchedRelease> fetch_release(Http& http, std::int64_t id);

/// Adds advice to a refusal when control's message gives none.
[[nodiscard]] Failure with_advice(Failure failure, std::int64_t release_id);

/// One line to standard error; returns the failure's exit status.
ExitStatus end_with(const Failure& failure, Ports ports);

}  // namespace edgeroll::cli
