#include "control/store/db/server_words.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "release/text/utf8.hpp"

namespace edgeroll::control {
namespace {

constexpr std::size_t bytes_max = 300;
constexpr const char* quotes = "'\"`";

/// Errors that quote only names: of users, databases, tables, columns, keys, variables.
bool quotes_names_only(int number) {
    constexpr std::array known{
        1005, 1006, 1007, 1008, 1021, 1022, 1030, 1034, 1040, 1044, 1045, 1046, 1048, 1049, 1050,
        1051, 1054, 1060, 1061, 1067, 1071, 1091, 1114, 1115, 1118, 1130, 1142, 1143, 1146, 1153,
        1193, 1194, 1195, 1205, 1213, 1227, 1231, 1264, 1265, 1267, 1273, 1286, 1290, 1305, 1364,
        1370, 1406, 1412, 1615, 1665, 1451, 1452, 1785, 1792, 1836, 1932, 1969, 3024, 3819, 4025};
    const bool is_client = number >= 2000 && number < 3000;
    return is_client || std::find(known.begin(), known.end(), number) != known.end();
}

bool is_name_part(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("_.`'$- ").find(c) != std::string_view::npos;
}

/// Where the value ends and the server's text continues with a name: "... for key 'nodes_name'".
/// The last such place, since a value may contain the same words; npos unless only names follow.
std::size_t end_of_value(const std::string& text) {
    std::size_t found = std::string::npos;
    for (const char* words : {" for key ", " for column "}) {
        const std::size_t at = text.rfind(words);
        if (at == std::string::npos) continue;
        if (found == std::string::npos || at > found) found = at;
    }
    if (found == std::string::npos) return found;
    const bool is_names =
        std::all_of(text.begin() + static_cast<std::ptrdiff_t>(found), text.end(), is_name_part);
    return is_names ? found : std::string::npos;
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Skips the apostrophe of "can't".
std::size_t first_quote(const std::string& text) {
    std::size_t at = text.find_first_of(quotes);
    while (at != std::string::npos && at > 0 && is_letter(text[at - 1]) && at + 1 < text.size() &&
           is_letter(text[at + 1])) {
        at = text.find_first_of(quotes, at + 1);
    }
    return at;
}

std::string without_values(const std::string& text) {
    const std::size_t first = first_quote(text);
    if (first == std::string::npos) return text;
    // A value may contain quotes, and a long message may be cut within the value: unless only names
    // follow, no text behind the first quote is certain to be the server's own.
    const std::size_t end = end_of_value(text);
    const bool goes_on = end != std::string::npos && end > first;
    return text.substr(0, first) + "(a value)" + (goes_on ? text.substr(end) : "");
}

}  // namespace

std::string server_words(int number, const std::string& text) {
    std::string words = quotes_names_only(number) ? text : without_values(text);
    for (char& c : words) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    return release::cut_utf8(release::repair_utf8(words), bytes_max);
}

}  // namespace edgeroll::control
