#include <gtest/gtest.h>

#include <random>

#include "release/crypto/sha256.hpp"
#include "release/text/base64.hpp"
#include "release/text/utf8.hpp"
#include "release/wire/json_util.hpp"

namespace edgeroll::release::wire {
namespace {

constexpr std::size_t roomy = 1 << 20;

std::string json_error(std::string_view text, std::size_t bytes_max = roomy) {
    const auto parsed = parse_json(text, bytes_max);
    if (parsed) return "accepted: " + dump_json(*parsed);
    EXPECT_EQ(parsed.error().code, code::invalid);
    return parsed.error().message;
}

TEST(WireJson, parses_what_it_wrote) {
    const std::string text =
        R"({"a":[1,-2,3.5,true,false,null,"\u00e9",{"b":[]}],"c":18446744073709551615,"d":{}})";
    const auto parsed = parse_json(text, roomy);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(*parsed, Json::parse(text));
    EXPECT_EQ(parse_json(dump_json(*parsed), roomy).value(), *parsed);
}

TEST(WireJson, accepts_scalars_and_blanks_around) {
    EXPECT_EQ(parse_json(" 7 \n", roomy).value(), Json(7));
    EXPECT_EQ(parse_json("\"x\"", roomy).value(), Json("x"));
}

TEST(WireJson, refuses_broken_text_with_the_place) {
    EXPECT_EQ(json_error("{\"a\":}"), "not valid JSON at byte 6");
    EXPECT_NE(json_error("").find("not valid JSON"), std::string::npos);
    EXPECT_NE(json_error("{} x").find("not valid JSON"), std::string::npos);
    EXPECT_NE(json_error("{'a':1}").find("not valid JSON"), std::string::npos);
    EXPECT_NE(json_error("[1,]").find("not valid JSON"), std::string::npos);
    EXPECT_NE(json_error("NaN").find("not valid JSON"), std::string::npos);
    EXPECT_NE(json_error("// c\n{}").find("not valid JSON"), std::string::npos);
    EXPECT_NE(json_error("\"\\ud800\"").find("not valid"), std::string::npos);
    EXPECT_NE(json_error("1e999").find("out of range"), std::string::npos);
}

TEST(WireJson, refuses_a_nul_byte_that_would_hide_the_rest) {
    const std::string text = std::string("{}") + '\0' + "{\"a\":1}";
    EXPECT_EQ(json_error(text), "not valid JSON at byte 3");
}

TEST(WireJson, refuses_repeated_keys_at_any_depth) {
    EXPECT_EQ(json_error(R"({"version":1,"version":2})"), "key 'version' is repeated");
    EXPECT_EQ(json_error(R"([{"a":{"b":1,"c":2,"b":1}}])"), "key 'b' is repeated");
    EXPECT_EQ(json_error(R"({"a":1,"\u0061":1})"), "key 'a' is repeated");
    EXPECT_TRUE(parse_json(R"([{"a":1},{"a":1}])", roomy));
}

TEST(WireJson, refuses_what_is_too_deep_before_it_costs_anything) {
    const std::string deepest = std::string(json_depth_max, '[') + std::string(json_depth_max, ']');
    EXPECT_TRUE(parse_json(deepest, roomy));
    EXPECT_EQ(json_error("[" + deepest + "]"), "nested deeper than 32 levels");
    EXPECT_EQ(json_error(std::string(1'000'000, '[')), "nested deeper than 32 levels");
    std::string objects;
    for (int i = 0; i < 100'000; ++i)
        objects += "{\"a\":";
    EXPECT_EQ(json_error(objects), "nested deeper than 32 levels");
}

TEST(WireJson, refuses_what_is_too_large) {
    EXPECT_EQ(json_error("[1,2]", 4), "larger than 4 bytes");
    EXPECT_TRUE(parse_json("[1,2]", 5));
}

TEST(WireJson, refuses_bad_utf8) {
    for (const char* bad : {"\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf5\x80\x80\x80\"",
                            "\"\xe2\x82\"", "{\"\x80\":1}"}) {
        EXPECT_NE(json_error(bad).find("not valid UTF-8 at byte"), std::string::npos) << bad;
    }
    EXPECT_TRUE(parse_json("\"\xf0\x9f\x9a\x80\"", roomy));
}

TEST(WireJson, never_crashes_on_random_text) {
    std::mt19937 random(7);
    const std::string alphabet = "{}[]\",:0123456789.eE+-truefalsn\\u \n\x80\xff\xc3\xa9/";
    for (int round = 0; round < 20'000; ++round) {
        std::string text;
        const auto length = random() % 40;
        for (unsigned i = 0; i < length; ++i)
            text += alphabet[random() % alphabet.size()];
        const auto parsed = parse_json(text, roomy);
        if (parsed) {
            EXPECT_EQ(parse_json(dump_json(*parsed), roomy).value(), *parsed) << text;
        }
    }
}

TEST(WireJson, replaces_bad_utf8_when_writing) {
    EXPECT_EQ(dump_json(Json("a\xff")), "\"a\xEF\xBF\xBD\"");
    EXPECT_EQ(error_envelope(2002, "a \"b\"\n\xff"),
              "{\"code\":2002,\"message\":\"a \\\"b\\\"\\n\xEF\xBF\xBD\"}");
    EXPECT_EQ(success_envelope(Json::array()), R"({"code":0,"message":"success","data":[]})");
}

TEST(WireJson, getters_are_strict) {
    const Json object = Json::parse(
        R"({"t":"x","i":-5,"u":18446744073709551615,"f":3.9,"b":true,"n":null,"whole":2.0})");
    EXPECT_EQ(required_text(object, "t").value(), "x");
    EXPECT_EQ(required_integer(object, "i").value(), -5);
    EXPECT_EQ(optional_flag(object, "b").value(), std::optional(true));
    EXPECT_EQ(required_text(object, "i").error().message, "field 'i' must be a string");
    EXPECT_EQ(required_text(object, "n").error().message, "field 'n' is missing");
    EXPECT_EQ(required_integer(object, "f").error().message, "field 'f' must be an integer");
    EXPECT_EQ(required_integer(object, "whole").error().message,
              "field 'whole' must be an integer");
    EXPECT_FALSE(required_integer(object, "u"));
    EXPECT_FALSE(required_integer(object, "t"));
    EXPECT_FALSE(optional_flag(object, "i"));
    EXPECT_EQ(optional_text(object, "n").value(), std::nullopt);
    EXPECT_EQ(optional_integer(object, "absent").value(), std::nullopt);
    EXPECT_EQ(required_text(Json::array(), "t").error().message, "field 't' is missing");
}

TEST(WireJson, knows_the_http_status_of_every_code) {
    EXPECT_EQ(http_status(0), 200);
    for (int c : {1001, 1002, 1003})
        EXPECT_EQ(http_status(c), 401);
    EXPECT_EQ(http_status(1004), 403);
    for (int c : {2001, 2002})
        EXPECT_EQ(http_status(c), 400);
    EXPECT_EQ(http_status(3001), 404);
    for (int c : {3002, 3003})
        EXPECT_EQ(http_status(c), 409);
    EXPECT_EQ(http_status(5001), 500);
    EXPECT_EQ(http_status(5002), 503);
    EXPECT_EQ(http_status(5002, false), 500);
    EXPECT_EQ(http_status(5003), 503);
    EXPECT_EQ(http_status(12345), 500);
}

TEST(WireText, repairs_and_cuts_without_halving_characters) {
    EXPECT_EQ(repair_utf8("a\xff\xe2\x82z"), "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz");
    EXPECT_EQ(cut_utf8("a\xc3\xa9z", 2), "a");
    EXPECT_EQ(cut_utf8("a\xc3\xa9z", 3), "a\xc3\xa9");
    EXPECT_EQ(cut_utf8("\x80\x80\x80", 2), "");
    std::mt19937 random(11);
    for (int round = 0; round < 5'000; ++round) {
        std::string text;
        for (auto i = random() % 20; i > 0; --i)
            text += static_cast<char>(random() % 256);
        const std::string repaired = repair_utf8(text);
        EXPECT_EQ(repair_utf8(repaired), repaired);
        EXPECT_TRUE(parse_json(dump_json(Json(repaired)), roomy));
        const std::string cut = cut_utf8(repaired, 7);
        EXPECT_EQ(repair_utf8(cut), cut);
    }
}

TEST(WireBase64, round_trips_and_is_strict) {
    std::mt19937 random(3);
    for (int round = 0; round < 2'000; ++round) {
        std::string bytes;
        for (auto i = random() % 50; i > 0; --i)
            bytes += static_cast<char>(random() % 256);
        EXPECT_EQ(decode_base64(encode_base64(bytes)), bytes);
        EXPECT_EQ(decode_base64url(encode_base64url(bytes)), bytes);
    }
    EXPECT_EQ(encode_base64("foob"), "Zm9vYg==");
    for (const char* bad : {"Zm9vYg", "Zm9vYg=", "Zm9vYg===", "Zm9v Yg=", "Zm9vYh==", "====",
                            "Zg=v", "Z===", "Zm9v-g=="}) {
        EXPECT_FALSE(decode_base64(bad)) << bad;
    }
    EXPECT_FALSE(decode_base64url("Zg=="));
    EXPECT_FALSE(decode_base64url("Z"));
    EXPECT_EQ(decode_base64("").value(), "");
}

TEST(WireDigest, sha256_of_known_text) {
    EXPECT_EQ(sha256_hex("abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(WireJson, has_a_bounded_number_of_values) {
    std::string text = "[";
    for (int i = 0; i < 200'000; ++i)
        text += "[],";
    text += "[]]";
    const auto many = parse_json(text, 1U << 20);
    ASSERT_FALSE(many);
    EXPECT_EQ(many.error().message, "more values than anything here has");
    EXPECT_TRUE(parse_json("[" + std::string(900 * 2, ' ') + "[],[],[]]", 4096));
    std::string few = "[0";
    for (int i = 0; i < 998; ++i)
        few += ",0";
    EXPECT_TRUE(parse_json(few + "]", few.size() + 1)) << "small texts may have their values";
}

}  // namespace
}  // namespace edgeroll::release::wire
