// Which nodes answered when this process last asked them.
#pragma once

#include <set>
#include <string>
#include <utility>

#include "release/conversation.hpp"
#include "release/model.hpp"

namespace edgeroll::control {

/// By address: a node with a new address counts as not reached. Loop thread.
class Reached {
  public:
    [[nodiscard]] bool knows(const release::Address& node) const {
        return known_.contains({node.ip, node.port});
    }
    void heard(const release::Address& node, release::Heard what) {
        const bool is_silence = what == release::Heard::not_sent ||
                                what == release::Heard::no_answer ||
                                what == release::Heard::wrong_peer;
        if (is_silence) {
            known_.erase({node.ip, node.port});
        } else {
            known_.emplace(node.ip, node.port);
        }
    }

  private:
    std::set<std::pair<std::string, int>> known_;
};

}  // namespace edgeroll::control
