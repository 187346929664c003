// The rules shipped for Prometheus need series that exist from the start: the growth of a counter
// that begins with its first event cannot be detected.
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "api_fixture.hpp"
#include "release/words.hpp"

namespace edgeroll::control::api {
namespace {

std::string text_of(const std::string& path) {
    std::ifstream file(std::string(EDGEROLL_ROOT) + "/" + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::set<std::string> found(const std::string& text, const char* pattern) {
    const std::regex expression(pattern);
    std::set<std::string> all;
    for (std::sregex_iterator i(text.begin(), text.end(), expression), end; i != end; ++i)
        all.insert((*i)[1].str());
    return all;
}

class ApiAlerts : public ApiTest {
  protected:
    std::string fresh = ask_as("", "GET", "/metrics").body;
    std::string rules = text_of("scripts/deploy/prometheus/rules.yml");
};

TEST_F(ApiAlerts, speak_of_series_that_a_fresh_process_has) {
    const auto selectors = found(rules, R"((edgeroll_[a-z_]+(\{[^}]*\})?))");
    EXPECT_GE(selectors.size(), 10U);
    for (const std::string& selector : selectors) {
        const std::size_t brace = selector.find('{');
        const std::string name = selector.substr(0, brace);
        const std::string label = brace == std::string::npos
                                      ? ""
                                      : selector.substr(brace + 1, selector.size() - brace - 2);
        bool is_there = false;
        for (std::size_t at = fresh.find("\n" + name); at != std::string::npos;
             at = fresh.find("\n" + name, at + 1)) {
            const std::string line = fresh.substr(at + 1, fresh.find('\n', at + 1) - at - 1);
            const char next = line[name.size()];
            is_there =
                is_there || ((next == '{' || next == ' ') && line.find(label) != std::string::npos);
        }
        EXPECT_TRUE(is_there) << selector << " is not in\n" << fresh;
    }
}

TEST_F(ApiAlerts, find_every_series_of_a_counter_at_its_start) {
    for (const char* line :
         {R"(edgeroll_violations_total{invariant="I1"} 0)",
          R"(edgeroll_violations_total{invariant="I10"} 0)",
          R"(edgeroll_nodes_finished_total{failure_kind="",status="success"} 0)",
          R"(edgeroll_nodes_finished_total{failure_kind="unreachable",status="failed"} 0)",
          R"(edgeroll_nodes_finished_total{failure_kind="lost",status="failed"} 0)",
          R"(edgeroll_agent_errors_total{kind="lacks_content"} 0)",
          R"(edgeroll_lease_losses_total 0)", R"(edgeroll_http_requests_total{code="503"} 0)"}) {
        EXPECT_NE(fresh.find("\n" + std::string(line) + "\n"), std::string::npos) << line;
    }
    // No event may add a new series.
    const auto series = [this] {
        return found("\n" + ask_as("", "GET", "/metrics").body, R"(\n(edgeroll_[^ ]+) )");
    };
    const std::set<std::string> before = series();
    for (int kind = 0; kind <= static_cast<int>(release::FailureKind::lost); ++kind) {
        const bool has_failed = kind != 0;
        metrics.node_finished(
            has_failed ? release::NodeStatus::failed : release::NodeStatus::success,
            static_cast<release::FailureKind>(kind), release::Millis{10});
    }
    for (const release::Heard heard : release::enum_values<release::Heard>) {
        if (heard != release::Heard::accepted) metrics.agent_error(heard);
    }
    metrics.violation({"I4", "counters"});
    metrics.lease_lost();
    metrics.database_error(release::Outcome::permanent);
    EXPECT_EQ(series(), before);
}

TEST_F(ApiAlerts, are_each_explained_in_the_run_book_and_tried) {
    const std::string run_book = text_of("docs/runbook.md");
    const std::string tests = text_of("tests/alerts/rules_test.yml");
    for (const std::string& name : found(rules, R"(alert: (\w+))")) {
        EXPECT_NE(run_book.find("| `" + name + "` |"), std::string::npos) << name;
        EXPECT_NE(tests.find("alertname: " + name + "}"), std::string::npos)
            << name << " is silent";
        EXPECT_NE(tests.find("alertname: " + name + "\n        exp_alerts"), std::string::npos)
            << name << " fires";
    }
}

}  // namespace
}  // namespace edgeroll::control::api
