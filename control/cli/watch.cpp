#include "control/cli/watch.hpp"

#include <memory>
#include <optional>

#include "control/cli/progress.hpp"
#include "control/cli/release_changes.hpp"
#include "control/cli/render.hpp"
#include "control/cli/single_request.hpp"
#include "control/cli/text.hpp"

namespace edgeroll::cli {
namespace {

using release::wire::Json;

/// Shows the changes.
class Display {
  public:
    virtual ~Display() = default;
    virtual void show(const Json& data, const ReleaseLine& release) = 0;
    /// A message about watching itself; an empty notice ends the problem.
    virtual void notice(const std::string& text) = 0;
};

/// Redraws its lines in place.
class Picture final : public Display {
  public:
    explicit Picture(Ports ports) : ports_(ports) {}

    void show(const Json&, const ReleaseLine& release) override {
        seen_ = release;
        draw();
        if (is_finished(release)) ports_.screen.out(conclusion(release) + "\n");
    }
    void notice(const std::string& text) override {
        notice_ = text;
        draw();
    }

  private:
    void draw() {
        if (!seen_) return;
        const auto lines =
            render_progress(*seen_, ports_.time.now(), ports_.screen.size(), notice_);
        std::string text;
        if (drawn_ > 0) text += "\x1b[" + std::to_string(drawn_) + "F";
        for (const std::string& line : lines)
            text += line + "\x1b[K\n";
        text += "\x1b[J";  // rest of an earlier, longer picture
        ports_.screen.out(text);
        drawn_ = lines.size();
    }

    Ports ports_;
    std::optional<ReleaseLine> seen_;
    std::string notice_;
    std::size_t drawn_ = 0;
};

/// One line per change, with the time.
class Lines final : public Display {
  public:
    explicit Lines(Ports ports) : ports_(ports) {}

    void show(const Json&, const ReleaseLine& release) override {
        for (const std::string& line : release_changes(seen_, release, ports_.time.now()))
            print(line);
        seen_ = release;
    }
    void notice(const std::string& text) override {
        // A lasting problem is reported once, and so is its end.
        if (text.empty() == is_well_) return;
        is_well_ = text.empty();
        print(is_well_ ? "control answers again" : text);
    }

  private:
    void print(const std::string& line) {
        ports_.screen.out(to_text(ports_.time.now()) + " " + line + "\n");
    }

    Ports ports_;
    std::optional<ReleaseLine> seen_;
    bool is_well_ = true;
};

/// The API's data, one line per change; problems go to standard error.
class Objects final : public Display {
  public:
    explicit Objects(Ports ports) : ports_(ports) {}

    void show(const Json& data, const ReleaseLine&) override {
        if (data == seen_) return;
        ports_.screen.out(release::wire::dump_json(data) + "\n");
        seen_ = data;
    }
    void notice(const std::string& text) override {
        if (text.empty() == is_well_) return;
        is_well_ = text.empty();
        ports_.screen.err("edgeroll: " + (is_well_ ? "control answers again" : text) + "\n");
    }

  private:
    Ports ports_;
    Json seen_;
    bool is_well_ = true;
};

std::unique_ptr<Display> make_display(Format format, Ports ports) {
    if (format == Format::json) return std::make_unique<Objects>(ports);
    if (ports.screen.is_live()) return std::make_unique<Picture>(ports);
    return std::make_unique<Lines>(ports);
}

}  // namespace

ExitStatus watch(const ReleaseWatch& what, Format format, Ports ports) {
    const auto display = make_display(format, ports);
    const Millis patience(static_cast<Millis::rep>(what.give_up_after_sec * 1000));
    bool was_seen = false;
    std::optional<Moment> away_since;
    for (;; ports.time.wait(watch_interval)) {
        const auto seen = fetch_release(ports.http, what.id);
        if (seen) {
            if (away_since) display->notice("");
            away_since.reset();
            was_seen = true;
            display->show(seen->data, seen->release);
            if (!is_finished(seen->release)) continue;
            return seen->release.status == "success" ? ExitStatus::success
                                                     : ExitStatus::release_failed;
        }
        const Failure& failure = seen.error();
        if (failure.status != ExitStatus::unreachable || !was_seen) {
            return end_with(failure, ports);
        }
        const Moment now = ports.time.now();
        const Moment since = away_since.value_or(now);
        away_since = since;
        const Millis away = now.since_epoch - since.since_epoch;
        if (patience.count() > 0 && away >= patience) return end_with(failure, ports);
        display->notice(failure.message + "; trying again");
    }
}

}  // namespace edgeroll::cli
