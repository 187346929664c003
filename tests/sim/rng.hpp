// The only source of randomness in a simulation. Not <random>: its distributions differ between
// libraries, and a seed must produce the same run everywhere.
#pragma once

#include <cstdint>
#include <vector>

namespace edgeroll::sim {

class Rng {
  public:
    explicit Rng(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 0x1234567ULL) {}

    /// SplitMix64.
    std::uint64_t next() {
        state_ += 0x9E3779B97F4A7C15ULL;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9ULL;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBULL;
        return mixed ^ (mixed >> 31U);
    }
    /// In [0, 1).
    double fraction() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }
    bool chance(double probability) { return probability > 0 && fraction() < probability; }
    /// In [least, most].
    std::int64_t between(std::int64_t least, std::int64_t most) {
        const auto span = static_cast<std::uint64_t>(most - least) + 1;
        return least + static_cast<std::int64_t>(next() % span);
    }
    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }
    template <class T>
    const T& pick(const std::vector<T>& values) {
        return values[below(values.size())];
    }
    /// An independent stream: more draws in one part do not shift the other parts.
    Rng fork() { return Rng(next()); }

  private:
    std::uint64_t state_;
};

}  // namespace edgeroll::sim
