// Faults of the world, and their end.
#include <algorithm>

#include "world.hpp"

namespace edgeroll::sim {

void World::trouble() {
    if (faults_.is_stopped()) return;
    if (faults_.happens(Fault::database_outage)) {
        server_.down_until = timeline_.now() + Millis{rng_.between(500, 12'000)};
        trace_.note(timeline_.now(), "database", "is down");
    }
    trouble_controls();
    trouble_agents();
    operator_.interfere();
    perhaps_make_again();
    timeline_.after(Millis{rng_.between(200, 3'000)}, [this] { trouble(); });
}

void World::restart_later(SimControl& control) {
    timeline_.after(Millis{rng_.between(200, 20'000)}, [&control] {
        if (!control.is_alive()) control.start();
    });
}

void World::perhaps_crash(const std::string& owner) {
    // A crash just after a write or a delivery does the most damage.
    for (const auto& control : controls_) {
        if (!control->owns(owner) || !faults_.happens(Fault::control_crash)) continue;
        control->crash();
        restart_later(*control);
    }
}

void World::trouble_controls() {
    for (const auto& control : controls_) {
        if (!control->is_alive() || control->is_paused()) continue;
        const std::string owner = control->owner();
        if (!network_.is_cut(owner) && faults_.happens(Fault::network_cut)) {
            const Instant until = timeline_.now() + Millis{rng_.between(1'000, 200'000)};
            network_.cut_until[owner] = until;
            witness_.network_cut(owner, until);
            trace_.note(timeline_.now(), owner, "reaches no node");
        }
        if (faults_.happens(Fault::control_crash)) {
            control->crash(static_cast<int>(rng_.between(0, 5)));
            restart_later(*control);
        } else if (faults_.happens(Fault::control_pause)) {
            const auto most = plan_.lease.count() * 3;
            control->pause_until(timeline_.now() + Millis{rng_.between(100, most)});
        } else if (!control->is_stopping() && faults_.happens(Fault::control_stop)) {
            SimControl* stopped = control.get();
            control->stop(Millis{5'000}, [this, stopped] { restart_later(*stopped); });
        }
    }
}

void World::trouble_agents() {
    SimNode& node = *rng_.pick(node_list_);
    const Instant now = timeline_.now();
    if (faults_.happens(Fault::agent_away)) {
        node.away_until = now + Millis{rng_.between(500, 60'000)};
        trace_.note(now, node.name(), "is away");
    }
    if (faults_.happens(Fault::wrong_certificate)) {
        node.wrong_certificate_until = now + Millis{rng_.between(100, 3'000)};
        trace_.note(now, node.name(), "shows a wrong certificate");
    }
    if (faults_.happens(Fault::agent_slow)) {
        node.slow_until = now + Millis{rng_.between(1'000, 60'000)};
    }
    if (faults_.happens(Fault::agent_dead)) {
        node.is_dead = true;
        trace_.note(now, node.name(), "is dead for ever");
    }
    if (faults_.happens(Fault::agent_wiped)) node.wipe();
    if (faults_.happens(Fault::live_edited)) node.edit();
    if (faults_.happens(Fault::agent_crash)) node.crash(Millis{rng_.between(100, 20'000)});
    for (SimNode* busy : node_list_) {
        const bool may_crash = busy->is_up() && busy->is_busy();
        if (may_crash && faults_.happens(Fault::agent_crash)) {
            busy->crash(Millis{rng_.between(100, 20'000)});
        }
    }
}

void World::heal() {
    trace_.note(timeline_.now(), "world", "faults stop");
    faults_.stop();
    witness_.expects_fast_return = false;  // who was away until now is not known any more
    server_.down_until = Instant{};
    network_.cut_until.clear();
    for (SimNode* node : node_list_) {
        node->away_until = node->wrong_certificate_until = node->slow_until = Instant{};
    }
    for (const auto& control : controls_) {
        control->resume();
        if (!control->is_alive()) control->start();
    }
    keep_settling();
}

void World::keep_settling() {
    operator_.settle();
    timeline_.after(Millis{3'000}, [this] { keep_settling(); });
}

}  // namespace edgeroll::sim
