// A connection that records its statements, so that statements and rows can be counted.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "control/store/db/connection.hpp"

namespace edgeroll::control::testing {

/// Records the statements of a connection.
class Overheard final : public Connection {
  public:
    explicit Overheard(Connection& inner) : Connection(inner.dialect().backend), inner_(inner) {}
    std::vector<std::pair<std::string, Values>> queries;
    std::size_t rows_returned = 0;

    std::int64_t execute(const std::string& sql, const Values& values) override {
        return inner_.execute(sql, values);
    }
    Rows query(const std::string& sql, const Values& values) override {
        queries.emplace_back(sql, values);
        Rows rows = inner_.query(sql, values);
        rows_returned += rows.size();
        return rows;
    }
    void run(const std::string& sql) override { inner_.run(sql); }
    void begin_write() override { inner_.begin_write(); }
    void begin_read() override { inner_.begin_read(); }
    void commit() override { inner_.commit(); }
    void rollback() noexcept override { inner_.rollback(); }

  private:
    Connection& inner_;
};

}  // namespace edgeroll::control::testing
