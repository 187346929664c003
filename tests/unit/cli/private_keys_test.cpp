#include "control/cli/private_keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/cli/der_key.hpp"
#include "release/text/base64.hpp"

namespace edgeroll::cli {
namespace {

using ::testing::ElementsAre;

const std::string line(64, 'M');

/// Not a real key, it only looks like a key.
std::string block(const std::string& label, const std::string& body = line + "\n" + line + "\n") {
    return "-----BEGIN " + label + "-----\n" + body + "-----END " + label + "-----\n";
}

std::string der(unsigned char tag, const std::string& value) {
    std::string element(1, static_cast<char>(tag));
    if (value.size() >= 0x80) {
        element += '\x82';
        element += static_cast<char>(value.size() >> 8U);
    }
    return element + static_cast<char>(value.size() & 0xffU) + value;
}
std::string sequence(const std::string& value) {
    return der(0x30, value);
}
std::string number(char value) {
    return der(0x02, std::string(1, value));
}
std::string object_id(const std::string& id) {
    return der(0x06, id);
}
const std::string large = der(0x02, std::string(256, '\x55'));
const std::string rsa = object_id("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01");

TEST(PrivateKeys, are_known_by_their_pem_block) {
    for (const char* label :
         {"PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY",
          "DSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK"}) {
        EXPECT_TRUE(is_private_key("a.pem", block(label))) << label;
        EXPECT_TRUE(is_private_key("a.pem", block("CERTIFICATE") + block(label))) << label;
    }
    EXPECT_TRUE(is_private_key("a", block("PRIVATE KEY", line + "\n"))) << "as small as Ed25519";
    EXPECT_TRUE(is_private_key("a", block("PRIVATE KEY").substr(0, 90))) << "without an end";
}

TEST(PrivateKeys, are_known_after_headers) {
    EXPECT_TRUE(is_private_key(
        "a", block("RSA PRIVATE KEY",
                   "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00112233\n\n" + line + "\n")));
    EXPECT_TRUE(is_private_key(
        "a", block("PGP PRIVATE KEY BLOCK", "Version: GnuPG v2\nComment: ours\n\n" + line + "\n")));
}

TEST(PrivateKeys, are_known_wherever_they_stand) {
    const std::string begin = "-----BEGIN PRIVATE KEY-----", end = "-----END PRIVATE KEY-----";
    EXPECT_TRUE(is_private_key("json", R"({"key":")" + begin + "\\n" + line + "\\n" + end + "\"}"));
    EXPECT_TRUE(is_private_key("json in json", begin + "\\\\n" + line + "\\\\n" + end));
    EXPECT_TRUE(is_private_key("yaml", "key: |\n    " + begin + "\n    " + line + "\n    " + end));
    EXPECT_TRUE(is_private_key("dos", begin + "\r\n" + line + "\r\n" + end));
    EXPECT_TRUE(is_private_key("one line", begin + " " + line + " " + end));
    EXPECT_TRUE(is_private_key("comment", "# " + begin + "\n# " + line + "\n# " + end));
    EXPECT_TRUE(is_private_key("js", "\"" + begin + "\\n\" +\n  \"" + line + "\\n\" +\n"));
    EXPECT_TRUE(is_private_key("after binary", std::string("\0\xff", 2) + begin + "\n" + line));
    EXPECT_TRUE(is_private_key("no blanks", begin + line + line + end));
    EXPECT_TRUE(is_private_key("small, no blanks", begin + line + end));
    EXPECT_TRUE(is_private_key("xml", begin + "&#10;" + line + "&#10;" + end));
    EXPECT_TRUE(is_private_key("php", begin + "\\n" + "MHcCAQEEI\\/" + line + "\\n" + end));
    EXPECT_TRUE(is_private_key("php twice", begin + "\\\\n" + "MHcC\\\\/a" + line + end));
    EXPECT_TRUE(is_private_key("after words", "as in " + begin + " of\n" + block("PRIVATE KEY")));
}

std::string utf16(const std::string& text, bool is_big_endian, bool has_mark) {
    std::string bytes = !has_mark ? "" : is_big_endian ? "\xfe\xff" : "\xff\xfe";
    for (const char c : text)
        bytes += is_big_endian ? std::string{'\0', c} : std::string{c, '\0'};
    return bytes;
}

TEST(PrivateKeys, are_known_in_utf_16) {
    for (const bool is_big_endian : {false, true}) {
        for (const bool has_mark : {false, true}) {
            const std::string text = "# ours\r\n" + block("EC PRIVATE KEY");
            EXPECT_TRUE(is_private_key("a.pem", utf16(text, is_big_endian, has_mark)));
            EXPECT_TRUE(is_private_key("a.pem", utf16(text, is_big_endian, has_mark) + "\n"));
            const std::string odd = "\u00fc" + utf16(text, is_big_endian, has_mark);
            EXPECT_TRUE(is_private_key("a.pem", odd)) << "after other characters";
            EXPECT_FALSE(
                is_private_key("a.pem", utf16(block("CERTIFICATE"), is_big_endian, has_mark)));
        }
    }
}

TEST(PrivateKeys, are_known_in_base64_of_the_whole_file) {
    const std::string pem = block("CERTIFICATE") + block("PRIVATE KEY");
    const std::string coded = release::encode_base64(pem);
    EXPECT_TRUE(is_private_key("a", coded));
    EXPECT_TRUE(is_private_key("a", coded + "\n"));
    EXPECT_TRUE(is_private_key("a", "\xef\xbb\xbf" + coded));
    std::string lines = coded;
    for (std::size_t at = 76; at < lines.size(); at += 78)
        lines.insert(at, "\r\n");
    EXPECT_TRUE(is_private_key("a", lines));
    const std::string der_key =
        sequence(number(1) + der(0x04, std::string(32, '\x55')) + der(0xa0, object_id("x")));
    EXPECT_TRUE(is_private_key("a", release::encode_base64(der_key)));
    for (const std::string& plain :
         {block("CERTIFICATE"), std::string("-----BEGIN PRIVATE KEY-----"),
          std::string(600, 'x')}) {
        EXPECT_FALSE(is_private_key("a", release::encode_base64(plain)));
    }
    EXPECT_FALSE(is_private_key("a", line));
    EXPECT_FALSE(is_private_key("a", "\n"));
}

TEST(PrivateKeys, are_known_in_base64_among_other_text) {
    const std::string coded = release::encode_base64(block("RSA PRIVATE KEY"));
    EXPECT_TRUE(is_private_key("secret.yaml", "data:\n  tls.key: " + coded + "\n"));
    EXPECT_TRUE(is_private_key("secret.json", R"({"data":{"tls.key":")" + coded + "\"}}"));
    const std::string other = release::encode_base64(block("CERTIFICATE"));
    EXPECT_FALSE(is_private_key("secret.yaml", "data:\n  tls.crt: " + other + "\n"));
    EXPECT_FALSE(is_private_key("a.md", "it begins with LS0tLS1CRUdJTi and so on"));
}

TEST(PrivateKeys, are_not_what_only_speaks_of_them) {
    const std::string begin = "-----BEGIN PRIVATE KEY-----";
    for (const std::string& text :
         {"A key begins with `" + begin + "`, followed by base64 of the whole structure.\n",
          "grep -q -- '" + begin + "' \"$file\" && exit 1\n", begin + "\n...\n", begin,
          begin + "\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDW...\n",
          begin + line.substr(0, 20) + "-----END PRIVATE KEY-----\n",
          begin + "-----END PRIVATE KEY-----" + line + line,
          begin + " and after that nothing but words of letters that nobody takes for base64",
          begin + " Schluesselverwaltung beginnt so und endet nach vielen anderen Zeichen",
          begin + "\n-----END PRIVATE KEY-----\n", block("PRIVATE KEY", "<base64 of the key>\n"),
          "the headers " + begin + "\nName: of the owner\nand so on, for a long time to come\n",
          "BEGIN PRIVATE KEY\n" + line + "\n", std::string("-----BEGIN \n") + line}) {
        EXPECT_FALSE(is_private_key("keys.md", text)) << text;
    }
}

TEST(PrivateKeys, are_not_certificates_requests_and_public_keys) {
    for (const char* label :
         {"CERTIFICATE", "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST", "PUBLIC KEY",
          "RSA PUBLIC KEY", "X509 CRL", "DH PARAMETERS", "EC PARAMETERS", "PKCS7",
          "PGP PUBLIC KEY BLOCK", "PGP MESSAGE", "TRUSTED CERTIFICATE"}) {
        EXPECT_FALSE(is_private_key("edge.pem", block(label))) << label;
        EXPECT_FALSE(is_private_key("edge.key", block(label))) << label;
    }
    EXPECT_FALSE(is_private_key("id.pub", "ssh-ed25519 " + line + " ann@example"));
    EXPECT_FALSE(is_private_key("empty", ""));
}

TEST(PrivateKeys, are_known_by_the_names_of_key_stores) {
    for (const char* path : {"a.p12", "tls/a.pfx", "A.JKS", "b.keystore", ".p12"})
        EXPECT_TRUE(is_private_key(path, "")) << path;
    for (const char* path : {"p12", "a.p12.txt", "a.key", "jks"})
        EXPECT_FALSE(is_private_key(path, "")) << path;
}

TEST(DerKey, is_known_by_its_outline) {
    const std::string secret = der(0x04, std::string(32, '\x55'));
    EXPECT_TRUE(is_der_key(sequence(number(0) + sequence(rsa) + secret))) << "PKCS#8";
    EXPECT_TRUE(is_der_key(sequence(number(1) + sequence(rsa) + secret + der(0xa1, "x"))));
    EXPECT_TRUE(is_der_key(sequence(number(0) + large + number(3) + large))) << "PKCS#1";
    EXPECT_TRUE(is_der_key(sequence(number(1) + secret))) << "SEC 1";
    EXPECT_TRUE(is_der_key(sequence(number(1) + secret + der(0xa0, object_id("x")))));
    const std::string pbes2 = object_id("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d");
    EXPECT_TRUE(is_der_key(sequence(sequence(pbes2 + sequence("")) + secret))) << "encrypted";
    const std::string data = object_id("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01");
    EXPECT_TRUE(is_der_key(sequence(number(3) + sequence(data + der(0xa0, "x"))))) << "PKCS#12";
    EXPECT_TRUE(is_private_key("edge.key", sequence(number(1) + secret)));
    EXPECT_TRUE(is_der_key(sequence(number(1) + secret) + "\r\n")) << "an editor's end of line";
}

TEST(DerKey, is_no_other_structure) {
    const std::string secret = der(0x04, std::string(32, '\x55'));
    const std::string key = sequence(number(1) + secret);
    EXPECT_FALSE(is_der_key(sequence(sequence(rsa) + der(0x03, line)))) << "public key";
    EXPECT_FALSE(is_der_key(sequence(large + number(3)))) << "RSA public key";
    EXPECT_FALSE(is_der_key(sequence(large + large + large))) << "parameters";
    EXPECT_FALSE(is_der_key(sequence(sequence(number(0) + sequence("")) + sequence(rsa))))
        << "request or certificate";
    EXPECT_FALSE(is_der_key(sequence(sequence(rsa) + secret))) << "a digest";
    EXPECT_FALSE(is_der_key(sequence(number(1) + sequence(rsa) + sequence("")))) << "a curve";
    EXPECT_FALSE(is_der_key(sequence(number(1) + der(0x04, "public") + der(0xa1, "x")))) << "SNMP";
    EXPECT_FALSE(is_der_key(sequence(number(1) + secret + number(1))));
    EXPECT_FALSE(is_der_key(sequence(number(0) + number(1) + number(2)))) << "small numbers";
    EXPECT_FALSE(is_der_key(key + "x"));
    for (std::size_t length = 0; length < key.size(); ++length)
        EXPECT_FALSE(is_der_key(key.substr(0, length))) << length;
    EXPECT_FALSE(is_der_key("\x30\x80\x02\x01\x01"));
    EXPECT_FALSE(is_der_key("\x30\x85\x01\x01\x01\x01\x01\x02\x01\x01"));
    EXPECT_FALSE(is_der_key("0123456789"));
}

TEST(PlainKeys, are_those_that_are_not_secret) {
    release::wire::Payload payload;
    payload.files.resize(3);
    for (std::size_t at = 0; at < 3; ++at) {
        payload.files[at].path = std::string(1, static_cast<char>('a' + at));
        payload.files[at].content = block("PRIVATE KEY");
    }
    payload.files[1].is_secret = true;
    EXPECT_THAT(plain_keys(payload), ElementsAre("a", "c"));
}

}  // namespace
}  // namespace edgeroll::cli
