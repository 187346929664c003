// What a database's error means for the caller (docs: ARCHITECTURE "Database protocol").
#pragma once

#include <exception>
#include <string>
#include <utility>

#include "release/result.hpp"

namespace edgeroll::control {

/// Inside a job a failed statement is an exception, since it must end the job and undo its
/// transaction wherever it happens. DbThreads turns it into a value at the job's border.
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

    bool is_duplicate = false;       ///< a unique key exists already
    bool is_column_there = false;    ///< ADD COLUMN or ADD KEY of what exists already (MySQL)
    bool is_deadlock = false;        ///< the whole transaction is gone and may be repeated at once
    bool is_locked = false;          ///< another session has what was to be written
    bool breaks_connection = false;  ///< the session is unusable
    bool is_before_work = false;     ///< no statement of the job had been sent yet

    void set_outcome(release::Outcome outcome) { outcome_ = outcome; }
    void set_message(std::string message) { message_ = std::move(message); }

  private:
    std::string message_;  ///< never a password, never SQL text, never what rows hold
    release::Outcome outcome_;
};

/// Thrown by a job that refuses its request; the transaction is undone, the caller gets the error.
struct Refused {
    release::Error error;
};

[[noreturn]] inline void refuse(int code, std::string message) {
    throw Refused{release::Error{std::move(message), release::Outcome::permanent, code}};
}

/// @param number server (1000-1999, 3000-) or client (2000-2999) error number; 0: the connector's
/// own complaint, after which the session's state is not known
/// @param text the server's words; told without the values in them (server_words.hpp)
[[nodiscard]] DbFailure mysql_failure(int number, const std::string& sql_state,
                                      const std::string& text = {});
/// While connecting nothing has been done, whatever went wrong. @param where host, without password
[[nodiscard]] DbFailure mysql_connect_failure(int number, const std::string& text,
                                              const std::string& where);
/// @param code result code @param extended extended result code, or the same @param text SQLite's
/// words for this very failure
[[nodiscard]] DbFailure sqlite_failure(int code, int extended, const std::string& text = {});

}  // namespace edgeroll::control
