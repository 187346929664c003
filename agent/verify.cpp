#include "agent/verify.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "agent/step_runner.hpp"
#include "release/node_evidence.hpp"

namespace edgeroll::agent {
namespace {

using apply::StepResult;

constexpr Millis one_try{5'000};
constexpr Millis last_try{1'000};  ///< for the last request, if a command has used up the time
constexpr Millis first_wait{100}, longest_wait{500};  ///< between two runs of a failing command
constexpr int answers_wanted = 3;

std::string stripped(const std::string& text) {
    const char* const blanks = " \t\r\n";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// State of one step. Lives in the frame of verify_version.
class Verifier {
  public:
    Verifier(UrlProber& prober, rt::Clock& clock, Verification verification)
        : prober_(prober),
          clock_(clock),
          of_(std::move(verification)),
          wanted_(std::to_string(of_.version.value)) {}

    boost::asio::awaitable<StepResult> with_url() {
        StepResult commanded;
        while (true) {
            const bool is_steady = co_await wait_until_steady();
            if (of_.is_stopping()) co_return failed_step("interrupted");
            if (!is_steady) co_return co_await not_answered(commanded);
            commanded = co_await of_.command(left());
            if (of_.is_stopping()) co_return failed_step("interrupted");
            const bool is_served = co_await ask(std::max(std::min(left(), one_try), last_try));
            // If the version is served, the command's result is about it.
            if (is_served) co_return commanded.is_ok ? proven(std::move(commanded)) : commanded;
        }
    }

    boost::asio::awaitable<StepResult> without_url() {
        const auto settled = clock_.now() + std::min(of_.pace.steady_for, left() / 4);
        co_await clock_.sleep_until(settled);
        const auto repeat_until = std::min(clock_.now() + of_.pace.repeat_for, of_.until);
        Millis wait = first_wait;
        while (true) {
            StepResult result = co_await of_.command(left());
            const auto next = clock_.now() + wait;
            if (result.is_ok || of_.is_stopping() || next >= repeat_until) co_return result;
            co_await clock_.sleep_until(next);
            if (of_.is_stopping()) co_return failed_step("interrupted");
            wait = std::min(2 * wait, longest_wait);
        }
    }

  private:
    [[nodiscard]] Millis left() const { return std::max(of_.until - clock_.now(), Millis(0)); }

    boost::asio::awaitable<bool> ask(Millis time) {
        const UrlProber::Finding finding = co_await prober_.get(of_.url, time);
        const bool is_good = finding.status == 200 && stripped(finding.body) == wanted_;
        // An attempt cut short by the deadline says less than the one before it.
        const bool is_cut_short = finding.status == 0 && left() == Millis(0);
        if (!is_good && (!is_cut_short || !last_)) last_ = finding;
        co_return is_good;
    }

    boost::asio::awaitable<bool> wait_until_steady() {
        const auto until = std::min(clock_.now() + of_.url_wait, of_.until);
        int good_answers = 0;
        release::Instant good_since{};
        // A series of good answers at the deadline may continue until it is steady.
        while ((clock_.now() < until || good_answers > 0) && !of_.is_stopping()) {
            const Millis rest = until - clock_.now();
            const bool is_good =
                co_await ask(rest > Millis(0) ? std::min(rest, one_try) : last_try);
            if (is_good && good_answers == 0) good_since = clock_.now();
            good_answers = is_good ? good_answers + 1 : 0;
            const bool is_long = clock_.now() - good_since >= of_.pace.steady_for;
            if (good_answers >= answers_wanted && is_long) co_return true;
            const auto next = clock_.now() + of_.pace.pause;
            co_await clock_.sleep_until(next);
        }
        co_return false;
    }

    StepResult proven(StepResult commanded) const {
        const std::string proof = of_.url + " answers " + wanted_;
        commanded.output += (commanded.output.empty() ? "" : "\n") + proof;
        // It answered that before as well.
        if (!of_.is_new_version) return commanded;
        commanded.evidence += (commanded.evidence.empty() ? "" : ",");
        commanded.evidence += release::looks::verify_url;
        return commanded;
    }

    boost::asio::awaitable<std::string> last_answer() const {
        if (!last_) co_return "none";
        if (last_->status == 0) co_return last_->error;
        if (last_->status != 200) co_return "status " + std::to_string(last_->status);
        std::string body = stripped(last_->body);
        // Before shortening: half of a secret would not be recognised.
        if (of_.shown) body = co_await of_.shown(std::move(body));
        co_return "'" + body.substr(0, 80) + "'";
    }

    /// @param commanded the command's last result, if it was run
    boost::asio::awaitable<StepResult> not_answered(StepResult commanded) const {
        const std::string answered = co_await last_answer();
        StepResult result =
            failed_step("AGENT_VERIFY_URL " + of_.url + " does not answer version " + wanted_ +
                        "; its last answer was " + answered);
        if (!commanded.is_ok) result.error += "; AGENT_VERIFY_CMD said: " + commanded.error;
        result.exit_code = commanded.exit_code;
        result.output = commanded.output;
        co_return result;
    }

    UrlProber& prober_;
    rt::Clock& clock_;
    Verification of_;
    std::string wanted_;
    std::optional<UrlProber::Finding> last_;  ///< the last answer other than the version
};

}  // namespace

boost::asio::awaitable<StepResult> verify_version(UrlProber& prober, rt::Clock& clock,
                                                  Verification verification) {
    const bool has_url = !verification.url.empty();
    Verifier verifier(prober, clock, std::move(verification));
    if (has_url) co_return co_await verifier.with_url();
    co_return co_await verifier.without_url();
}

}  // namespace edgeroll::agent
