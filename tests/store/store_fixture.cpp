#include "tests/store/store_fixture.hpp"

#include <stdexcept>

#include "control/store/db/mysql_connection.hpp"
#include "control/store/db/sqlite_connection.hpp"
#include "control/store/db/url.hpp"

namespace edgeroll::control::testing {

std::unique_ptr<Connection> connect(const std::string& url) {
    const auto parsed = parse_database_url(url);
    if (!parsed) throw std::runtime_error(parsed.error().message);
    if (parsed->backend == Backend::sqlite) {
        return connect_sqlite(parsed->path, std::make_shared<std::mutex>());
    }
    load_mysql_driver();
    return connect_mysql(*parsed);
}

std::string backend_name(const ::testing::TestParamInfo<Backend>& info) {
    return info.param == Backend::mysql ? "mariadb" : "sqlite";
}

namespace {

std::string make_mysql_database(const std::string& name) {
    PrivateServer& server = PrivateServer::get();
    connect(server.url("edgeroll"))->run("CREATE DATABASE " + name);
    return server.url(name);
}

/// Statements that make the tables of a migrated database, with their first rows, in another one.
/// They take a tenth of the time of the migrations, which are many ALTER TABLE.
std::vector<std::string> table_statements(const std::string& from) {
    const std::string url = make_mysql_database(from);
    const Process migrated{url, "migrations"};
    const auto hand = connect(url);
    std::vector<std::string> statements;
    for (const Row& table : hand->query(
             "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()",
             {})) {
        const std::string name = table.text(0);
        statements.push_back(hand->query("SHOW CREATE TABLE " + name, {}).at(0).text(1));
        if (hand->query("SELECT COUNT(*) FROM " + name, {}).at(0).integer(0) == 0) continue;
        statements.push_back("INSERT INTO " + name + " SELECT * FROM " + from + "." + name);
    }
    return statements;
}

}  // namespace

std::string make_database(Backend backend, const std::string& folder) {
    if (backend == Backend::sqlite) return "sqlite:" + folder + "/edgeroll.db";
    static int count = 0;
    return make_mysql_database("test_" + std::to_string(++count));
}

std::string make_migrated_database(Backend backend, const std::string& folder) {
    std::string url = make_database(backend, folder);
    if (backend == Backend::sqlite) return url;
    static const std::vector<std::string> statements = table_statements("migrated");
    const auto hand = connect(url);
    for (const std::string& statement : statements)
        hand->run(statement);
    return url;
}

namespace {

StoreOptions options_of(const std::string& url, const std::string& owner, release::Millis lease,
                        int threads) {
    StoreOptions options;
    options.url = url;
    options.owner = owner;
    options.lease = lease;
    options.threads = threads;
    return options;
}

}  // namespace

Process::Process(const std::string& url, const std::string& owner, release::Millis lease,
                 int threads)
    : Process(options_of(url, owner, lease, threads)) {}

Process::Process(StoreOptions options) {
    options.migrates = true;
    auto opened = open_database(clock_, std::move(options));
    if (!opened) throw std::runtime_error(opened.error().message);
    database_ = std::move(*opened);
}

std::vector<std::int64_t> Process::claimable(int limit) {
    std::vector<std::int64_t> ids;
    for (const Candidate& candidate : get(store().claimable(limit, limit)))
        ids.push_back(candidate.release.value);
    return ids;
}

StoreTest::StoreTest()
    : url_(make_migrated_database(GetParam(), folder_.path())),
      control_(std::make_unique<Process>(url_, "control-1")) {}

Connection& StoreTest::hand() {
    if (!hand_ || hand_->is_broken()) hand_ = connect(url_);
    return *hand_;
}

std::int64_t StoreTest::sql(const std::string& statement, const Values& values) {
    return hand().execute(statement, values);
}

Rows StoreTest::rows(const std::string& query, const Values& values) {
    return hand().query(query, values);
}

std::string StoreTest::text(const std::string& query, const Values& values) {
    const Rows found = rows(query, values);
    return found.empty() ? "(no row)" : found[0].is_null(0) ? "NULL" : found[0].text(0);
}

std::int64_t StoreTest::number(const std::string& query, const Values& values) {
    return rows(query, values).at(0).integer_or(0, -1);
}

std::int64_t StoreTest::add_node(const std::string& name, const std::string& ip) {
    sql("INSERT INTO nodes (name, main_ip) VALUES (?, ?)", {name, ip});
    return number("SELECT id FROM nodes WHERE name = ?", {name});
}

ReleaseId StoreTest::add_release(std::int64_t version, int total_nodes) {
    sql("INSERT INTO release_tasks (type, target, version, status, total_nodes) "
        "VALUES ('apply_config', 'cdn', ?, 'pending', ?)",
        {version, std::int64_t{total_nodes}});
    return ReleaseId{number("SELECT id FROM release_tasks WHERE version = ?", {version})};
}

void StoreTest::add_row(ReleaseId id, std::int64_t node, int batch) {
    sql("INSERT INTO release_task_nodes (release_task_id, node_id, batch, status) "
        "VALUES (?, ?, ?, 'pending')",
        {id.value, node, std::int64_t{batch}});
}

ReleaseId StoreTest::add_whole_release(std::int64_t version, const std::vector<int>& batch_sizes) {
    int total = 0;
    for (const int size : batch_sizes)
        total += size;
    Transaction transaction(hand(), Transaction::Kind::write);
    while (static_cast<int>(node_ids_.size()) < total) {
        const std::string number_text = std::to_string(node_ids_.size() + 1);
        node_ids_.push_back(add_node("n" + number_text, "10.0.0." + number_text));
    }
    const ReleaseId id = add_release(version, total);
    std::size_t next = 0;
    int batch = 0;
    for (const int size : batch_sizes) {
        ++batch;
        for (int i = 0; i < size; ++i)
            add_row(id, node_ids_[next++], batch);
    }
    transaction.commit();
    return id;
}

void StoreTest::expect_counters(ReleaseId id) {
    const Rows found = rows(
        "SELECT success_nodes, failed_nodes, (SELECT COUNT(*) FROM release_task_nodes n WHERE "
        "n.release_task_id = t.id AND n.status = 'success'), (SELECT COUNT(*) FROM "
        "release_task_nodes n WHERE n.release_task_id = t.id AND n.status = 'failed') "
        "FROM release_tasks t WHERE id = ?",
        {id.value});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].integer(0), found[0].integer(2)) << "success_nodes";
    EXPECT_EQ(found[0].integer(1), found[0].integer(3)) << "failed_nodes";
}

std::vector<std::string> StoreTest::history(ReleaseId id) {
    std::vector<std::string> kinds;
    for (const Row& row : rows(
             "SELECT kind FROM release_events WHERE release_task_id = ? ORDER BY id", {id.value})) {
        kinds.push_back(row.text(0));
    }
    return kinds;
}

}  // namespace edgeroll::control::testing
