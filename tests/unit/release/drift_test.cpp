#include "release/fleet/drift.hpp"

#include <gtest/gtest.h>

#include <string>

namespace edgeroll::release {
namespace {

const std::string wanted(64, 'a'), other(64, 'b');

Held seen(ObservedContent content, const std::string& sha256) {
    Held held;
    held.applied_version = Version{7};
    held.applied_sha256 = wanted;
    held.observed.content = content;
    held.observed.version = Version{7};
    held.observed.sha256 = sha256;
    return held;
}

TEST(Drift, is_what_lies_there_and_not_what_was_put_there) {
    EXPECT_EQ(drift_of(wanted, seen(ObservedContent::whole, wanted)), DriftKind::none);
    EXPECT_EQ(drift_of(wanted, seen(ObservedContent::whole, other)), DriftKind::behind);
    EXPECT_EQ(drift_of(wanted, seen(ObservedContent::changed, other)), DriftKind::changed_on_disk);
    EXPECT_EQ(drift_of(wanted, seen(ObservedContent::changed, "")), DriftKind::changed_on_disk);
    EXPECT_EQ(drift_of(wanted, seen(ObservedContent::empty, "")), DriftKind::empty);
}

TEST(Drift, of_a_changed_node_that_was_given_another_content_is_behind) {
    Held held = seen(ObservedContent::changed, other);
    held.applied_sha256 = other;
    EXPECT_EQ(drift_of(wanted, held), DriftKind::behind);
}

TEST(Drift, without_an_observation_goes_by_what_was_applied) {
    Held held;
    EXPECT_EQ(drift_of(wanted, held), DriftKind::unknown);
    held.applied_sha256 = other;
    EXPECT_EQ(drift_of(wanted, held), DriftKind::behind);
    held.applied_sha256 = wanted;
    EXPECT_EQ(drift_of(wanted, held), DriftKind::none);
}

TEST(Drift, of_an_agent_that_cannot_look_goes_by_versions_first) {
    // An older agent's digest of the same content, by the older rule.
    EXPECT_EQ(drift_of(wanted, seen(ObservedContent::believed, other)), DriftKind::none);
    Held held = seen(ObservedContent::believed, other);
    held.observed.version = Version{6};
    EXPECT_EQ(drift_of(wanted, held), DriftKind::behind) << "it went back by itself";
    held.observed.sha256 = wanted;
    EXPECT_EQ(drift_of(wanted, held), DriftKind::none);
    held.observed.sha256.clear();
    EXPECT_EQ(drift_of(wanted, held), DriftKind::unknown);
}

TEST(Drift, of_a_node_whose_agent_could_not_look_is_unknown) {
    Held held = seen(ObservedContent::believed, wanted);
    held.observed.capabilities = "secrets";
    EXPECT_EQ(drift_of(wanted, held), DriftKind::none);
    held.observed.remark = "conf.d/key.pem: Permission denied";
    EXPECT_EQ(drift_of(wanted, held), DriftKind::unknown);
}

TEST(Drift, sees_labels_that_a_template_would_fill_in_otherwise) {
    Held held = seen(ObservedContent::whole, wanted);
    held.observed.facts_sha256 = "old";
    held.facts_sha256 = "new";
    EXPECT_EQ(drift_of(wanted, held), DriftKind::stale_labels);
    held.facts_sha256 = "old";
    EXPECT_EQ(drift_of(wanted, held), DriftKind::none);
    held.facts_sha256.clear();
    EXPECT_EQ(drift_of(wanted, held), DriftKind::none) << "the templates are not known";
    held.facts_sha256 = "new";
    held.observed.facts_sha256.clear();
    EXPECT_EQ(drift_of(wanted, held), DriftKind::none) << "the agent named no facts";
}

}  // namespace
}  // namespace edgeroll::release
