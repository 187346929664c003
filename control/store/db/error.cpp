#include "control/store/db/error.hpp"

#include <sqlite3.h>

#include "control/store/db/server_words.hpp"

namespace edgeroll::control {
namespace {

using release::Outcome;

/// Server errors after which the session is unusable: it was killed, or the server cannot serve.
bool ends_session(int number) {
    switch (number) {
        case 1047:  // Galera: not connected to the cluster's primary component
        case 1053:  // server shutdown in progress
        case 1152:
        case 1158:
        case 1159:
        case 1160:
        case 1161:  // aborted connection, network errors and timeouts
        case 1180:  // error during COMMIT
        case 1184:
        case 1243:  // the prepared statement is unknown
        case 1290:
        case 1792:
        case 1836:  // read-only server
        case 1615:  // the statement must be prepared again
        case 1927:  // connection was killed
        case 4031:  // disconnected for inactivity
            return true;
        default:
            return number == 0 || (number >= 2000 && number < 3000);
    }
}

Outcome outcome_of(int number) {
    switch (number) {
        case 1020:  // record has changed since last read
        case 1040:
        case 1047:
        case 1203:
        case 1205:  // lock wait timeout: we roll back the transaction
        case 1213:  // deadlock or Galera conflict: the server has rolled back the transaction
        case 1243:
        case 1290:
        case 1615:
        case 1792:
        case 1836:
        case 2002:
        case 2003:
        case 2005:
        case 4031:
            return Outcome::not_done;
        case 1053:
        case 1152:
        case 1158:
        case 1159:
        case 1160:
        case 1161:
        case 1180:
        case 1184:
        case 1317:  // query interrupted
        case 1927:
        case 1969:  // statement timeouts
        case 3024:
            return Outcome::unknown;
        default:
            return number == 0 || (number >= 2000 && number < 3000) ? Outcome::unknown
                                                                    : Outcome::permanent;
    }
}

}  // namespace

DbFailure mysql_failure(int number, const std::string& sql_state, const std::string& text) {
    std::string message = "database error " + std::to_string(number);
    if (!sql_state.empty()) message += " (" + sql_state + ")";
    if (const std::string words = server_words(number, text); !words.empty()) {
        message += ": " + words;
    }
    DbFailure failure(message, outcome_of(number));
    if (number == 1205) {
        failure.is_locked = true;
        failure.set_message("a row is locked by another session (" + message + ")");
    }
    failure.is_duplicate = number == 1062;
    failure.is_column_there = number == 1060 || number == 1061;
    failure.is_deadlock = number == 1213 || number == 1020;
    failure.breaks_connection = ends_session(number);
    return failure;
}

DbFailure mysql_connect_failure(int number, const std::string& text, const std::string& where) {
    const std::string known = number == 0 ? "" : " (error " + std::to_string(number) + ")";
    DbFailure failure("cannot use the database at " + where + ": " + text + known,
                      Outcome::not_done);
    failure.breaks_connection = true;
    failure.is_before_work = true;
    return failure;
}

DbFailure sqlite_failure(int code, int extended, const std::string& text) {
    const int base = code & 0xff;
    const std::string kind = sqlite3_errstr(extended != 0 ? extended : code);
    std::string message = "database error: " + kind;
    // SQLite's message for a duplicate names columns only; a trigger may produce any text.
    if (const std::string words = server_words(0, text); !words.empty() && words != kind) {
        message += ": " + words;
    }
    Outcome outcome = Outcome::permanent;
    switch (base) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            message = "another process keeps the SQLite database busy";
            outcome = Outcome::not_done;
            break;
        case SQLITE_FULL:
        case SQLITE_NOMEM:
        case SQLITE_INTERRUPT:
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PROTOCOL:
            outcome = Outcome::not_done;
            break;
        case SQLITE_IOERR:
            outcome = Outcome::unknown;
            break;
        default:
            break;
    }
    DbFailure failure(message, outcome);
    failure.is_duplicate =
        extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY;
    failure.is_locked = base == SQLITE_BUSY || base == SQLITE_LOCKED;
    failure.breaks_connection =
        outcome != Outcome::permanent && base != SQLITE_BUSY && base != SQLITE_LOCKED;
    return failure;
}

}  // namespace edgeroll::control
