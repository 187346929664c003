#include "control/cli/option_checks.hpp"

#include <algorithm>
#include <functional>

#include "control/cli/blank_values.hpp"
#include "control/cli/text.hpp"
#include "control/cli/times.hpp"
#include "release/text/digits.hpp"

namespace edgeroll::cli {
namespace {

bool is_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Above 0, with at most `digits_max` digits.
bool is_positive(std::string_view text, std::size_t digits_max = 9) {
    return is_digits(text) && text.size() <= digits_max && text.front() != '0';
}

bool is_share(std::string_view text) {
    if (!text.ends_with('%')) return false;
    text.remove_suffix(1);
    return is_digits(text) && (text.size() <= 2 || text == "100");
}

/// "region=" results from region=$REGION with an unset variable.
bool is_pair(std::string_view text) {
    const std::size_t equals = text.find('=');
    return equals != std::string_view::npos && equals > 0 && !is_blank(text.substr(equals + 1));
}

bool is_pool_text(std::string_view text) {
    const std::size_t equals = text.find('=');
    return equals != std::string_view::npos && equals > 0 && is_positive(text.substr(equals + 1));
}

/// "1 per region"
bool is_one_per(const std::string& entry) {
    constexpr std::string_view words = "1 per ";
    return entry.starts_with(words) && entry.size() > words.size();
}

bool is_batches(const std::string& text) {
    const auto entries = split(text, ',');
    for (std::size_t at = 0; at < entries.size(); ++at) {
        const bool is_rest = entries[at] == "rest" && at + 1 == entries.size();
        const bool is_one_per_value = at == 0 && entries.size() > 1 && is_one_per(entries[at]);
        if (!is_rest && !is_one_per_value && !is_positive(entries[at]) && !is_share(entries[at]))
            return false;
    }
    return true;
}

using Test = std::function<bool(const std::string&)>;

CLI::Validator check(Test test, std::string wanted) {
    auto validator = [test = std::move(test), wanted = std::move(wanted)](std::string& text) {
        return test(text) ? std::string() : printable(text) + " is not " + wanted;
    };
    return CLI::Validator(std::move(validator), "", "");
}

}  // namespace

CLI::Validator is_id() {
    return check([](const std::string& text) { return is_positive(text, 18); },
                 "a whole number above 0");
}

CLI::Validator is_label() {
    return check(is_pair, "NAME=VALUE, e.g. region=eu");
}

CLI::Validator is_pool() {
    return check(is_pool_text, "LABEL=N, e.g. region=2");
}

CLI::Validator is_pool_or_none() {
    return check([](const std::string& text) { return text == "none" || is_pool_text(text); },
                 "LABEL=N, e.g. region=2, or none");
}

CLI::Validator is_count_or_none() {
    return check([](const std::string& text) { return text == "none" || is_positive(text); },
                 "a whole number above 0, or none");
}

CLI::Validator is_count_or_share() {
    return check(
        [](const std::string& text) { return is_share(text) || text == "0" || is_positive(text); },
        "a count or a share, e.g. 3 or 5%");
}

CLI::Validator is_batch_list() {
    return check(is_batches, "a list of batches, e.g. 1,5%,20%,rest or '1 per region,10%,rest'");
}

CLI::Validator is_moment() {
    return check([](const std::string& text) { return parse_moment(text).has_value(); },
                 "a time with a zone, e.g. 2026-01-31T02:00:00+08:00");
}

CLI::Validator is_sha256() {
    return check([](const std::string& text) { return release::is_sha256_hex(text); },
                 "64 hex digits, as edgeroll release plan prints them");
}

CLI::Validator is_digest() {
    return check([](const std::string& text) { return release::is_sha256_hex(text); },
                 "the digest of a content: 64 hex digits");
}

CLI::Validator is_goal() {
    return check(
        [](const std::string& text) {
            return text == "done" || text == "success" || text == "paused" ||
                   (text.starts_with("batch:") && is_positive(std::string_view(text).substr(6)));
        },
        "done, success, paused or batch:N");
}

CLI::Validator is_key() {
    return check(
        [](const std::string& text) {
            return !text.empty() && text.size() <= 200 &&
                   std::all_of(text.begin(), text.end(),
                               [](char c) { return c > ' ' && c < 0x7f; });
        },
        "1 to 200 visible ASCII characters");
}

CLI::Validator is_one_of(std::string_view choices) {
    auto words = split(choices, '|');
    std::string wanted;
    for (std::size_t at = 0; at < words.size(); ++at) {
        wanted += (at == 0 ? "" : at + 1 == words.size() ? " or " : ", ") + words[at];
    }
    return check(
        [words = std::move(words)](const std::string& text) {
            return std::find(words.begin(), words.end(), text) != words.end();
        },
        wanted);
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    for (;;) {
        const std::size_t end = text.find(separator);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

tl::expected<std::map<std::string, std::string>, std::string> read_pairs(
    const char* option, const std::vector<std::string>& texts) {
    std::map<std::string, std::string> pairs;
    for (const std::string& text : texts) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos || equals == 0) {
            return tl::unexpected(std::string(option) + " " + printable(text) +
                                  ": write it as NAME=VALUE, e.g. region=eu");
        }
        if (!pairs.emplace(text.substr(0, equals), text.substr(equals + 1)).second) {
            return tl::unexpected(std::string(option) + " " + printable(text) +
                                  ": the name is given twice");
        }
    }
    return pairs;
}

}  // namespace edgeroll::cli
