// The real terminal and time.
#pragma once

#include <memory>
#include <string>

#include "control/cli/ports.hpp"

namespace edgeroll::cli {

/// Standard output and error of this process.
class PosixScreen final : public Screen {
  public:
    /// @param term the variable TERM; `dumb` and empty terminals are not redrawn
    explicit PosixScreen(const std::string& term);
    void out(std::string_view text) override;
    void err(std::string_view text) override;
    [[nodiscard]] bool is_live() const override { return is_live_; }
    [[nodiscard]] Size size() const override;
    /// Writing to standard output has failed (a full disk, say).
    [[nodiscard]] bool has_failed() const { return has_failed_; }

  private:
    bool is_live_;
    bool has_failed_ = false;
};

class PosixTime final : public Time {
  public:
    [[nodiscard]] Moment now() const override;
    void wait(Millis duration) override;
};

/// Standard input, read byte by byte: bytes after a line stay for other readers.
class PosixKeyboard final : public Keyboard {
  public:
    [[nodiscard]] bool has_person() const override;
    std::optional<std::string> read_line() override;
    std::optional<std::string> read_all(std::size_t bytes_max) override;
};

}  // namespace edgeroll::cli
