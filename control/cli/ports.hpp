// The command line's ports, so that every command can be tested with fakes.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "control/cli/times.hpp"
#include "release/result.hpp"
#include "tls/http_types.hpp"

namespace edgeroll::cli {

struct ApiRequest {
    std::string method = "GET";
    std::string path;                            ///< "/api/v1/releases?page=1", encoded
    std::string body;                            ///< JSON; empty: none
    std::map<std::string, std::string> headers;  ///< additional ones, e.g. Idempotency-Key
};

/// The control service behind a URL. Blocking.
class Http {
  public:
    virtual ~Http() = default;
    /// Error: no answer, with a short reason ("127.0.0.1:8080: connection refused").
    virtual release::Result<tls::Response> send(const ApiRequest& request) = 0;
};

/// Standard output and standard error.
class Screen {
  public:
    virtual ~Screen() = default;
    virtual void out(std::string_view text) = 0;  ///< flushed on return
    virtual void err(std::string_view text) = 0;
    /// Whether the output is a terminal that can redraw lines.
    [[nodiscard]] virtual bool is_live() const = 0;
    /// The terminal's current size; 80 by 24 if unknown.
    struct Size {
        std::size_t columns = 80, rows = 24;
    };
    [[nodiscard]] virtual Size size() const = 0;
};

class Time {
  public:
    virtual ~Time() = default;
    [[nodiscard]] virtual Moment now() const = 0;
    virtual void wait(Millis duration) = 0;
};

/// Standard input, and whether it is interactive. Blocking.
class Keyboard {
  public:
    virtual ~Keyboard() = default;
    /// Whether a question can be asked: standard input is a terminal, and so is standard error,
    /// where questions go.
    [[nodiscard]] virtual bool has_person() const = 0;
    /// Without its newline; nothing at the end of the input.
    virtual std::optional<std::string> read_line() = 0;
    /// Everything up to the end; nothing if it is more than `bytes_max` bytes.
    virtual std::optional<std::string> read_all(std::size_t bytes_max) = 0;
};

struct Ports {
    Http& http;
    Screen& screen;
    Time& time;
    Keyboard& keyboard;
};

}  // namespace edgeroll::cli
