#include "release/unfit_keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgeroll::release {
namespace {

using testing::HasSubstr;

Gate gate_with(const std::string& query) {
    Gate gate;
    gate.name = "q";
    gate.prometheus.emplace();
    gate.prometheus->query = query;
    return gate;
}

TEST(UnfitKeys, has_nothing_against_plain_policies) {
    for (const int batches : {1, 2, 9}) {
        EXPECT_FALSE(unfit_keys(Policy{}, batches, true));
        EXPECT_FALSE(unfit_keys(Policy{}, batches, false));
    }
}

TEST(UnfitKeys, wants_something_after_the_batch_that_is_looked_at) {
    Policy policy;
    policy.bake = Millis{1};
    EXPECT_FALSE(unfit_keys(policy, 1, true));
    policy.has_final_look = false;
    EXPECT_FALSE(unfit_keys(policy, 2, true));
    EXPECT_THAT(*unfit_keys(policy, 1, true), HasSubstr("nothing after the only batch"));
}

TEST(UnfitKeys, wants_batches_after_the_proof_of_a_content) {
    Policy policy;
    policy.min_evidence = MinEvidence::check;
    EXPECT_FALSE(unfit_keys(policy, 2, true));
    EXPECT_THAT(*unfit_keys(policy, 1, true), HasSubstr("batches after the first"));
    EXPECT_THAT(*unfit_keys(policy, 2, false), HasSubstr("releases of a content"));
}

TEST(UnfitKeys, names_gates_that_no_look_asks) {
    Policy policy;
    policy.gates = {gate_with("up")};
    policy.gates[0].from_batch = 3;
    EXPECT_FALSE(unfit_keys(policy, 2, true)) << "the final look asks it";
    policy.has_final_look = false;
    EXPECT_FALSE(unfit_keys(policy, 4, true));
    EXPECT_EQ(*unfit_keys(policy, 3, true),
              "gate 'q' would never be asked: from_batch is 3, final_gate is false, and there are "
              "3 batches");
}

TEST(UnfitKeys, wants_peers_for_a_gate_that_compares_with_them) {
    Policy policy;
    policy.gates = {gate_with("{{released_re}}/{{peers_re}}")};
    EXPECT_THAT(*unfit_keys(policy, 2, true), HasSubstr("looked at after the last batch"));
    EXPECT_FALSE(looks_at_the_end(policy));
    policy.bake = Millis{1};
    EXPECT_TRUE(looks_at_the_end(policy));
    EXPECT_FALSE(unfit_keys(policy, 2, true));
    EXPECT_THAT(*unfit_keys(policy, 1, true),
                HasSubstr("{{peers_re}} names nodes of later batches"));
    policy.gates[0].from_batch = 2;
    EXPECT_TRUE(unfit_keys(policy, 2, true));
    EXPECT_FALSE(unfit_keys(policy, 3, true));
}

}  // namespace
}  // namespace edgeroll::release
