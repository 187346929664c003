// What the command line needs from the world, so that every command can be tested without it.
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
    std::map<std::string, std::string> headers;  ///< further ones, e.g. Idempotency-Key
};

/// The control service at the end of a URL. Blocking.
class Http {
  public:
    virtual ~Http() = default;
    /// Error: no answer, and why in a few words ("127.0.0.1:8080: connection refused").
    virtual release::Result<tls::Response> send(const ApiRequest& request) = 0;
};

/// Standard output and standard error.
class Screen {
  public:
    virtual ~Screen() = default;
    virtual void out(std::string_view text) = 0;  ///< flushed when it returns
    virtual void err(std::string_view text) = 0;
    /// Whether somebody looks at a terminal that can redraw lines.
    [[nodiscard]] virtual bool is_live() const = 0;
    /// Size of that terminal now; 80 by 24 when it has none.
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

/// Standard input, and whether a person sits at it. Blocking.
class Keyboard {
  public:
    virtual ~Keyboard() = default;
    /// Somebody can be asked: standard input is a terminal, and standard error, where questions
    /// go, is one too.
    [[nodiscard]] virtual bool has_person() const = 0;
    /// Without its newline; nothing at the end of the input.
    virtual std::optional<std::string> read_line() = 0;
    /// Everything up to the end, at most `bytes_max` bytes; nothing when there is more.
    virtual std::optional<std::string> read_all(std::size_t bytes_max) = 0;
};

struct Ports {
    Http& http;
    Screen& screen;
    Time& time;
    Keyboard& keyboard;
};

}  // namespace edgeroll::cli
