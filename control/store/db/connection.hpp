// A session with a database of either kind. Used by one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "control/store/db/dialect.hpp"
#include "control/store/db/error.hpp"
#include "control/store/db/value.hpp"

namespace edgeroll::control {

/// How the connection to a server is protected.
struct Protection {
    std::string server;           ///< "db1:3306" or the socket; empty: no server (SQLite)
    std::string tls;              ///< the mode in use: off, require, verify
    std::string version, cipher;  ///< as reported by the session; empty without TLS
};

/// Every call throws DbFailure and no other exception.
class Connection {
  public:
    virtual ~Connection() = default;

    /// Returns the number of rows that the WHERE clause matched (changed or not) or that were
    /// inserted.
    virtual std::int64_t execute(const std::string& sql, const Values& values = {}) = 0;
    /// All rows of the result.
    virtual Rows query(const std::string& sql, const Values& values = {}) = 0;
    /// One statement without parameters, not prepared: for the schema and session settings.
    virtual void run(const std::string& sql) = 0;

    virtual void begin_write() = 0;
    virtual void begin_read() = 0;
    virtual void commit() = 0;
    /// Never throws; a failed rollback marks the session as broken, which undoes the work as well.
    virtual void rollback() noexcept = 0;

    [[nodiscard]] const Dialect& dialect() const { return dialect_; }
    [[nodiscard]] bool is_broken() const { return is_broken_; }
    [[nodiscard]] const Protection& protection() const { return protection_; }

  protected:
    explicit Connection(Backend backend, Protection protection = {})
        : dialect_{backend}, protection_(std::move(protection)) {}
    void mark_broken() { is_broken_ = true; }

  private:
    Dialect dialect_;
    Protection protection_;
    bool is_broken_ = false;
};

/// A transaction that is rolled back unless committed. When begin fails, nothing was done.
class Transaction {
  public:
    enum class Kind { read, write };

    Transaction(Connection& connection, Kind kind) : connection_(connection) {
        try {
            if (kind == Kind::write) {
                connection_.begin_write();
            } else {
                connection_.begin_read();
            }
        } catch (DbFailure& failure) {
            failure.set_outcome(release::Outcome::not_done);
            failure.is_before_work = true;
            throw;
        }
        is_open_ = true;
    }
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction() {
        if (is_open_) connection_.rollback();
    }

    void commit() {
        connection_.commit();
        is_open_ = false;
    }

  private:
    Connection& connection_;
    bool is_open_ = false;
};

/// "?, ?, ?"
[[nodiscard]] inline std::string placeholders(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
        text += i == 0 ? "?" : ", ?";
    return text;
}

}  // namespace edgeroll::control
