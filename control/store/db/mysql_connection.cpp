#include "control/store/db/mysql_connection.hpp"

#include <cppconn/connection.h>
#include <cppconn/datatype.h>
#include <cppconn/driver.h>
#include <cppconn/exception.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>
#include <cppconn/statement.h>

#include <atomic>
#include <unordered_map>
#include <utility>
#include <vector>

#include "control/store/db/cached_statements.hpp"
#include "control/store/db/mysql_login.hpp"

namespace edgeroll::control {
namespace {

constexpr int connect_timeout_sec = 2, write_timeout_sec = 7;

std::atomic<sql::Driver*> loaded_driver{nullptr};

std::string number_text(std::int64_t number) {
    return std::to_string(number);
}

bool is_integer(int type) {
    switch (type) {
        case sql::DataType::BIT:
        case sql::DataType::TINYINT:
        case sql::DataType::SMALLINT:
        case sql::DataType::MEDIUMINT:
        case sql::DataType::INTEGER:
        case sql::DataType::BIGINT:
            return true;
        default:
            return false;
    }
}

class MysqlConnection final : public Connection {
  public:
    MysqlConnection(std::unique_ptr<sql::Connection> session, Protection protection)
        : Connection(Backend::mysql, std::move(protection)), session_(std::move(session)) {}

    std::int64_t execute(const std::string& sql, const Values& values) override {
        return guarded([&]() -> std::int64_t {
            Texts texts;
            return prepared(sql, values, texts).executeUpdate();
        });
    }

    Rows query(const std::string& sql, const Values& values) override {
        return guarded([&] {
            Texts texts;
            const std::unique_ptr<sql::ResultSet> found(
                prepared(sql, values, texts).executeQuery());
            sql::ResultSetMetaData* shape = found->getMetaData();
            const unsigned columns = shape->getColumnCount();
            std::vector<bool> integers;
            for (unsigned i = 1; i <= columns; ++i) {
                integers.push_back(is_integer(shape->getColumnType(i)));
            }
            Rows rows;
            rows.reserve(found->rowsCount());
            while (found->next()) {
                Values row;
                row.reserve(columns);
                for (unsigned i = 1; i <= columns; ++i)
                    row.push_back(read(*found, i, integers[i - 1]));
                rows.emplace_back(std::move(row));
            }
            return rows;
        });
    }

    void run(const std::string& sql) override {
        guarded([&] {
            const std::unique_ptr<sql::Statement> statement(session_->createStatement());
            statement->execute(sql);
        });
    }

    void begin_write() override { run(dialect().begin_write()); }
    void begin_read() override {
        // Applies to the next transaction only; at READ COMMITTED each read would have its own
        // snapshot.
        run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
        run(dialect().begin_read());
    }
    // Sent as statements: the connector's commit() and rollback() hide the server's errors.
    void commit() override { run("COMMIT"); }
    void rollback() noexcept override {
        if (is_broken()) return;
        try {
            run("ROLLBACK");
        } catch (const std::exception&) {
            mark_broken();
        }
    }

  private:
    /// Long texts are sent without a copy, so they must live until the statement has run.
    using Texts = std::vector<sql::SQLString>;

    static Value read(sql::ResultSet& found, unsigned column, bool is_number) {
        if (found.isNull(column)) return std::monostate{};
        if (is_number) return std::int64_t{found.getInt64(column)};
        const sql::SQLString text = found.getString(column);
        return std::string(text.c_str(), text.length());
    }

    sql::PreparedStatement& prepared(const std::string& sql, const Values& values, Texts& texts) {
        auto found = statements_.find(sql);
        if (found == statements_.end()) {
            if (statements_.size() >= cached_statements_max) statements_.clear();
            std::unique_ptr<sql::PreparedStatement> made(
                session_->prepareStatement(sql::SQLString(sql.data(), sql.size())));
            found = statements_.emplace(sql, std::move(made)).first;
        }
        sql::PreparedStatement& statement = *found->second;
        texts.reserve(values.size());
        unsigned position = 0;
        for (const Value& value : values) {
            ++position;
            if (const auto* number = std::get_if<std::int64_t>(&value)) {
                statement.setInt64(position, *number);
            } else if (const auto* text = std::get_if<std::string>(&value)) {
                texts.emplace_back(text->data(), text->size());
                statement.setString(position, texts.back());
            } else {
                statement.setNull(position, sql::DataType::VARCHAR);
            }
        }
        return statement;
    }

    template <class Work>
    auto guarded(Work work) -> decltype(work()) {
        try {
            return work();
        } catch (const sql::SQLException& error) {
            DbFailure failure =
                mysql_failure(error.getErrorCode(), error.getSQLState(), error.what());
            if (failure.breaks_connection) mark_broken();
            throw failure;
        }
    }

    // Declared before its statements, which are destroyed first.
    std::unique_ptr<sql::Connection> session_;
    std::unordered_map<std::string, std::unique_ptr<sql::PreparedStatement>> statements_;
};

std::unique_ptr<sql::Connection> open_session(const DatabaseUrl& url, const LoginTarget& target,
                                              SessionUse use) {
    sql::ConnectOptionsMap options;
    options["hostName"] = sql::SQLString(target.address);
    options["userName"] = sql::SQLString(url.user);
    options["password"] = sql::SQLString(url.password);
    options["schema"] = sql::SQLString(url.database);
    options["OPT_CHARSET_NAME"] = sql::SQLString("utf8mb4");
    options["OPT_CONNECT_TIMEOUT"] = connect_timeout_sec;
    options["OPT_READ_TIMEOUT"] = read_timeout_sec(use);
    options["OPT_WRITE_TIMEOUT"] = write_timeout_sec;
    options["OPT_RECONNECT"] = false;
    options["CLIENT_MULTI_STATEMENTS"] = false;
    // Counts matched rows like SQLite, not changed rows.
    options["CLIENT_FOUND_ROWS"] = true;
    // The connector queries a variable while it connects, which may exceed the server's row limit.
    options["preInit"] = sql::SQLString(row_limits_off);
    const LoginLimits limits(target, url.tls);
    limits.add_to(options);
    return std::unique_ptr<sql::Connection>(loaded_driver.load()->connect(options));
}

std::vector<LoginTarget> targets(const DatabaseUrl& url) {
    if (!url.socket.empty()) {
        return {LoginTarget{"unix://" + url.socket, url.socket, TlsMode::off, true}};
    }
    std::vector<LoginTarget> all;
    for (const DatabaseHost& host : url.hosts) {
        const bool is_v6 = host.name.find(':') != std::string::npos;
        const std::string shown =
            (is_v6 ? "[" + host.name + "]" : host.name) + ":" + number_text(host.port);
        all.push_back(LoginTarget{"tcp://" + shown, shown, tls_mode(url, host.name), false});
    }
    return all;
}

}  // namespace

MysqlThread::~MysqlThread() {
    if (sql::Driver* driver = loaded_driver.load()) driver->threadEnd();
}

void load_mysql_driver() {
    if (loaded_driver.load() == nullptr) loaded_driver.store(get_driver_instance());
}

std::unique_ptr<Connection> connect_mysql(const DatabaseUrl& url, SessionUse use) {
    std::string tried;
    int last_number = 0;
    std::string where;
    loaded_driver.load()->threadInit();
    for (const LoginTarget& target : targets(url)) {
        try {
            auto session = open_session(url, target, use);
            Protection protection = protection_of(*session, target);
            set_up_session(*session, use);
            return std::make_unique<MysqlConnection>(std::move(session), std::move(protection));
        } catch (const sql::SQLException& error) {
            last_number = error.getErrorCode();
            if (!where.empty()) where += ", ";
            where += target.shown;
            if (!tried.empty()) tried += "; ";
            const std::string why = login_trouble(last_number, error.what(), target, url.tls);
            const bool is_named = url.hosts.size() < 2 || why.rfind(target.shown, 0) == 0;
            tried += is_named ? why : target.shown + ": " + why;
        }
    }
    throw mysql_connect_failure(last_number, tried, where);
}

}  // namespace edgeroll::control
