#include "release/wire/json_words.hpp"

#include <algorithm>
#include <set>

namespace edgeroll::release::wire {

Json list_of_words(std::string_view rest) {
    Json words = Json::array();
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        words.push_back(std::string(rest.substr(0, comma)));
        rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
    }
    return words;
}

std::string words_of(const Json& data, const char* field) {
    constexpr std::size_t words_max = 32, word_bytes_max = 64;
    const auto found = data.find(field);
    if (found == data.end() || !found->is_array()) return {};
    std::set<std::string> words;
    for (const Json& value : *found) {
        if (!value.is_string() || words.size() == words_max) continue;
        const auto& word = value.get_ref<const std::string&>();
        const bool is_word = !word.empty() && word.size() <= word_bytes_max &&
                             std::ranges::all_of(word, [](unsigned char c) {
                                 return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                        (c >= '0' && c <= '9') || c == '_' || c == ':';
                             });
        if (is_word) words.insert(word);
    }
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : ",") + word;
    return text;
}

}  // namespace edgeroll::release::wire
