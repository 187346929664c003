#include "control/api/gate_preview.hpp"

#include <memory>
#include <utility>

#include "control/api/names/field_names.hpp"
#include "control/api/view_parts.hpp"
#include "release/gate_query.hpp"
#include "tls/rt/signal.hpp"
#include "tls/rt/spawn.hpp"

namespace edgeroll::control::api {
namespace {

using release::AskGate;
using release::GateAnswer;

constexpr release::Millis at_most{10'000};
constexpr std::int64_t supposed_since_sec = 60;

release::QueryValues values_of(const CreatedRelease& created) {
    release::QueryValues values;
    values.version = created.version.value;
    values.batch = 1;
    values.since_sec = supposed_since_sec;
    for (std::size_t i = 0; i < created.plan.size() && i < created.names.size(); ++i) {
        (created.plan[i].batch == 1 ? values.released : values.peers).push_back(created.names[i]);
    }
    values.peers = release::sample_of(std::move(values.peers));
    return values;
}

struct Answers {
    std::vector<PreviewedGate> gates;
    std::size_t awaited = 0;
    rt::Signal all;
};

awaitable<void> ask(Gates& gates, AskGate what, std::shared_ptr<Answers> answers) {
    GateAnswer& answer = answers->gates[what.index].answer;
    answer = co_await gates.ask(std::move(what), at_most);
    if (--answers->awaited == 0) answers->all.notify();
}

}  // namespace

awaitable<std::vector<PreviewedGate>> preview_gates(boost::asio::any_io_executor executor,
                                                    Gates& gates, const CreatedRelease& created) {
    auto answers = std::make_shared<Answers>();
    const release::QueryValues values = values_of(created);
    std::vector<AskGate> questions;
    for (std::size_t i = 0; i < created.gates.size(); ++i) {
        const release::Gate& gate = created.gates[i];
        PreviewedGate& previewed = answers->gates.emplace_back();
        previewed.gate = gate;
        AskGate question;
        question.index = i;
        question.gate = gate;
        if (gate.prometheus) {
            auto query = release::resolved_query(gate.prometheus->query, values);
            if (!query) {
                previewed.answer.message = query.error().message;
                continue;
            }
            question.query = std::move(*query);
        }
        questions.push_back(std::move(question));
    }
    answers->awaited = questions.size();
    for (AskGate& question : questions)
        rt::spawn(executor, "gate preview", ask(gates, std::move(question), answers));
    if (!questions.empty()) co_await answers->all.wait();
    co_return std::move(answers->gates);
}

release::wire::Json json_of(const std::vector<PreviewedGate>& gates) {
    using release::wire::Json;
    Json list = Json::array();
    for (const PreviewedGate& previewed : gates) {
        Json entry = Json::object();
        entry[field::name] = previewed.gate.name;
        entry[field::verdict] = to_text(judgement(previewed.answer.kind));
        entry[field::rule] = rule_of(previewed.gate);
        entry[field::message] = previewed.answer.message;
        entry[field::detail] = detail_or_null(previewed.answer.detail);
        list.push_back(std::move(entry));
    }
    return list;
}

}  // namespace edgeroll::control::api
