#include <gtest/gtest.h>

#include <random>

#include "release/text/utf8.hpp"
#include "release/wire/agent_messages.hpp"
#include "release/wire/json_util.hpp"
#include "release/wire/payload.hpp"
#include "release/words.hpp"

namespace edgeroll::release::wire {
namespace {

Dispatch full_dispatch() {
    Dispatch dispatch;
    dispatch.task_id = "apply_config_10.0.0.7_42";
    dispatch.version = Version{42};
    dispatch.payload = R"({"files":[{"content":"x","path":"a"}]})";
    dispatch.sha256 = std::string(64, 'a');
    dispatch.content_sha256 = std::string(64, 'd');
    dispatch.timeout = Millis(1'500);
    dispatch.epoch = Epoch{3};
    dispatch.order_id = "order-a";
    dispatch.node_name = "edge-1";
    dispatch.node_ip = "10.0.0.7";
    dispatch.labels = {{"project", "p"}, {"region", "eu"}};
    dispatch.is_forced = true;
    dispatch.banned = {std::string(64, 'b'), std::string(64, 'c')};
    return dispatch;
}

TEST(WireDispatch, round_trips) {
    const Dispatch sent = full_dispatch();
    const auto read = read_dispatch(write_dispatch(sent));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->task_id, sent.task_id);
    EXPECT_EQ(read->type, TaskType::apply_config);
    EXPECT_EQ(read->version, sent.version);
    EXPECT_EQ(read->payload, sent.payload);
    EXPECT_EQ(read->sha256, sent.sha256);
    EXPECT_EQ(read->content_sha256, sent.content_sha256);
    EXPECT_EQ(read->timeout, sent.timeout);
    EXPECT_EQ(read->epoch, sent.epoch);
    EXPECT_EQ(read->order_id, "order-a");
    EXPECT_EQ(read->node_name, sent.node_name);
    EXPECT_EQ(read->node_ip, sent.node_ip);
    EXPECT_EQ(read->labels, sent.labels);
    EXPECT_EQ(read->is_forced, true);
    EXPECT_EQ(read->banned, sent.banned);
    EXPECT_FALSE(read->is_by_reference);
}

TEST(WireDispatch, refers_to_a_content_by_its_digest) {
    Dispatch sent = full_dispatch();
    sent.is_by_reference = true;
    const std::string body = write_dispatch(sent);
    EXPECT_EQ(body.find("payload"), std::string::npos);
    const auto read = read_dispatch(body);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(read->is_by_reference);
    EXPECT_EQ(read->payload, "");
    EXPECT_EQ(read->sha256, sent.sha256);
    sent.sha256.clear();
    EXPECT_EQ(read_dispatch(write_dispatch(sent)).error().message, "field 'payload' is missing");
    sent = full_dispatch();
    sent.is_by_reference = true;
    sent.type = TaskType::run_job;
    EXPECT_FALSE(read_dispatch(write_dispatch(sent)));
}

TEST(WireDispatch, tells_an_empty_list_of_bans_from_none) {
    Dispatch sent = full_dispatch();
    sent.banned = std::vector<std::string>();
    EXPECT_EQ(read_dispatch(write_dispatch(sent))->banned, sent.banned);
    sent.banned.reset();
    EXPECT_EQ(read_dispatch(write_dispatch(sent))->banned, std::nullopt);
    sent.banned = {std::string(64, 'A')};
    EXPECT_EQ(read_dispatch(write_dispatch(sent))->banned->front(), std::string(64, 'a'));
}

TEST(WireDispatch, knows_every_type) {
    for (const TaskType type : enum_values<TaskType>) {
        Dispatch sent = full_dispatch();
        sent.type = type;
        const auto read = read_dispatch(write_dispatch(sent));
        ASSERT_TRUE(read) << to_text(type);
        EXPECT_EQ(read->type, type);
    }
}

TEST(WireDispatch, leaves_out_what_is_empty) {
    Dispatch dispatch;
    dispatch.task_id = "t";
    dispatch.version = Version{1};
    dispatch.payload = "{}";
    EXPECT_EQ(write_dispatch(dispatch),
              R"({"taskId":"t","type":"apply_config","version":1,"payload":{}})");
    dispatch.timeout = Millis(600'000);
    EXPECT_NE(write_dispatch(dispatch).find(R"("timeoutSec":600,)"), std::string::npos);
}

TEST(WireDispatch, takes_unknown_keys_from_a_newer_control) {
    EXPECT_TRUE(read_dispatch(
        R"({"taskId":"t","type":"apply_config","version":1,"payload":{},"colour":"blue"})"));
}

TEST(WireDispatch, refuses_what_is_malformed) {
    const Json good = Json::parse(write_dispatch(full_dispatch()));
    const auto error_with = [&](const char* key, const Json& value) {
        Json body = good;
        body[key] = value;
        const auto read = read_dispatch(body.dump());
        if (!read) {
            EXPECT_EQ(read.error().code, code::invalid);
        }
        return read ? std::string("accepted") : read.error().message;
    };
    EXPECT_EQ(error_with("taskId", 7), "field 'taskId' must be a string");
    EXPECT_NE(error_with("taskId", ""), "accepted");
    EXPECT_NE(error_with("taskId", std::string(201, 'x')), "accepted");
    EXPECT_NE(error_with("taskId", "a\nb"), "accepted");
    EXPECT_EQ(error_with("type", "reboot"),
              "field 'type' must be apply_config, reload, purge_cache or run_job: "
              "'reboot' is not supported");
    EXPECT_EQ(error_with("version", 0), "field 'version' must be above 0");
    EXPECT_NE(error_with("version", "42"), "accepted");
    EXPECT_NE(error_with("version", 1.5), "accepted");
    EXPECT_EQ(error_with("payload", "text"), "field 'payload' must be an object");
    EXPECT_EQ(error_with("payload", nullptr), "field 'payload' must be an object");
    EXPECT_NE(error_with("sha256", "abc"), "accepted");
    EXPECT_NE(error_with("timeoutSec", 0), "accepted");
    EXPECT_NE(error_with("timeoutSec", -1), "accepted");
    EXPECT_NE(error_with("timeoutSec", 1e18), "accepted");
    EXPECT_NE(error_with("timeoutSec", "60"), "accepted");
    EXPECT_NE(error_with("epoch", -1), "accepted");
    EXPECT_NE(error_with("labels", Json::array()), "accepted");
    EXPECT_NE(error_with("labels", Json{{"a", 1}}), "accepted");
    EXPECT_NE(error_with("labels", Json{{"a", "x\ny"}}), "accepted");
    EXPECT_NE(error_with("node", "x"), "accepted");
    EXPECT_NE(error_with("force", 1), "accepted");
    EXPECT_NE(error_with("banned", "x"), "accepted");
    EXPECT_NE(error_with("banned", Json{"x"}), "accepted");
    EXPECT_NE(error_with("banned", Json{7}), "accepted");
    EXPECT_EQ(error_with("banned", Json(100, std::string(64, 'a'))), "accepted");
    EXPECT_NE(error_with("banned", Json(101, std::string(64, 'a'))), "accepted");
    for (const char* key : {"taskId", "type", "version"}) {
        Json body = good;
        body.erase(key);
        EXPECT_FALSE(read_dispatch(body.dump())) << key;
    }
    EXPECT_FALSE(read_dispatch("[]"));
    EXPECT_FALSE(read_dispatch(""));
    EXPECT_EQ(read_dispatch(R"({"taskId":"a","taskId":"b"})").error().message,
              "key 'taskId' is repeated");
}

/// The agent writes them to its journal, and must be able to read it back.
TEST(WireDispatch, bounds_what_it_says_of_the_node) {
    const auto error_of = [](const Dispatch& dispatch) {
        const auto read = read_dispatch(write_dispatch(dispatch));
        if (!read) {
            EXPECT_EQ(read.error().code, code::invalid);
        }
        return read ? std::string("accepted") : read.error().message;
    };
    Dispatch sent = full_dispatch();
    const std::string too_long =
        "field 'labels' must have at most 1000 labels, and 65536 bytes of names and values "
        "together";
    sent.labels = {{"a", std::string(65'534, '"')}, {"b", ""}};
    EXPECT_EQ(error_of(sent), "accepted");
    sent.labels[1].second = "x";
    EXPECT_EQ(error_of(sent), too_long);
    sent.labels = {{std::string(65'537, 'n'), ""}};
    EXPECT_EQ(error_of(sent), too_long);
    sent.labels.clear();
    for (int i = 0; i < 1'000; ++i)
        sent.labels.emplace_back(std::to_string(i), "");
    EXPECT_EQ(error_of(sent), "accepted");
    sent.labels.emplace_back("x", "");
    EXPECT_EQ(error_of(sent), too_long);

    sent = full_dispatch();
    // The longest possible name in a row of `nodes`.
    for (int i = 0; sent.node_name.size() < 1'020; ++i)
        sent.node_name = sent.node_name.substr(0, 4U * i) + "\xf0\x9f\x8c\x90";
    EXPECT_EQ(error_of(sent), "accepted");
    sent.node_name += "x";
    EXPECT_EQ(error_of(sent),
              "field 'node' must have a name of at most 1020 bytes and an ip of at most 255");
    sent = full_dispatch();
    sent.node_ip = std::string(255, '1');
    EXPECT_EQ(error_of(sent), "accepted");
    sent.node_ip += "1";
    EXPECT_EQ(error_of(sent),
              "field 'node' must have a name of at most 1020 bytes and an ip of at most 255");
}

TEST(WireReport, comes_back_as_an_answer) {
    TaskReport report;
    report.task_id = "t/1";
    report.version = Version{42};
    report.sha256 = std::string(64, 'c');
    report.order_id = "order-a";
    report.status = TaskStatus::failed;
    report.progress = 40;
    report.last_error = "check: exit 1";
    report.created_at = "2026-01-01T00:00:00.000Z";
    TaskStep step;
    step.name = "check";
    step.status = TaskStatus::failed;
    step.exit_code = 1;
    step.output = "bad \xff" + std::string(100'000, 'x') + "the end";
    report.steps = {step};
    const std::string text = write_task_report(report);
    const auto parsed = parse_json(text, 1 << 20);
    ASSERT_TRUE(parsed);
    EXPECT_EQ((*parsed)["data"]["startedAt"], nullptr);
    EXPECT_EQ((*parsed)["data"]["steps"][0]["exitCode"], 1);
    EXPECT_LE((*parsed)["data"]["steps"][0]["output"].get<std::string>().size(), 65536U);

    const Answer answer = read_answer(200, text, "t/1");
    EXPECT_EQ(answer.heard, Heard::accepted);
    EXPECT_EQ(answer.status, TaskStatus::failed);
    EXPECT_EQ(answer.progress, 40);
    EXPECT_EQ(answer.last_error, "check: exit 1");
    EXPECT_EQ(Json::parse(answer.steps).front()["name"], "check");
    EXPECT_FALSE(answer.is_curable);

    EXPECT_EQ(answer.about.type, "apply_config");
    EXPECT_EQ(answer.about.version, std::to_string(report.version.value));
    EXPECT_EQ(answer.about.sha256, report.sha256);
    EXPECT_EQ(answer.about.order_id, "order-a");

    report.task_id = "t";
    report.status = TaskStatus::pending;
    const Answer short_answer = read_answer(200, write_task_status(report), "t");
    EXPECT_EQ(short_answer.heard, Heard::accepted);
    EXPECT_EQ(short_answer.status, TaskStatus::pending);
    EXPECT_EQ(short_answer.about.order_id, "order-a");
    EXPECT_EQ(short_answer.about.sha256, report.sha256);
}

TEST(WireAnswer, says_which_task_it_is_about_as_far_as_the_agent_does) {
    const auto about = [](const std::string& members) {
        return read_answer(200, R"({"code":0,"data":{"status":"success")" + members + "}}", "t")
            .about;
    };
    EXPECT_EQ(about("").version, "");
    EXPECT_EQ(about("").type, "");
    EXPECT_EQ(about(R"(,"version":41)").version, "41");
    EXPECT_EQ(about(R"(,"version":41.0)").version, "41");
    EXPECT_EQ(about(R"(,"version":"41")").version, "41");
    EXPECT_EQ(about(R"(,"version":null,"type":null,"sha256":null,"orderId":null)").version, "");
    EXPECT_EQ(about(R"(,"version":null,"type":null,"sha256":null,"orderId":null)").order_id, "");
    EXPECT_EQ(about(R"(,"type":"reload")").type, "reload");
    EXPECT_EQ(about(R"(,"sha256":")" + std::string(64, 'A') + '"').sha256, std::string(64, 'a'));
    EXPECT_EQ(about(R"(,"sha256":"W/\"etag\"")").sha256, "") << "no digest of ours";
    EXPECT_EQ(about(R"(,"version":1e300)").version, "1e+300");
}

TEST(WireReport, stays_below_what_control_reads) {
    TaskReport report;
    report.task_id = "t";
    report.version = Version{1};
    for (int i = 0; i < 50; ++i) {
        TaskStep step;
        step.name = "job:j" + std::to_string(i);
        step.output = std::string(64U << 10, '\x01');  // six bytes each in JSON
        report.steps.push_back(step);
    }
    const std::string text = write_task_report(report);
    EXPECT_LT(text.size(), 1U << 20);
    EXPECT_EQ(read_answer(200, text, "t").heard, Heard::accepted);
    const Json steps = Json::parse(text)["data"]["steps"];
    ASSERT_EQ(steps.size(), 50U);
    EXPECT_EQ(steps.back()["output"].get<std::string>().size(), 64U << 10);
    EXPECT_EQ(steps.front()["output"].get<std::string>().size(), 1U << 10);
}

TEST(WireContents, says_whether_it_is_held) {
    const std::string digest(64, 'a');
    const auto read = [&](int status, std::string_view body) -> std::optional<bool> {
        const auto held = read_content_held(status, body, digest);
        if (!held) return std::nullopt;
        return held->is_held;
    };
    EXPECT_EQ(read(200, write_content_held(true, digest)), true);
    EXPECT_EQ(read(200, write_content_held(false, digest)), false);
    EXPECT_EQ(read(404, R"({"code":3001,"message":"no such path"})"), std::nullopt);
    EXPECT_EQ(read(200, R"({"code":0,"data":{"held":true}})"), std::nullopt)
        << "an older agent may hold the same text as a template";
    EXPECT_EQ(read(200, write_content_held(true, std::string(64, 'b'))), std::nullopt);
    for (const char* body : {"", "[]", "{}", R"({"code":0})", R"({"code":0,"data":7})",
                             R"({"code":0,"data":{"held":1}})", R"({"code":0,"data":{}})"}) {
        EXPECT_EQ(read(200, body), std::nullopt) << body;
    }
}

TEST(WireContents, says_what_the_agent_can_do) {
    const std::string digest(64, 'a');
    const auto told = [&](const std::string& list) {
        const std::string data = R"({"held":false,"contentSha256":")" + digest + '"' + list + "}";
        return read_content_held(200, R"({"code":0,"data":)" + data + "}", digest)->capabilities;
    };
    EXPECT_EQ(read_content_held(200, write_content_held(false, digest), digest)->capabilities,
              agent_capabilities);
    EXPECT_EQ(told(""), "") << "an older agent";
    EXPECT_EQ(told(R"(,"capabilities":["b","a","b","plugin:x_1"])"), "a,b,plugin:x_1");
    EXPECT_EQ(told(R"(,"capabilities":["a,b","",7,null,"a b"])"), "");
    EXPECT_EQ(told(R"(,"capabilities":"secrets")"), "");
    EXPECT_TRUE(has_capability("a,secrets,z", "secrets"));
    for (const char* list : {"", "secret", "secrets2,x", "nosecrets"}) {
        EXPECT_FALSE(has_capability(list, "secrets")) << list;
    }
    TaskReport report;
    report.task_id = "t";
    EXPECT_EQ(read_answer(200, write_task_status(report), "t").capabilities, agent_capabilities);
}

TEST(WireAnswer, tells_nobody_has_looked_from_nobody_says) {
    const auto evidence = [](const std::string& member) {
        return read_answer(200, R"({"code":0,"data":{"status":"success")" + member + "}}", "t")
            .evidence;
    };
    EXPECT_EQ(evidence(""), "unknown");
    EXPECT_EQ(evidence(R"(,"evidence":"check")"), "unknown") << "no list";
    EXPECT_EQ(evidence(R"(,"evidence":[])"), "");
    EXPECT_EQ(evidence(R"(,"evidence":["verify_url","check"])"), "check,verify_url");
    TaskReport report;
    report.task_id = "t";
    EXPECT_EQ(read_answer(200, write_task_report(report), "t").evidence, "unknown");
    report.evidence = "";
    EXPECT_EQ(read_answer(200, write_task_report(report), "t").evidence, "");
    report.evidence = "check,verify_cmd";
    EXPECT_EQ(read_answer(200, write_task_report(report), "t").evidence, report.evidence);
    // Only the word of the end counts, which a dispatch's answer never is.
    EXPECT_EQ(read_answer(200, write_task_status(report), "t").evidence, "unknown");
}

TEST(WireAnswer, knows_what_another_try_cannot_cure) {
    const auto is_curable = [](const char* status, const char* steps) {
        const std::string body = std::string(R"({"code":0,"data":{"status":")") + status +
                                 R"(","steps":)" + steps + "}}";
        return read_answer(200, body, "t").is_curable;
    };
    EXPECT_FALSE(is_curable("failed", R"([{"name":"validate","status":"failed"}])"));
    EXPECT_FALSE(is_curable("failed", R"([{"name":"validate","status":"success"},
        {"name":"check","status":"failed"},{"name":"rollback","status":"success"}])"));
    EXPECT_TRUE(is_curable("failed", R"([{"name":"reload","status":"failed"},
        {"name":"check","status":"failed"}])"));
    EXPECT_TRUE(is_curable("failed", "null"));
    EXPECT_TRUE(is_curable("failed", R"([7,{"name":7,"status":[]},{}])"));
    EXPECT_TRUE(is_curable("running", R"([{"name":"check","status":"failed"}])"));
}

TEST(WireAnswer, knows_every_way_to_say_no) {
    const auto heard = [](int http, const char* body) {
        return read_answer(http, body, "t").heard;
    };
    EXPECT_EQ(heard(404, R"({"code":3001,"message":"no"})"), Heard::unknown_task);
    EXPECT_EQ(heard(404, R"({"code":3002})"), Heard::nonsense);
    EXPECT_EQ(heard(404, "<html>"), Heard::nonsense);
    EXPECT_EQ(heard(200, R"({"code":3001})"), Heard::nonsense);
    EXPECT_EQ(heard(409, R"({"code":3003})"), Heard::wrong_state);
    EXPECT_EQ(heard(409, R"({"code":3001})"), Heard::lacks_content);
    EXPECT_EQ(heard(409, R"({"code":3002})"), Heard::used_id);
    EXPECT_EQ(heard(400, R"({"code":2002})"), Heard::refused);
    EXPECT_EQ(heard(403, R"({"code":1004})"), Heard::wrong_peer);
    EXPECT_EQ(heard(400, "bad request"), Heard::nonsense);
    EXPECT_EQ(heard(429, ""), Heard::server_error);
    EXPECT_EQ(heard(408, ""), Heard::server_error);
    EXPECT_EQ(heard(500, ""), Heard::server_error);
    EXPECT_EQ(heard(503, R"({"code":5003})"), Heard::server_error);
    EXPECT_EQ(heard(302, ""), Heard::nonsense);
    EXPECT_EQ(heard(101, ""), Heard::nonsense);
    EXPECT_EQ(read_answer(409, R"({"code":3003,"message":"a newer epoch"})", "t").message,
              "HTTP 409 code 3003: a newer epoch");
}

TEST(WireAnswer, takes_what_a_two_call_agent_says) {
    const Answer answer =
        read_answer(200, R"({"code":0,"message":"success","data":{"status":"running"}})", "t");
    EXPECT_EQ(answer.heard, Heard::accepted);
    EXPECT_EQ(answer.status, TaskStatus::running);
    EXPECT_EQ(answer.progress, 0);
    EXPECT_EQ(answer.last_error, "");
    EXPECT_EQ(answer.steps, "");
    EXPECT_EQ(read_answer(200,
                          "{\"code\":0,\"data\":{\"status\":\"failed\",\"lastError\":\"x\xff\","
                          "\"progress\":1e9,\"steps\":null}}",
                          "t")
                  .last_error,
              "x\xEF\xBF\xBD");
}

TEST(WireAnswer, calls_nonsense_what_it_is) {
    for (const char* body :
         {"", "nginx", "[]", "{}", R"({"code":"0"})", R"({"code":0})", R"({"code":0,"data":[]})",
          R"({"code":0,"data":{}})", R"({"code":0,"data":{"status":"done"}})",
          R"({"code":0,"data":{"status":7}})",
          R"({"code":0,"data":{"taskId":1,"status":"running"}})",
          R"({"code":0,"data":{"taskId":"other","status":"success"}})",
          R"({"code":0,"data":{"status":"success","status":"failed"}})"}) {
        const Answer answer = read_answer(200, body, "t");
        EXPECT_EQ(answer.heard, Heard::nonsense) << body;
        EXPECT_FALSE(answer.message.empty());
    }
    EXPECT_EQ(read_answer(200, std::string(2 << 20, ' '), "t").heard, Heard::nonsense);
    EXPECT_EQ(read_answer(200, std::string(1 << 20, '['), "t").heard, Heard::nonsense);
}

TEST(WireAnswer, keeps_only_so_much) {
    Json steps = Json::array();
    for (int i = 0; i < 200; ++i) {
        steps.push_back(
            Json{{"name", "s" + std::to_string(i)}, {"output", std::string(3'000, 'o')}});
    }
    const Json body = {
        {"code", 0},
        {"data",
         {{"status", "failed"},
          {"lastError", "[emerg] the cause" + std::string(100'000, 'e') + "test failed"},
          {"steps", steps}}}};
    const Answer answer = read_answer(200, body.dump(), "t");
    EXPECT_EQ(answer.heard, Heard::accepted);
    EXPECT_EQ(answer.last_error.size(), 4096U);
    EXPECT_TRUE(answer.last_error.starts_with("[emerg] the causeeee"));
    EXPECT_TRUE(answer.last_error.ends_with("eeetest failed"));
    EXPECT_NE(answer.last_error.find(" ... (95964 bytes left out) ... "), std::string::npos)
        << answer.last_error.substr(2000, 80);
    EXPECT_LE(answer.steps.size(), 64U << 10);
    const Json kept = Json::parse(answer.steps);
    EXPECT_GT(kept.size(), 50U);
    EXPECT_EQ(kept[0]["name"], "...");
    EXPECT_EQ(kept[0]["output"],
              std::to_string(201 - kept.size()) + " earlier steps were left out");
    EXPECT_EQ(kept[1]["name"], "s" + std::to_string(201 - kept.size()));
    EXPECT_EQ(kept.back()["name"], "s199");
}

TEST(WireText, shortens_in_the_middle_and_says_by_how_much) {
    EXPECT_EQ(shortened("short", 64), "short");
    const std::string text = "begin" + std::string(200, '.') + "end";
    EXPECT_EQ(shortened(text, 100), "begin" + std::string(30, '.') +
                                        " ... (138 bytes left out) ... " + std::string(32, '.') +
                                        "end");
    for (std::size_t bytes = 64; bytes < 120; ++bytes) {
        std::string wide;
        for (int i = 0; i < 60; ++i)
            wide += "\xF0\x9F\x98\x80";
        const std::string cut = shortened(wide, bytes);
        EXPECT_LE(cut.size(), bytes);
        EXPECT_EQ(repair_utf8(cut), cut) << "never half a character";
    }
    EXPECT_EQ(shortened(text, 5), "begin");
}

TEST(WireAnswer, never_crashes_on_mutated_answers) {
    std::mt19937 random(9);
    TaskReport report;
    report.task_id = "t";
    report.version = Version{7};
    report.order_id = "order-a";
    const std::string good = write_task_status(report);
    for (int round = 0; round < 20'000; ++round) {
        std::string text = good;
        for (auto i = random() % 4 + 1; i > 0; --i) {
            text[random() % text.size()] = static_cast<char>(random() % 256);
        }
        (void)read_answer(static_cast<int>(100 + random() % 500), text, "t");
        (void)read_dispatch(text);
        (void)parse_payload(text);
    }
}

}  // namespace
}  // namespace edgeroll::release::wire
