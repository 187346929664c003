#include "control/store/db/sqlite_connection.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <filesystem>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "control/store/db/cached_statements.hpp"

namespace edgeroll::control {
namespace {

constexpr int busy_timeout_ms = 3000;
constexpr int wal_tries = 150, wal_pause_ms = 20;

enum class Opening { to_work, to_look };

int flags_of(Opening opening) {
    return SQLite::OPEN_READWRITE | (opening == Opening::to_work ? SQLite::OPEN_CREATE : 0);
}

DbFailure translated(const SQLite::Exception& error) {
    return sqlite_failure(error.getErrorCode(), error.getExtendedErrorCode(), error.what());
}

void bind(SQLite::Statement& statement, const Values& values) {
    int position = 0;
    for (const Value& value : values) {
        ++position;
        if (const auto* number = std::get_if<std::int64_t>(&value)) {
            statement.bind(position, *number);
        } else if (const auto* text = std::get_if<std::string>(&value)) {
            // The values outlive the execution; bindings are cleared after it.
            statement.bindNoCopy(position, *text);
        } else {
            statement.bind(position);
        }
    }
}

Value read(const SQLite::Column& column) {
    if (column.isNull()) return std::monostate{};
    if (column.isInteger()) return column.getInt64();
    return column.getString();
}

/// A cached statement that is reset when its use ends, also by an exception.
class Use {
  public:
    explicit Use(SQLite::Statement& statement) : statement_(statement) {}
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use() {
        (void)statement_.tryReset();
        try {
            statement_.clearBindings();  // they point at values that are about to be destroyed
        } catch (const SQLite::Exception&) {
            // A failed reset is harmless: every use binds all values again.
        }
    }

  private:
    SQLite::Statement& statement_;
};

class SqliteConnection final : public Connection {
  public:
    SqliteConnection(const std::string& path, WriterGate gate, Opening opening)
        : Connection(Backend::sqlite),
          gate_(std::move(gate)),
          database_(path, flags_of(opening), busy_timeout_ms) {
        sqlite3_extended_result_codes(database_.getHandle(), 1);
        if (opening == Opening::to_look) {
            if (sqlite3_db_readonly(database_.getHandle(), "main") == 1) {
                throw SQLite::Exception("the file may only be read", SQLITE_READONLY);
            }
            return;
        }
        use_wal();
        database_.exec("PRAGMA synchronous=FULL");
    }

    std::int64_t execute(const std::string& sql, const Values& values) override {
        return guarded([&]() -> std::int64_t {
            SQLite::Statement& statement = prepared(sql);
            const Use use(statement);
            bind(statement, values);
            return statement.exec();
        });
    }

    Rows query(const std::string& sql, const Values& values) override {
        return guarded([&] {
            SQLite::Statement& statement = prepared(sql);
            const Use use(statement);
            bind(statement, values);
            Rows rows;
            while (statement.executeStep()) {
                Values row;
                row.reserve(static_cast<std::size_t>(statement.getColumnCount()));
                for (int i = 0; i < statement.getColumnCount(); ++i) {
                    row.push_back(read(statement.getColumn(i)));
                }
                rows.emplace_back(std::move(row));
            }
            return rows;
        });
    }

    void run(const std::string& sql) override {
        guarded([&] { database_.exec(sql); });
    }

    void begin_write() override {
        std::unique_lock<std::mutex> place(*gate_);
        run(dialect().begin_write());
        writing_ = std::move(place);
    }
    void begin_read() override { run(dialect().begin_read()); }

    void commit() override {
        run("COMMIT");
        leave();
    }

    void rollback() noexcept override {
        // An error may already have ended the transaction.
        if (sqlite3_get_autocommit(database_.getHandle()) == 0 &&
            database_.tryExec("ROLLBACK") != SQLITE_OK) {
            mark_broken();
        }
        leave();
    }

  private:
    void leave() noexcept {
        if (writing_.owns_lock()) writing_.unlock();
    }

    /// The change to WAL briefly needs the file exclusively and ignores busy_timeout.
    void use_wal() {
        for (int i = 1;; ++i) {
            try {
                const std::string mode =
                    database_.execAndGet("PRAGMA journal_mode=WAL").getString();
                if (mode == "wal") return;
                throw DbFailure(
                    "the SQLite database cannot use a write-ahead log here (journal "
                    "mode is '" +
                        mode + "'): put the file on a local disk",
                    release::Outcome::permanent);
            } catch (const SQLite::Exception& error) {
                if (error.getErrorCode() != SQLITE_BUSY || i == wal_tries) throw;
            }
            sqlite3_sleep(wal_pause_ms);
        }
    }

    SQLite::Statement& prepared(const std::string& sql) {
        if (const auto found = statements_.find(sql); found != statements_.end()) {
            return *found->second;
        }
        if (statements_.size() >= cached_statements_max) statements_.clear();
        auto made = std::make_unique<SQLite::Statement>(database_, sql);
        return *statements_.emplace(sql, std::move(made)).first->second;
    }

    template <class Work>
    auto guarded(Work work) -> decltype(work()) {
        try {
            return work();
        } catch (const SQLite::Exception& error) {
            DbFailure failure = translated(error);
            if (failure.breaks_connection) mark_broken();
            throw failure;
        }
    }

    WriterGate gate_;
    SQLite::Database database_;
    std::unordered_map<std::string, std::unique_ptr<SQLite::Statement>> statements_;
    std::unique_lock<std::mutex> writing_;
};

}  // namespace

namespace {

std::unique_ptr<Connection> connect(const std::string& path, WriterGate gate, Opening opening) {
    try {
        return std::make_unique<SqliteConnection>(path, std::move(gate), opening);
    } catch (const SQLite::Exception& error) {
        const DbFailure cause = translated(error);
        std::string hint;
        const std::filesystem::path folder = std::filesystem::path(path).parent_path();
        std::error_code ignored;
        if (!folder.empty() && !std::filesystem::is_directory(folder, ignored)) {
            hint = ": the folder '" + folder.string() + "' does not exist, make it first";
        } else if (error.getErrorCode() == SQLITE_CANTOPEN ||
                   error.getErrorCode() == SQLITE_READONLY) {
            hint = ": this user must be able to write the file and its folder";
        } else if (error.getErrorCode() == SQLITE_NOTADB) {
            hint = ": the file is something else, name another";
        }
        DbFailure failure(
            "cannot open the SQLite database '" + path + "' (" + cause.what() + ")" + hint,
            release::Outcome::not_done);
        failure.breaks_connection = true;
        failure.is_before_work = true;
        throw failure;
    }
}

}  // namespace

std::unique_ptr<Connection> connect_sqlite(const std::string& path, WriterGate gate) {
    return connect(path, std::move(gate), Opening::to_work);
}

std::unique_ptr<Connection> connect_sqlite_to_look(const std::string& path) {
    return connect(path, std::make_shared<std::mutex>(), Opening::to_look);
}

}  // namespace edgeroll::control
