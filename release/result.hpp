// Expected failures are values. tl::expected is std::expected (C++23) under another name.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace edgeroll::release {

/// What a caller may do after a failure.
enum class Outcome {
    not_done,   ///< nothing happened: a retry is safe
    unknown,    ///< it may have happened: only another reading can tell
    permanent,  ///< a retry cannot help
};

/// The codes of docs/contract.md section 7, for answers of the API and of agents.
namespace code {
inline constexpr int ok = 0;
inline constexpr int no_token = 1001, bad_token = 1002, expired_token = 1003, forbidden = 1004;
inline constexpr int missing_parameter = 2001, invalid = 2002;
inline constexpr int not_found = 3001, exists = 3002, wrong_state = 3003;
inline constexpr int internal = 5001, database = 5002, busy = 5003;
}  // namespace code

struct Error {
    std::string message;  ///< for the operator; never a secret, never SQL text
    Outcome outcome = Outcome::permanent;
    int code = code::internal;  ///< one of namespace code
};

template <class T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(std::string message,
                                                Outcome outcome = Outcome::permanent,
                                                int error_code = code::internal) {
    return tl::unexpected<Error>(Error{std::move(message), outcome, error_code});
}

}  // namespace edgeroll::release
