// Bodies of requests to control's API: a new release, a change of a node.
#include <string>

#include "control/api/new_release.hpp"
#include "control/api/node_change.hpp"
#include "control/api/rfc3339.hpp"
#include "demand.hpp"
#include "release/result.hpp"
#include "release/text/web_url.hpp"
#include "release/wire/batch_config.hpp"
#include "release/wire/limit_change.hpp"

namespace {

namespace api = edgeroll::control::api;
namespace release = edgeroll::release;
using edgeroll::fuzz::demand;

template <class T>
void check_refusal(const release::Result<T>& result) {
    if (result) return;
    demand(result.error().code == release::code::invalid && !result.error().message.empty(),
           "a refusal has its code and says what is wrong");
}

void check(const edgeroll::control::NewRelease& wanted) {
    demand(wanted.batch_config.empty() || release::wire::parse_batch_config(wanted.batch_config),
           "a batch_config that is kept can be read again");
    demand(wanted.batch_config.empty() ||
               release::wire::merge_batch_config(wanted.batch_config, {}) == wanted.batch_config,
           "a change of nothing leaves it as it is");
    demand(wanted.callback_url.empty() || release::parse_web_url(wanted.callback_url),
           "a callback can be called");
    demand(wanted.not_before.empty() || api::normal_time(wanted.not_before) == wanted.not_before,
           "a moment is in its normal form");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    edgeroll::tls::Request request;
    request.method = "POST";
    request.body = edgeroll::fuzz::text_of(data, size);
    request.headers["idempotency-key"] = "k";
    const auto wanted = api::read_new_release(request, {"ann", api::Role::admin, false});
    check_refusal(wanted);
    if (wanted) check(*wanted);
    for (const bool is_new : {false, true})
        check_refusal(api::read_node_change(request, is_new));
    return 0;
}
