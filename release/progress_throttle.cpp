#include "release/progress_throttle.hpp"

#include <utility>

namespace edgeroll::release {
namespace {

constexpr Millis progress_pause{1'000};
constexpr Millis trouble_patience{2'000};
constexpr Millis trouble_pause{10'000};

}  // namespace

ProgressThrottle::ProgressThrottle(NodeId node, std::string task_id, Trouble trouble,
                                   bool is_own_agent)
    : node_(node),
      task_id_(std::move(task_id)),
      trouble_(std::move(trouble)),
      is_own_agent_(is_own_agent) {}

Progressed ProgressThrottle::event() const {
    Progressed event;
    event.node = node_;
    event.task_id = task_id_;
    return event;
}

std::optional<Progressed> ProgressThrottle::answered(const Answer& answer, Instant now,
                                                     bool is_first) {
    const bool is_accepted = answer.heard == Heard::accepted;
    const bool known = is_own_agent_;
    if (is_accepted) is_own_agent_ = !answer.capabilities.empty();
    const bool is_news = is_own_agent_ != known && !is_first;
    const bool is_running = is_accepted && answer.status == TaskStatus::running;
    const bool is_further = is_running && answer.progress > progress_ &&
                            (progress_ == 0 || now - told_at_ >= progress_pause);
    if (!is_news && !is_further) return std::nullopt;
    Progressed told = event();
    told.is_own_agent = is_own_agent_;
    if (is_further) {
        told.progress = progress_ = answer.progress;
        told_at_ = now;
    }
    return told;
}

std::optional<Progressed> ProgressThrottle::fell_silent(Instant since, bool may_have_task,
                                                        Instant now) {
    const bool is_same =
        since == silent_since_ && (since == never || may_have_task == may_have_task_);
    if (is_same || (since != never && now - since < trouble_patience)) return std::nullopt;
    silent_since_ = since;
    may_have_task_ = may_have_task;
    Progressed told = event();
    told.silent_since = since;
    told.may_have_task = may_have_task;
    return told;
}

std::optional<Progressed> ProgressThrottle::troubled(
    const std::optional<Conversation::Trouble>& trouble, Instant now) {
    if (!trouble && trouble_.is_none()) return std::nullopt;
    if (trouble) {
        if (trouble->what == trouble_ || now - trouble->since < trouble_patience) {
            return std::nullopt;
        }
        if (!trouble_.is_none() && now - trouble_told_at_ < trouble_pause) return std::nullopt;
    }
    trouble_ = trouble ? trouble->what : Trouble{};
    trouble_told_at_ = now;
    Progressed told = event();
    told.trouble = trouble_;
    if (trouble) told.until = trouble->until;
    return told;
}

}  // namespace edgeroll::release
