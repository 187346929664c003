// What a database error means for the caller (docs: ARCHITECTURE "Database protocol").
#pragma once

#include <exception>
#include <string>
#include <utility>

#include "release/result.hpp"

namespace edgeroll::control {

/// Inside a job a failed statement throws, since it must end the job and undo its transaction at
/// any point. DbThreads turns the exception into a value at the job's boundary.
class DbFailure : public std::exception {
  public:
    DbFailure(std::string message, release::Outcome outcome)
        : message_(std::move(message)), outcome_(outcome) {}

    [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
    [[nodiscard]] release::Outcome outcome() const { return outcome_; }
    [[nodiscard]] release::Error to_error() const {
        const int code = is_locked ? release::code::busy : release::code::database;
        return release::Error{message_, outcome_, code};
    }

    bool is_duplicate = false;       ///< a row with this unique key exists
    bool is_column_there = false;    ///< ADD COLUMN or ADD KEY of an existing one (MySQL)
    bool is_deadlock = false;        ///< the server rolled back; may be repeated at once
    bool is_locked = false;          ///< another session holds the lock
    bool breaks_connection = false;  ///< the session is unusable
    bool is_before_work = false;     ///< no statement of the job was sent

    void set_outcome(release::Outcome outcome) { outcome_ = outcome; }
    void set_message(std::string message) { message_ = std::move(message); }

  private:
    std::string message_;  ///< never a password, SQL text or values of rows
    release::Outcome outcome_;
};

/// Thrown by a job that refuses its request; the transaction is rolled back and the caller gets the
/// error.
struct Refused {
    release::Error error;
};

[[noreturn]] inline void refuse(int code, std::string message) {
    throw Refused{release::Error{std::move(message), release::Outcome::permanent, code}};
}

/// @param number server (1000-1999, 3000-) or client (2000-2999) error number; 0: an error of the
/// connector itself, which leaves the session in an unknown state
/// @param text the server's message; its values are removed (server_words.hpp)
[[nodiscard]] DbFailure mysql_failure(int number, const std::string& sql_state,
                                      const std::string& text = {});
/// While connecting nothing has been done, whatever the error is.
/// @param where host, without password
[[nodiscard]] DbFailure mysql_connect_failure(int number, const std::string& text,
                                              const std::string& where);
/// @param code result code
/// @param extended extended result code, or the same
/// @param text SQLite's message for this failure
[[nodiscard]] DbFailure sqlite_failure(int code, int extended, const std::string& text = {});

}  // namespace edgeroll::control
