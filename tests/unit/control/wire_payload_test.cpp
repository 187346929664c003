#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "release/crypto/sha256.hpp"
#include "release/text/base64.hpp"
#include "release/wire/json_util.hpp"
#include "release/wire/payload.hpp"
#include "release/wire/template.hpp"

namespace edgeroll::release::wire {
namespace {

std::string with_path(const std::string& path) {
    const Json file = {{"path", path}, {"content", "x"}};
    return dump_json(Json{{"files", Json::array({file})}});
}

std::string payload_error(const std::string& text) {
    const auto payload = parse_payload(text);
    if (payload) return "accepted";
    EXPECT_EQ(payload.error().code, code::invalid);
    return payload.error().message;
}

TEST(WirePayload, reads_files_with_their_defaults_in_order_of_bytes) {
    const auto payload = parse_payload(
        R"({"files":[{"path":"b","content":"2"},{"path":"a/\u00e9","content":"MQ==","encoding":"base64",
            "mode":"0750","template":true},{"path":"Z","content":"","mode":"600"}]})");
    ASSERT_TRUE(payload) << payload.error().message;
    ASSERT_EQ(payload->files.size(), 3U);
    EXPECT_EQ(payload->files[0].path, "Z");
    EXPECT_EQ(payload->files[0].mode, 0600);
    EXPECT_EQ(payload->files[1].path, "a/\xc3\xa9");
    EXPECT_EQ(payload->files[1].content, "1");
    EXPECT_EQ(payload->files[1].mode, 0750);
    EXPECT_TRUE(payload->files[1].is_template);
    EXPECT_EQ(payload->files[2].mode, 0644);
    EXPECT_FALSE(payload->files[2].is_template);
}

TEST(WirePayload, empty_ones_mean_reload) {
    EXPECT_TRUE(parse_payload("{}")->files.empty());
    EXPECT_TRUE(parse_payload(R"({"files":[]})")->files.empty());
}

TEST(WirePayload, refuses_hostile_paths) {
    for (const char* path : {"", "/etc/passwd", "..", "../x", "a/../b", "a/..", ".", "./a", "a/./b",
                             "a//b", "a/", "/", "a\nb", "a\tb", "a\x7f", "edgeroll-version",
                             "edgeroll-version.conf", "edgeroll-version/x"}) {
        EXPECT_NE(payload_error(with_path(path)), "accepted") << path;
    }
    EXPECT_NE(payload_error(R"({"files":[{"path":"a\u0000b","content":""}]})"), "accepted");
    EXPECT_NE(payload_error(with_path(std::string(256, 'a'))), "accepted");
    std::string longest;
    while (longest.size() < 1022)
        longest += "a/";
    EXPECT_EQ(payload_error(with_path(longest + "aa")), "accepted");
    EXPECT_NE(payload_error(with_path(longest + "aaa")), "accepted");
    for (const char* path : {"...", "..a", "a..", ".hidden", "a b", "conf.d/site.conf",
                             "x/edgeroll-version", "\xe7\xab\x99"}) {
        EXPECT_EQ(payload_error(with_path(path)), "accepted") << path;
    }
}

TEST(WirePayload, refuses_clashing_paths) {
    EXPECT_EQ(payload_error(R"({"files":[{"path":"a","content":""},{"path":"a","content":""}]})"),
              "payload: file 'a' is given twice");
    EXPECT_EQ(payload_error(R"({"files":[{"path":"a/b/c","content":""},{"path":"a-b","content":""},
                          {"path":"a","content":""}]})"),
              "payload: file 'a/b/c' lies below another file");
}

TEST(WirePayload, names_the_file_and_what_is_wrong) {
    EXPECT_EQ(payload_error(R"({"files":[{"path":"x","content":"!","encoding":"base64"}]})"),
              "payload: file 'x': content is not valid base64");
    EXPECT_EQ(payload_error(R"({"files":[{"path":"x","content":"","encoding":"gzip"}]})"),
              "payload: file 'x': encoding must be utf-8 or base64");
    EXPECT_EQ(payload_error(R"({"files":[{"path":"x","content":"","owner":"root"}]})"),
              "payload: file 'x': unknown key 'owner'");
    EXPECT_EQ(payload_error(R"({"files":[{"path":"x"}]})"),
              "payload: file 'x': field 'content' is missing");
    EXPECT_EQ(payload_error(R"({"files":[{"content":""}]})"),
              "payload: files[0]: field 'path' is missing");
    EXPECT_EQ(payload_error(R"({"files":[7]})"), "payload: files[0] must be an object");
    EXPECT_EQ(payload_error(R"({"files":{}})"), "payload: field 'files' must be a list");
    EXPECT_EQ(payload_error(R"({"files":[],"command":"rm -rf /"})"),
              "payload: unknown key 'command'");
    EXPECT_EQ(payload_error("[]"), "payload: must be an object");
    EXPECT_EQ(payload_error("{"), "payload: not valid JSON at byte 2");
    for (const char* mode : {"0888", "8", "", "4755", "07777", "-644", "rw-"}) {
        const Json file = {{"path", "x"}, {"content", ""}, {"mode", mode}};
        EXPECT_NE(payload_error(dump_json(Json{{"files", Json::array({file})}})), "accepted")
            << mode;
    }
    EXPECT_NE(payload_error(R"({"files":[{"path":"x","content":"","mode":420}]})"), "accepted");
    EXPECT_NE(payload_error(R"({"files":[{"path":"x","content":"","template":1}]})"), "accepted");
}

TEST(WirePayload, refuses_more_than_8_mib) {
    std::string text = R"({"files":[{"path":"x","content":")";
    text += std::string(payload_bytes_max - text.size() - 4, 'a') + "\"}]}";
    ASSERT_EQ(text.size(), payload_bytes_max);
    EXPECT_EQ(payload_error(text), "accepted");
    EXPECT_EQ(payload_error(" " + text), "payload: larger than 8388608 bytes");
}

TEST(WirePayload, digest_is_what_the_contract_says) {
    EXPECT_EQ(content_digest(Payload{}), sha256_hex(""));
    const auto payload =
        parse_payload(R"({"files":[{"path":"b","content":"two\n"},{"path":"a","content":"aGk=",
                          "encoding":"base64","mode":"755"}]})");
    ASSERT_TRUE(payload);
    EXPECT_EQ(content_digest(*payload), sha256_hex("a\n0755\n2\nhib\n0644\n4\ntwo\n"));
}

TEST(WirePayload, digest_tells_a_template_from_the_same_text_taken_literally) {
    const auto literal = parse_payload(
        R"({"files":[{"path":"a","content":"x"},{"path":"b","content":"${node.name}"}]})");
    const auto filled_in = parse_payload(
        R"({"files":[{"path":"a","content":"x"},
                     {"path":"b","content":"${node.name}","template":true}]})");
    ASSERT_TRUE(literal && filled_in);
    EXPECT_EQ(content_digest(*filled_in),
              sha256_hex("a\n0644\n1\nxb\n0644 template\n12\n${node.name}"));
    EXPECT_NE(content_digest(*filled_in), content_digest(*literal));
    EXPECT_EQ(content_digest(*literal), plain_digest(*literal)) << "without a template one";
    EXPECT_EQ(plain_digest(*filled_in), plain_digest(*literal)) << "the older rule is blind";
}

std::string secret_file(const std::string& more) {
    return R"({"files":[{"path":"k","secret":true)" + more + "}]}";
}

/// A secret of five bytes in its stored form.
Json sealed_file(const std::string& content) {
    return {{"path", "k"},
            {"secret", true},
            {"sealed",
             {{"key", "0123456789abcdef"},
              {"nonce", encode_base64(std::string(12, 'n'))},
              {"data", encode_base64(std::string(content.size() + 16, 'd'))},
              {"bytes", content.size()},
              {"sha256", sha256_hex(content)}}}};
}

TEST(WireSecrets, are_files_with_few_modes) {
    const auto payload = parse_payload(secret_file(R"(,"content":"hello")"));
    ASSERT_TRUE(payload) << payload.error().message;
    EXPECT_TRUE(payload->files[0].is_secret);
    EXPECT_EQ(payload->files[0].mode, 0640) << "the default of a secret";
    EXPECT_EQ(payload->files[0].secret_sha256, sha256_hex("hello"));
    EXPECT_TRUE(has_secrets(*payload) && has_open_secrets(*payload));
    for (const char* mode : {"0600", "0640", "600"}) {
        EXPECT_EQ(
            payload_error(secret_file(R"(,"content":"x","mode":")" + std::string(mode) + '"')),
            "accepted");
    }
    for (const char* mode : {"0644", "0660", "0400", "0700", "0000"}) {
        EXPECT_EQ(
            payload_error(secret_file(R"(,"content":"x","mode":")" + std::string(mode) + '"')),
            "payload: file 'k': a secret's mode must be 0600 or 0640 (the default)");
    }
    EXPECT_FALSE(
        has_secrets(*parse_payload(R"({"files":[{"path":"k","content":"","secret":false}]})")));
    EXPECT_NE(payload_error(R"({"files":[{"path":"k","content":"","secret":1}]})"), "accepted");
}

TEST(WireSecrets, have_a_digest_of_their_own_that_needs_no_key) {
    const auto open = parse_payload(secret_file(R"(,"content":"hello")"));
    const auto sealed = parse_stored_payload(dump_json({{"files", {sealed_file("hello")}}}));
    const auto plain = parse_payload(R"({"files":[{"path":"k","content":"hello","mode":"0640"}]})");
    ASSERT_TRUE(open && plain);
    ASSERT_TRUE(sealed) << sealed.error().message;
    EXPECT_EQ(content_digest(*open), sha256_hex("k\n0640 secret\n5\n" + sha256_hex("hello")));
    EXPECT_EQ(content_digest(*sealed), content_digest(*open));
    EXPECT_NE(content_digest(*plain), content_digest(*open));
    EXPECT_EQ(plain_digest(*open), content_digest(*open));
    EXPECT_TRUE(has_secrets(*sealed));
    EXPECT_FALSE(has_open_secrets(*sealed));
    EXPECT_EQ(sealed->files[0].content, "");
    EXPECT_EQ(sealed->files[0].bytes, 5U);
}

TEST(WireSecrets, are_taken_sealed_from_the_database_only) {
    const std::string good = dump_json({{"files", {sealed_file("hello")}}});
    EXPECT_NE(payload_error(good).find("send 'content'"), std::string::npos) << payload_error(good);
    const auto refused = [](Json file) {
        return !parse_stored_payload(dump_json({{"files", {std::move(file)}}}));
    };
    for (const char* member : {"key", "nonce", "data", "bytes", "sha256"}) {
        Json file = sealed_file("hello");
        file["sealed"].erase(member);
        EXPECT_TRUE(refused(file)) << member;
        file = sealed_file("hello");
        file["sealed"][member] = "x";
        EXPECT_TRUE(refused(file)) << member;
    }
    Json file = sealed_file("hello");
    file["sealed"]["bytes"] = 6;
    EXPECT_TRUE(refused(file)) << "another length than the data's";
    file = sealed_file("hello");
    file["sealed"]["key"] = "\033]0;a title\007 ...";
    EXPECT_TRUE(refused(file)) << "its id is shown to people";
    file = sealed_file("hello");
    file["sealed"]["bytes"] = -1;
    EXPECT_TRUE(refused(file));
    file = sealed_file("hello");
    file["content"] = "hello";
    EXPECT_TRUE(refused(file)) << "both";
    file = sealed_file("hello");
    file["secret"] = false;
    EXPECT_TRUE(refused(file)) << "sealed and not secret";
}

TEST(WireSecrets, alone_may_be_larger_than_what_is_sent) {
    const std::string large(payload_bytes_max, 'x');
    const Json plain = {{"path", "page"}, {"content", large}};
    EXPECT_FALSE(parse_stored_payload(dump_json({{"files", {plain}}})));
    EXPECT_FALSE(parse_stored_payload(
        dump_json({{"files", {Json{{"path", "k"}, {"content", large}, {"secret", true}}}}})));
    EXPECT_TRUE(parse_stored_payload(dump_json({{"files", {sealed_file(large)}}})));
}

TEST(WireSecrets, are_at_most_a_thousand) {
    Json files = Json::array();
    for (int i = 0; i < 1001; ++i)
        files.push_back({{"path", "f" + std::to_string(i)}, {"content", "x"}, {"secret", true}});
    EXPECT_EQ(payload_error(dump_json({{"files", files}})),
              "payload: more than 1000 files are secret");
    files.erase(files.begin());
    EXPECT_EQ(payload_error(dump_json({{"files", files}})), "accepted");
}

TEST(WirePayload, digest_knows_no_order_encoding_or_spelling) {
    std::mt19937 random(5);
    for (int round = 0; round < 200; ++round) {
        Json plain = Json::array();
        Json coded = Json::array();
        for (auto i = random() % 6; i > 0; --i) {
            std::string content;
            for (auto n = random() % 30; n > 0; --n)
                content += static_cast<char>(random() % 128);
            const std::string path = std::string(1, static_cast<char>(97 + i)) + "/f";
            plain.push_back(Json{{"path", path}, {"content", content}});
            coded.push_back(Json{{"path", path},
                                 {"content", encode_base64(content)},
                                 {"encoding", "base64"},
                                 {"mode", "0644"},
                                 {"template", false}});
        }
        std::shuffle(coded.begin(), coded.end(), random);
        const auto one = parse_payload(dump_json(Json{{"files", plain}}));
        const auto two = parse_payload(Json{{"files", coded}}.dump(2));
        ASSERT_TRUE(one && two);
        EXPECT_EQ(content_digest(*one), content_digest(*two));
    }
}

TEST(WireTemplate, fills_in_what_it_knows) {
    const Labels labels = {{"rack", "r1"}, {"region", "eu"}};
    const auto render = [&](const char* text) {
        const auto rendered = render_template(text, "edge-1", "10.0.0.7", labels);
        return rendered ? *rendered : "error: " + rendered.error().message;
    };
    EXPECT_EQ(render("a ${node.name} ${node.ip} ${label.region}${label.rack}!"),
              "a edge-1 10.0.0.7 eur1!");
    EXPECT_EQ(render("$${node.name} $host $$ $"), "${node.name} $host $$ $");
    EXPECT_EQ(render(""), "");
    EXPECT_NE(render("${label.zone}").find("'${label.zone}' is unknown"), std::string::npos);
    EXPECT_NE(render("${label.}").find("unknown"), std::string::npos);
    EXPECT_NE(render("${}").find("unknown"), std::string::npos);
    EXPECT_NE(render("${node.name").find("no closing brace"), std::string::npos);
    EXPECT_NE(render("${node.name\n}").find("no closing brace"), std::string::npos);
    EXPECT_FALSE(render_template("${node.ip}", "n", "", labels));
}

TEST(WireTemplate, caps_what_it_renders) {
    const Labels labels = {{"l", std::string(60'000, 'x')}};
    std::string text;
    for (int i = 0; i < 1'000; ++i)
        text += "${label.l}";
    EXPECT_FALSE(render_template(text, "n", "i", labels));
}

TEST(WirePayload, says_which_file_everybody_could_write) {
    const auto loose = [](const char* mode) {
        const Json file = {{"path", "bin/run"}, {"content", ""}, {"mode", mode}};
        return loose_file(*parse_payload(Json{{"files", {file}}}.dump()));
    };
    for (const char* mode : {"0644", "0755", "0600", "0664", "0775", "0771", "0444"}) {
        EXPECT_EQ(loose(mode), "") << mode;
    }
    for (const char* mode : {"0666", "0777", "0002", "646"}) {
        EXPECT_EQ(
            loose(mode),
            "payload: file 'bin/run': its mode lets everybody on the node write it; take that "
            "away (chmod o-w: 0644, 0755)")
            << mode;
    }
    EXPECT_EQ(loose_file(Payload{}), "");
}

}  // namespace
}  // namespace edgeroll::release::wire
