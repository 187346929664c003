// The agent's journal: any bytes are legal, and what was understood can be written down again.
#include <string>

#include "agent/apply/journal_codec.hpp"
#include "agent/apply/journal_line.hpp"
#include "demand.hpp"

namespace {

namespace apply = edgeroll::agent::apply;
using edgeroll::fuzz::demand;

/// The lines with their checksums: nobody finds those by chance.
std::string with_checksums(std::string_view lines) {
    std::string text;
    while (!lines.empty()) {
        const std::string_view line = edgeroll::fuzz::take_line(lines);
        text += apply::checksum(line) + ' ' + std::string(line) + '\n';
    }
    return text;
}

void check(const apply::Replay& replay) {
    const apply::Book& book = replay.book;
    demand(book.details.size() == book.ledger.tasks.size(), "every task has its details");
    const std::string text = encode_book(book);
    const apply::Replay again = apply::decode_journal(text);
    demand(again.bad_lines == 0 && !again.is_torn, "a journal of what was read is whole");
    demand(encode_book(again.book) == text, "written and read again it is the same");
    demand(again.book.details == book.details, "with the same details");
    apply::Book pruned = book;
    apply::prune(pruned, 2, std::nullopt);
    demand(apply::decode_journal(encode_book(pruned)).bad_lines == 0, "pruned it is whole too");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = edgeroll::fuzz::text_of(data, size);
    check(apply::decode_journal(text));
    check(apply::decode_journal(with_checksums(text)));
    return 0;
}
