#include "agent/prove.hpp"

#include <algorithm>

#include "agent/step_runner.hpp"

namespace edgeroll::agent {
namespace {

constexpr Millis pause{50};
constexpr Millis one_try{5'000};
constexpr int answers_wanted = 2;

std::string trimmed(const std::string& text) {
    const char* const blanks = " \t\r\n";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string describe(const UrlProber::Finding& finding) {
    if (finding.status == 0) return finding.error;
    if (finding.status != 200) return "status " + std::to_string(finding.status);
    return "'" + trimmed(finding.body).substr(0, 80) + "'";
}

}  // namespace

boost::asio::awaitable<apply::StepResult> prove_version(UrlProber& prober, tls::rt::Clock& clock,
                                                        Proof proof) {
    const std::string wanted = std::to_string(proof.version.value);
    std::string last;
    int good_answers = 0;
    while (clock.now() < proof.until && !proof.is_stopping()) {
        const auto left = std::min(one_try, proof.until - clock.now());
        const UrlProber::Finding finding = co_await prober.get(proof.url, left);
        const bool is_good = finding.status == 200 && trimmed(finding.body) == wanted;
        good_answers = is_good ? good_answers + 1 : 0;
        if (good_answers == answers_wanted) {
            apply::StepResult result;
            result.output = proof.url + " answers " + wanted;
            co_return result;
        }
        // A try that the end cut short says less than the one before it.
        const bool is_cut_short = finding.status == 0 && clock.now() >= proof.until;
        if (!is_cut_short || last.empty()) last = describe(finding);
        const auto next = std::min(clock.now() + pause, proof.until);
        co_await clock.sleep_until(next);
    }
    if (proof.is_stopping()) co_return failed_step("interrupted");
    co_return failed_step("AGENT_VERIFY_URL " + proof.url + " does not answer version " + wanted +
                          "; its last answer was " + (last.empty() ? "none" : last));
}

}  // namespace edgeroll::agent
