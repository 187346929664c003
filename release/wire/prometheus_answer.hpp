// The answer of Prometheus to an instant query, and what it means for a gate. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "release/gate.hpp"
#include "release/result.hpp"

namespace edgeroll::release::wire {

inline constexpr std::size_t prometheus_bytes_max = 1U << 20;
inline constexpr std::size_t samples_max = 1'000;

/// The samples of a complete answer: `status` `success`, no `warnings` (an answer with warnings may
/// be a part of the data), and a `scalar` or a `vector` of at most samples_max samples. The vector
/// may be empty. Error: what is wrong, in words that follow the URL.
[[nodiscard]] Result<std::vector<Sample>> parse_prometheus_answer(std::string_view text);

/// An HTTP answer to a question, as it was read.
struct PrometheusReply {
    int status = 0;
    std::string_view body;
    Millis took{0};
};

/// Judges it. Anything but a complete answer with status 200 is unsure. The answer's detail has the
/// query, the first 50 samples, the time taken, and whether there was data.
/// @param query as it was sent
[[nodiscard]] GateAnswer judged_reply(const PrometheusRule& rule, const std::string& query,
                                      const PrometheusReply& reply);

}  // namespace edgeroll::release::wire
