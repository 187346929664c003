#include "control/cli/events.hpp"

#include <algorithm>

#include "control/api/names/field_names.hpp"
#include "control/cli/text.hpp"
#include "control/cli/watch.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;

constexpr std::int64_t page_size = 100;
/// Rounds without events between two looks at the release: its answer may be large, and its end is
/// an event.
constexpr int rounds_between_looks = 10;

class Teller {
  public:
    Teller(const ReleaseEvents& what, Format format, Ports ports)
        : what_(what), format_(format), ports_(ports), after_(what.after) {}

    /// Reads the release: the names of its nodes, and whether it has ended.
    Answer<bool> look_again() {
        const auto seen = fetch_release(ports_.http, what_.id);
        if (!seen) return tl::unexpected(seen.error());
        for (const BatchLine& batch : seen->release.batches) {
            for (const NodeLine& node : batch.nodes)
                names_[node.id] = node.name;
        }
        return is_finished(seen->release);
    }

    /// Prints new events; returns their number.
    Answer<std::int64_t> tell_new() {
        std::int64_t told = 0;
        for (;;) {
            ApiRequest request = release_request(what_.id, "/events");
            request.path = with_query(request.path, {{"after", std::to_string(after_)},
                                                     {"pageSize", std::to_string(page_size)}});
            const auto data = call(ports_.http, request);
            if (!data) return tl::unexpected(with_advice(data.error(), what_.id));
            const Json items = list_of(*data, field::items);
            const std::int64_t before = after_;
            for (const Json& event : items)
                tell(event);
            told += static_cast<std::int64_t>(items.size());
            const std::int64_t size = integer_of(*data, field::page_size);
            const auto full = static_cast<std::size_t>(size > 0 ? size : page_size);
            // A control that repeats the same page must not cause an endless loop.
            if (items.size() < full || after_ == before) return told;
        }
    }

  private:
    void tell(const Json& event) {
        after_ = std::max(after_, integer_of(event, field::id));
        ports_.screen.out(format_ == Format::json ? json_line(event, ports_)
                                                  : event_line(event, names_) + "\n");
    }

    ReleaseEvents what_;
    Format format_;
    Ports ports_;
    std::int64_t after_;
    std::map<std::int64_t, std::string> names_;
};

}  // namespace

std::string detail_text(const Json& detail) {
    if (!detail.is_object()) return {};
    std::string text;
    for (const auto& [name, value] : detail.items()) {
        if (value.is_null()) continue;
        std::string shown = release::wire::dump_json(value);
        if (value.is_string()) {
            const auto word = value.get<std::string>();
            const bool is_plain = !word.empty() && word.find_first_of(" \"=") == std::string::npos;
            if (is_plain) shown = word;
        }
        text += (text.empty() ? "" : " ") + name + "=" + shown;
    }
    return text;
}

std::string event_line(const Json& event, const std::map<std::int64_t, std::string>& names) {
    const std::int64_t node = integer_of(event, field::node_id);
    constexpr std::size_t id_width = 6;
    constexpr std::size_t kind_width = 18;
    std::string text =
        text_of(event, field::at) + "  " +
        padded(std::to_string(integer_of(event, field::id)), id_width, Align::right) + "  " +
        padded(printable(text_of(event, field::kind)), kind_width, Align::left);
    if (node > 0) {
        const auto name = names.find(node);
        text += "  " + (name == names.end() ? "#" + std::to_string(node) : name->second);
    }
    const auto detail = event.find(field::detail);
    const std::string details = detail == event.end() ? std::string() : detail_text(*detail);
    if (!details.empty()) text += "  " + details;
    if (const std::string actor = text_of(event, field::actor); !actor.empty())
        text += "  by " + actor;
    return printable(text);
}

ExitStatus tell_events(const ReleaseEvents& what, Format format, Ports ports) {
    Teller teller(what, format, ports);
    auto is_over = teller.look_again();
    if (!is_over) return end_with(is_over.error(), ports);
    bool was_told = false;
    bool is_away = false;
    for (int round = 1;; ++round) {
        const auto told = teller.tell_new();
        const Failure* failure = told ? nullptr : &told.error();
        if (failure == nullptr && is_over && (!what.is_followed || *is_over)) {
            return ExitStatus::success;
        }
        if (told) was_told = true;
        if (failure == nullptr) {
            ports.time.wait(watch_interval);
            // Checked before the events are read, so that the events of the end are read after it.
            if (*told == 0 && round % rounds_between_looks != 0 && is_over) continue;
            is_over = teller.look_again();
            if (!is_over) failure = &is_over.error();
        } else {
            ports.time.wait(watch_interval);
        }
        if (failure == nullptr) {
            is_away = false;
            continue;
        }
        const bool may_go_on =
            what.is_followed && was_told && failure->status == ExitStatus::unreachable;
        if (!may_go_on) return end_with(*failure, ports);
        if (!is_away) ports.screen.err("edgeroll: " + failure->message + "; trying again\n");
        is_away = true;
    }
}

}  // namespace edgeroll::cli
