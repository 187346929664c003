#include "api_fixture.hpp"

namespace edgeroll::control::api {
namespace {

class ApiCreate : public ApiTest {
  protected:
    Said create(const std::string& body) { return ask("POST", releases_path, body); }
    /// The message for a body that must be refused before the store is called.
    std::string refusal(const std::string& body) {
        store.calls.clear();
        const Said said = create(body);
        EXPECT_EQ(said.status, 400) << body;
        EXPECT_EQ(said.code(), 2002) << body;
        EXPECT_TRUE(store.calls.empty()) << body;
        return said.message();
    }
};

TEST_F(ApiCreate, creates_and_answers_with_the_plan) {
    store.created.id = release::ReleaseId{12};
    store.created.version = release::Version{42};
    store.created.plan = {
        {release::NodeId{1}, 1}, {release::NodeId{2}, 2}, {release::NodeId{3}, 2}};
    store.created.plan_sha256 = std::string(64, 'a');
    const Said said = create(
        R"({"target":"cdn","version":42,"reason":"why","not_before":"2026-05-01T10:00:00+02:00",
            "batch_config":{"failure_threshold":1}})");
    ASSERT_EQ(said.status, 200) << said.body;
    EXPECT_EQ(store.wanted.version, release::Version{42});
    EXPECT_EQ(store.wanted.reason, "why");
    EXPECT_EQ(store.wanted.not_before, "2026-05-01T08:00:00.000Z");
    EXPECT_EQ(store.wanted.batch_config, R"({"failure_threshold":1})");
    EXPECT_FALSE(store.wanted.is_reload_only);
    EXPECT_FALSE(store.wanted.is_dry_run);
    EXPECT_EQ(said.data()["releaseId"], 12);
    EXPECT_EQ(said.data()["version"], 42);
    EXPECT_EQ(said.data()["totalNodes"], 3);
    EXPECT_EQ(said.data()["batches"], Json::parse(R"([{"batch":1,"size":1,"nodeIds":[1]},
                              {"batch":2,"size":2,"nodeIds":[2,3]}])"));
    EXPECT_EQ(said.data()["leftOut"], Json::array());
    EXPECT_EQ(said.data()["superseded"], Json::array());
}

TEST_F(ApiCreate, passes_every_choice_on) {
    store.created.plan = {{release::NodeId{1}, 1}};
    store.created.left_out = {{release::NodeId{2}, "edge-2", "offline"}};
    store.created.superseded = {release::ReleaseId{5}, release::ReleaseId{6}};
    const Said said = create(
        R"({"target":"cdn","type":"run_job","from_release":7,"force":true,"supersede":true,
            "callback_url":"https://ci.example/done?token=x",
            "batch_config":{"batches":["1","rest"],"retries":2}})");
    ASSERT_EQ(said.status, 200) << said.body;
    EXPECT_EQ(store.wanted.type, release::TaskType::run_job);
    EXPECT_EQ(store.wanted.from_release, release::ReleaseId{7});
    EXPECT_TRUE(store.wanted.is_forced);
    EXPECT_TRUE(store.wanted.supersedes);
    EXPECT_EQ(store.wanted.callback_url, "https://ci.example/done?token=x");
    EXPECT_EQ(store.wanted.batch_config, R"({"batches":["1","rest"],"retries":2})");
    EXPECT_EQ(said.data()["leftOut"],
              Json::parse(R"([{"nodeId":2,"nodeName":"edge-2","reason":"offline"}])"));
    EXPECT_EQ(said.data()["leftOutReasons"],
              Json::parse(R"([{"reason":"offline","count":1,"nodes":["edge-2"]}])"));
    EXPECT_EQ(said.data()["superseded"], Json::parse("[5,6]"));
    EXPECT_EQ(create(R"({"target":"cdn","callback_url":"http://127.0.0.1:9/x"})").status, 200);
}

TEST_F(ApiCreate, asks_for_nothing_that_is_not_named) {
    EXPECT_EQ(create(R"({"target":"cdn","supersede":false,"from_release":null,"type":null,
                         "callback_url":null})")
                  .status,
              200);
    EXPECT_FALSE(store.wanted.type);
    EXPECT_FALSE(store.wanted.from_release);
    EXPECT_FALSE(store.wanted.is_forced);
    EXPECT_FALSE(store.wanted.supersedes);
    EXPECT_EQ(store.wanted.callback_url, "");
}

TEST_F(ApiCreate, groups_those_left_out_by_reason) {
    store.created.plan = {{release::NodeId{1}, 1}};
    for (std::int64_t id = 1; id <= 10'000; ++id) {
        const std::string name = id == 7 ? "" : "edge-" + std::to_string(id);
        store.created.left_out.push_back(
            {release::NodeId{id}, name, id == 9'999 ? "disabled" : "offline"});
    }
    const Json data = create(R"({"target":"cdn","dry_run":true})").data();
    ASSERT_EQ(data["leftOutReasons"].size(), 2U);
    EXPECT_EQ(data["leftOutReasons"][0]["count"], 9'999);
    EXPECT_EQ(data["leftOutReasons"][0]["nodes"].size(), 10U);
    EXPECT_EQ(data["leftOutReasons"][0]["nodes"][6], "#7");
    EXPECT_EQ(data["leftOutReasons"][1],
              Json::parse(R"({"reason":"disabled","count":1,"nodes":["edge-9999"]})"));
    EXPECT_EQ(data["leftOut"].size(), 10'000U);
}

TEST_F(ApiCreate, previews) {
    store.created.version = release::Version{1};
    const Said said = create(R"({"target":"cdn","dry_run":true})");
    EXPECT_TRUE(store.wanted.is_dry_run);
    EXPECT_EQ(said.data()["releaseId"], nullptr);
    const std::string digest(64, 'A');
    EXPECT_EQ(create(R"({"target":"cdn","planSha256":")" + digest + "\"}").status, 200);
    EXPECT_EQ(store.wanted.expected_plan_sha256, std::string(64, 'a'));
    EXPECT_EQ(refusal(R"({"target":"cdn","planSha256":"abc"})").find("field 'planSha256'"), 0U);
}

TEST_F(ApiCreate, names_in_a_dry_run_where_nobody_looks) {
    store.created.plan = {{release::NodeId{1}, 1}};
    EXPECT_FALSE(create(R"({"target":"cdn","dry_run":true})").data().contains("unseen"));
    store.created.unseen = {{release::NodeId{1}, "edge-1", "nobody"}};
    EXPECT_EQ(create(R"({"target":"cdn","dry_run":true})").data()["unseen"],
              Json::parse(R"([{"reason":"nobody","count":1,"nodes":["edge-1"]}])"));
}

TEST_F(ApiCreate, asks_the_gates_once_in_a_dry_run) {
    store.created.version = release::Version{42};
    store.created.plan = {{release::NodeId{1}, 1}, {release::NodeId{2}, 2}};
    store.created.names = {"edge-1", "edge-2"};
    release::Gate monitor, errors, unaskable;
    monitor.name = "gate";
    monitor.url = "http://monitor.example/ok";
    errors.name = "5xx";
    errors.prometheus = release::PrometheusRule{};
    errors.prometheus->query = R"(e{edge=~"{{released_re}}",v="{{version}}"}[{{since_sec}}s])";
    errors.prometheus->pass = {release::Comparison::Op::less, 0.01};
    unaskable = errors;
    unaskable.name = "odd";
    store.created.names[0] = "edge-1";
    store.created.gates = {monitor, errors};
    gates.answers["gate"] = {release::GateAnswer::Kind::pass, "200"};
    gates.answers["5xx"] = {release::GateAnswer::Kind::fail, "0.5 >= 0.01", "value",
                            R"({"count":1})"};
    const Json data = create(R"({"target":"cdn","dry_run":true})").data();
    EXPECT_EQ(data["gatesPreview"], Json::parse(R"([
        {"name":"gate","verdict":"pass","rule":"200 passes, 4xx fails","message":"200","detail":null},
        {"name":"5xx","verdict":"fail","rule":"< 0.01 passes, anything else fails",
         "message":"0.5 >= 0.01","detail":{"count":1}}])"));
    EXPECT_EQ(gates.queries, (std::vector<std::string>{"", R"(e{edge=~"edge-1",v="42"}[60s])"}));

    // A question that cannot be asked is an answer; without a dry run nothing is asked.
    store.created.names[0] = "an 'odd' name";
    store.created.gates = {unaskable};
    gates.queries.clear();
    const Json odd = create(R"({"target":"cdn","dry_run":true})").data()["gatesPreview"][0];
    EXPECT_EQ(odd["verdict"], "unsure");
    EXPECT_THAT(odd["message"].get<std::string>(), testing::HasSubstr("cannot name a node"));
    EXPECT_FALSE(create(R"({"target":"cdn"})").data().contains("gatesPreview"));
    EXPECT_TRUE(gates.queries.empty());
    store.created.gates.clear();
    EXPECT_EQ(create(R"({"target":"cdn","dry_run":true})").data()["gatesPreview"], Json::array());
}

TEST_F(ApiCreate, passes_the_idempotency_key_on_with_the_bodys_digest) {
    headers["idempotency-key"] = "run-77";
    EXPECT_EQ(create(R"({"target":"cdn","version":4})").status, 200);
    EXPECT_EQ(store.wanted.idempotency_key, "run-77");
    const std::string digest = store.wanted.request_sha256;
    EXPECT_EQ(digest.size(), 64U);
    EXPECT_EQ(create(R"({ "version": 4, "target": "cdn" })").status, 200);
    EXPECT_EQ(store.wanted.request_sha256, digest);
    EXPECT_EQ(create(R"({"target":"cdn","version":5})").status, 200);
    EXPECT_NE(store.wanted.request_sha256, digest);
    for (const char* bad : {"", "a b", "a\tb", "\xc3\xa9"}) {
        headers["idempotency-key"] = bad;
        EXPECT_NE(refusal(R"({"target":"cdn"})").find("Idempotency-Key"), std::string::npos);
    }
    headers["idempotency-key"] = std::string(201, 'x');
    (void)refusal(R"({"target":"cdn"})");
}

TEST_F(ApiCreate, refuses_bodies_that_are_none) {
    EXPECT_EQ(refusal(""), "the body is refused: not valid JSON at byte 1");
    EXPECT_EQ(refusal("[]"), "the body must be a JSON object");
    EXPECT_EQ(refusal(R"({"target":"cdn","target":"cdn"})"),
              "the body is refused: key 'target' is repeated");
    EXPECT_EQ(refusal("{\"target\":\"c\xff\"}"), "the body is refused: not valid UTF-8 at byte 13");
    (void)refusal(std::string(100'000, '['));
}

TEST_F(ApiCreate, refuses_every_field_that_is_wrong_and_names_it) {
    EXPECT_EQ(refusal("{}"), "field 'target' is missing");
    EXPECT_EQ(refusal(R"({"target":"dns"})"), "field 'target' must be cdn");
    EXPECT_EQ(refusal(R"({"target":"cdn","colour":1})"), "field 'colour' is unknown");
    EXPECT_EQ(refusal(R"({"target":"cdn","version":0})"), "field 'version' must be above 0");
    EXPECT_EQ(refusal(R"({"target":"cdn","version":9007199254740992})"),
              "field 'version' must be at most 9007199254740991");
    EXPECT_EQ(refusal(R"({"target":"cdn","version":"4"})"), "field 'version' must be an integer");
    EXPECT_EQ(refusal(R"({"target":"cdn","version":4.5})"), "field 'version' must be an integer");
    EXPECT_EQ(refusal(R"({"target":"cdn","reload_only":1})"),
              "field 'reload_only' must be true or false");
    EXPECT_EQ(refusal(R"({"target":"cdn","dry_run":"yes"})"),
              "field 'dry_run' must be true or false");
    EXPECT_EQ(refusal(R"({"target":"cdn","reason":7})"), "field 'reason' must be a string");
    EXPECT_EQ(refusal(R"({"target":"cdn","type":"reboot"})"),
              "field 'type' must be apply_config, reload, purge_cache or run_job");
    EXPECT_EQ(refusal(R"({"target":"cdn","type":""})"),
              "field 'type' must be apply_config, reload, purge_cache or run_job");
    EXPECT_EQ(refusal(R"({"target":"cdn","from_release":0})"),
              "field 'from_release' must be the id of a release");
    EXPECT_EQ(refusal(R"({"target":"cdn","from_release":3,"reload_only":true})"),
              "fields 'from_release' and 'reload_only' are both given: leave one out");
    EXPECT_EQ(refusal(R"({"target":"cdn","force":1})"), "field 'force' must be true or false");
    EXPECT_EQ(refusal(R"({"target":"cdn","supersede":"all"})"),
              "field 'supersede' must be true or false");
    EXPECT_EQ(refusal(R"({"target":"cdn","callback_url":"http://ci.example/"})"),
              "field 'callback_url' must be an https URL (http only to this machine)");
    EXPECT_EQ(refusal(R"({"target":"cdn","callback_url":"https://me:pw@ci.example/"})"),
              "field 'callback_url' must be a URL without user name and password");
    EXPECT_EQ(refusal(R"({"target":"cdn","callback_url":""})"),
              "field 'callback_url' must be an http or https URL");
    EXPECT_EQ(refusal(R"({"target":"cdn","batch_config":{"not_before":"x"}})"),
              "batch_config: 'not_before' is no key of it: it is a field of the release (column "
              "not_before)");
    for (const char* text : {"", " ", "\\n"}) {
        EXPECT_EQ(
            refusal(std::string(R"({"target":"cdn","batch_config":")") + text + "\"}"),
            "field 'batch_config' is an empty text: leave it out for the defaults, or give an "
            "object");
    }
    EXPECT_EQ(refusal(R"({"target":"cdn","batch_config":"x"})"),
              "field 'batch_config' must be an object");
    EXPECT_EQ(refusal(R"({"target":"cdn","batch_config":{"batch_size":"2"}})"),
              "batch_config: field 'batch_size' must be an integer");
    EXPECT_EQ(refusal(R"({"target":"cdn","batch_config":{"oops":2}})"),
              "batch_config: key 'oops' is unknown");
    for (const char* moment :
         {"tomorrow", "2026-01-31", "2026-01-31T08:00:00", "2026-02-30T08:00:00Z",
          "2026-01-31T24:00:00Z", "2026-01-31T08:00:00+25:00", "2039-01-01T00:00:00Z",
          "2026-01-31T08:00:00Zx", "2026-01-31T08:00:00.Z"}) {
        EXPECT_EQ(refusal(std::string(R"({"target":"cdn","not_before":")") + moment + "\"}")
                      .find("field 'not_before' must be RFC 3339"),
                  0U)
            << moment;
    }
}

TEST_F(ApiCreate, caps_bodies) {
    const Said said = create("{\"target\":\"" + std::string(2U << 20, 'x') + "\"}");
    EXPECT_EQ(said.status, 413);
    EXPECT_EQ(said.code(), 2002);
    EXPECT_EQ(refusal(R"({"target":"cdn","reason":")" + std::string(5'000, 'x') + "\"}"),
              "field 'reason' must have at most 4096 bytes and no NUL");
    (void)refusal(R"({"target":"cdn","reason":"\u0000"})");
}

TEST_F(ApiCreate, passes_the_stores_refusals_on) {
    store.error = release::Error{"version 42 is taken", release::Outcome::permanent, 3002};
    EXPECT_EQ(create(R"({"target":"cdn","version":42})").status, 409);
    EXPECT_EQ(create(R"({"target":"cdn","version":42})").code(), 3002);
    store.error = release::Error{"no online node", release::Outcome::permanent, 3003};
    EXPECT_EQ(create(R"({"target":"cdn"})").status, 409);
}

}  // namespace
}  // namespace edgeroll::control::api
