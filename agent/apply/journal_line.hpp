// The checksum of a journal line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "release/crypto/sha256.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::agent::apply {

inline constexpr std::size_t checksum_digits = 16;

/// Detects torn writes and flipped bits, not an attacker: who can write here is root.
[[nodiscard]] inline std::string checksum(std::string_view json) {
    return release::sha256_hex(json).substr(0, checksum_digits);
}

}  // namespace edgeroll::agent::apply
