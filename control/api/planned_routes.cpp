#include <array>
#include <string>
#include <utility>

#include "control/api/respond.hpp"
#include "control/api/routes.hpp"

namespace edgeroll::control::api {
namespace {

awaitable<Response> not_yet(std::string what) {
    co_return refuse(release::code::wrong_state, what + " is not available in this version");
}

}  // namespace

void add_planned_routes(tls::Router& router, Guard& guard) {
    struct Planned {
        const char* method;
        const char* pattern;
        const char* name;
        Role needed;
    };
    constexpr std::array planned{
        Planned{"GET", "/api/v1/releases/{id}/events", "the list of events", Role::viewer}};
    for (const Planned& route : planned) {
        Action action = [name = route.name](Request, Caller) { return not_yet(name); };
        router.add(route.method, route.pattern, guard.guarded(route.needed, std::move(action)));
    }
}

}  // namespace edgeroll::control::api
