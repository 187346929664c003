#include "release/crypto/random.hpp"

#include <openssl/rand.h>

#include <cstdlib>
#include <string_view>
#include <vector>

#include "release/text/digits.hpp"

namespace edgeroll::release {

std::string random_hex(std::size_t bytes) {
    std::vector<unsigned char> random(bytes);
    if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) std::abort();
    return hex_of(std::string_view(reinterpret_cast<const char*>(random.data()), random.size()));
}

}  // namespace edgeroll::release
