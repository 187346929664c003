// An answer counts only for the order that was sent (docs/contract.md 5.4).
#include <utility>

#include "release/conversation.hpp"
#include "release/mutant.hpp"

namespace edgeroll::release {
namespace {

/// How an answer contradicts the order that was sent; empty: the answer may be about this order.
std::string contradiction(const TaskIdentity& said, const Order& sent) {
    const auto differs = [](const char* what, const std::string& is, const std::string& wanted) {
        if (is.empty() || is == wanted) return std::string();
        return std::string("its ") + what + " is " + is +
               (wanted.empty() ? " and nothing was sent" : ", not " + wanted);
    };
    std::string found;
    if (!sent.id.empty()) found = differs("orderId", said.order_id, sent.id);
    if (found.empty()) found = differs("type", said.type, std::string(to_text(sent.type)));
    if (found.empty()) found = differs("version", said.version, std::to_string(sent.version.value));
    // Without the order's name, the plain digest may belong to the same text taken literally.
    const bool is_plain = !sent.id.empty() && said.order_id == sent.id &&
                          !sent.plain_sha256.empty() && said.sha256 == sent.plain_sha256;
    if (found.empty() && sent.sha256 && !is_plain) {
        found = differs("sha256", said.sha256, *sent.sha256);
    }
    return found;
}

}  // namespace

Answer compared(Answer answer, const Order& sent) {
    if (answer.heard != Heard::accepted || has_mutant(Mutant::answer_not_compared)) return answer;
    const std::string wrong = contradiction(answer.about, sent);
    answer.is_certain = wrong.empty() && !sent.id.empty() && answer.about.order_id == sent.id;
    if (wrong.empty()) return answer;
    answer.heard = Heard::other_task;
    answer.message = "the agent has a task of another release under this id: " + wrong;
    return answer;
}

}  // namespace edgeroll::release
