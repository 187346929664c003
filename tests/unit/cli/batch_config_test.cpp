#include "control/cli/batch_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "fakes.hpp"

namespace edgeroll::cli {
namespace {

namespace fs = std::filesystem;
using release::wire::Json;
using ::testing::HasSubstr;

struct BatchConfig : ::testing::Test {
    test::FakeKeyboard keyboard;
    BatchOptions typed;

    Json read() {
        auto config = batch_config_of(typed, keyboard);
        EXPECT_TRUE(config) << (config ? "" : config.error().message);
        return config ? *config : Json();
    }
    std::string refusal() {
        const auto config = batch_config_of(typed, keyboard);
        EXPECT_FALSE(config);
        return config ? "" : config.error().message;
    }
};

TEST_F(BatchConfig, is_empty_when_nothing_was_typed) {
    EXPECT_EQ(read(), Json::object());
}

TEST_F(BatchConfig, is_refused_when_its_source_is_empty) {
    typed.config = "-";
    for (const char* input : {"", " \n"}) {
        keyboard.input = input;
        EXPECT_THAT(refusal(), HasSubstr("--batch-config from standard input is empty"));
    }
    typed.config = "/dev/null";
    EXPECT_THAT(refusal(), HasSubstr("--batch-config /dev/null is empty"));
}

TEST_F(BatchConfig, has_a_key_for_every_option) {
    typed.batches = "1,5%,rest";
    typed.labels = {"region=eu", "region=us", "app=cache"};
    typed.nodes = {"edge-1", "10.0.0.7"};
    typed.max_parallel = 20;
    typed.max_parallel_per = {"region=2", "provider=3"};
    typed.failure_threshold = 0;
    typed.max_batch_fail_rate = 10;
    typed.max_unreachable = "5%";
    typed.retries = 2;
    typed.has_pause_after_batch = true;
    typed.interval_sec = 90;
    typed.on_failure = "pause";
    EXPECT_EQ(read(), Json::parse(R"({"batches":["1","5%","rest"],
        "selector":{"labels":{"region":["eu","us"],"app":["cache"]},"nodes":["edge-1","10.0.0.7"]},
        "max_parallel":20,"max_parallel_per":{"region":2,"provider":3},"failure_threshold":0,
        "max_batch_fail_rate":10,"max_unreachable":"5%","retries":2,"pause_after_batch":true,
        "batch_interval_sec":90,"on_failure":"pause"})"));
}

TEST_F(BatchConfig, replaces_all_keys_for_sizes_by_an_option) {
    typed.config = R"({"canary_by":"zone","retries":1})";
    typed.batches = "1 per region,10%,rest";
    EXPECT_EQ(read(), Json::parse(R"({"batches":["1 per region","10%","rest"],"retries":1})"));
}

TEST_F(BatchConfig, writes_counts_as_numbers_and_keeps_fractions) {
    typed.max_unreachable = "3";
    typed.interval_sec = 0.5;
    typed.batch_size = 4;
    EXPECT_EQ(read(),
              Json::parse(R"({"max_unreachable":3,"batch_interval_sec":0.5,"batch_size":4})"));
    typed = {};
    typed.batch_percent = 10;
    EXPECT_EQ(read(), Json::parse(R"({"batch_percent":10})"));
}

TEST_F(BatchConfig, lets_options_win_over_the_text) {
    typed.config =
        R"( {"batch_size":3,"retries":1,"gate_url":"http://g/","max_parallel_per":{"a":1},
                        "selector":{"nodes":["x"]}} )";
    typed.batches = "1,rest";
    typed.retries = 5;
    typed.max_parallel_per = {"region=2"};
    typed.labels = {"region=eu"};
    EXPECT_EQ(read(), Json::parse(R"({"batches":["1","rest"],"retries":5,"gate_url":"http://g/",
        "max_parallel_per":{"region":2},"selector":{"labels":{"region":["eu"]}}})"));
}

TEST_F(BatchConfig, comes_from_standard_input) {
    typed.config = "-";
    keyboard.input = "{\"retries\":1}\n";
    EXPECT_EQ(read(), Json::parse(R"({"retries":1})"));
    keyboard.input = std::string(600'000, ' ');
    EXPECT_THAT(refusal(), HasSubstr("standard input is over 512 KiB"));
}

TEST_F(BatchConfig, may_name_ten_thousand_nodes) {
    typed.config = "-";
    Json nodes = Json::array();
    for (int number = 0; number < 10'000; ++number)
        nodes.push_back("edge-" + std::to_string(number));
    keyboard.input = Json{{"selector", {{"nodes", nodes}}}}.dump();
    EXPECT_GT(keyboard.input.size(), 64U << 10U);
    EXPECT_EQ(read()["selector"]["nodes"].size(), 10'000U);
}

TEST_F(BatchConfig, comes_from_a_file) {
    std::string pattern = (fs::temp_directory_path() / "edgeroll-cli-XXXXXX").string();
    const fs::path folder = ::mkdtemp(pattern.data());
    typed.config = (folder / "b.json").string();
    EXPECT_THAT(refusal(), HasSubstr("cannot read --batch-config"));
    std::ofstream(typed.config) << R"({"retries":1})";
    EXPECT_EQ(read(), Json::parse(R"({"retries":1})"));
    fs::remove_all(folder);
}

TEST_F(BatchConfig, refuses_what_is_no_object) {
    typed.config = "-";
    for (const char* text : {"[]", "7", "{", R"({"a":1,"a":2})", "{} {}"}) {
        keyboard.input = text;
        EXPECT_THAT(refusal(), HasSubstr("--batch-config from standard input: ")) << text;
    }
}

}  // namespace
}  // namespace edgeroll::cli
