// What the command line reads of control's answers, and shows: no byte of it may move a cursor.
#include <string>
#include <string_view>

#include "control/cli/api_client.hpp"
#include "control/cli/audit.hpp"
#include "control/cli/events.hpp"
#include "control/cli/explain.hpp"
#include "control/cli/progress.hpp"
#include "control/cli/render.hpp"
#include "control/cli/stats.hpp"
#include "control/cli/steps.hpp"
#include "control/cli/text.hpp"
#include "control/cli/views.hpp"
#include "demand.hpp"

namespace {

namespace cli = edgeroll::cli;
using edgeroll::fuzz::demand;
using edgeroll::release::wire::Json;

constexpr cli::Moment now{cli::Millis(1'790'000'000'000)};

class OneAnswer final : public cli::Http {
  public:
    OneAnswer(int status, std::string_view body) {
        answer_.status = status;
        answer_.body = body;
    }
    edgeroll::release::Result<edgeroll::tls::Response> send(
        const cli::ApiRequest& /*request*/) override {
        return answer_;
    }

  private:
    edgeroll::tls::Response answer_;
};

void check(std::string_view text) {
    while (!text.empty()) {
        const std::string_view line = edgeroll::fuzz::take_line(text);
        demand(cli::printable(line) == line, "every line is printable");
    }
}

void show_release(const Json& data) {
    check(cli::render_steps(data, now));
    const auto release = cli::read_release(data);
    if (!release) return check(release.error().message);
    check(cli::render_release(*release, now));
    check(cli::conclusion(*release));
    check(cli::explain_text(*release, now));
    static_cast<void>(edgeroll::release::wire::dump_json(cli::explain_json(*release, data)));
    for (const std::string& line :
         cli::render_progress(*release, now, cli::Screen::Size{100, 30}, "")) {
        check(line);
        demand(cli::display_width(line) <= 100, "no line is wider than the screen");
    }
}

void show_lists(const Json& data) {
    if (const auto releases = cli::read_releases(data)) {
        check(cli::render_releases(*releases, 1, now));
    }
    if (const auto fleet = cli::read_fleet(data)) {
        check(cli::render_fleet(*fleet, now));
        check(cli::render_drift(*fleet, now));
    }
    check(cli::render_stats(data));
    check(cli::render_audit(data));
    for (const Json& event : cli::list_of(data, "items"))
        check(cli::event_line(event, {}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body = edgeroll::fuzz::text_of(data, size);
    for (const int status : {200, 409}) {
        OneAnswer http(status, body);
        const auto answer = cli::call(http, {});
        if (!answer) {
            check(answer.error().message);
            continue;
        }
        show_release(*answer);
        show_lists(*answer);
    }
    return 0;
}
