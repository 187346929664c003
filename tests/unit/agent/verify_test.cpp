// What proves that a version is served, and what does not.
#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <vector>

#include "agent/verify.hpp"
#include "tests/support/manual_clock.hpp"

namespace edgeroll::agent {
namespace {

using apply::StepResult;
using test::ManualClock;
using ::testing::HasSubstr;

StepResult exit_status(int status) {
    StepResult result;
    result.exit_code = status;
    result.is_ok = status == 0;
    if (status != 0) result.error = "exit status " + std::to_string(status);
    return result;
}

/// A server that answers version 2 from `new_from` on, and version 1 before; at the times in
/// `relapses` an old worker answers once more.
struct World {
    boost::asio::io_context loop;
    ManualClock clock{loop};
    release::Instant begun = clock.now();
    Millis new_from{0};
    std::vector<Millis> relapses;
    Millis answer_time{1};
    int asked = 0;
    std::vector<Millis> runs;  ///< when the command was run
    std::function<StepResult()> command = [] { return exit_status(0); };
    bool is_stopping = false;
    bool has_url = true;
    Millis time{60'000};
    VerifyPace pace;

    [[nodiscard]] Millis now() const { return clock.now() - begun; }
    bool is_new() {
        const auto relapse = std::ranges::find_if(relapses, [&](Millis at) { return at <= now(); });
        if (relapse != relapses.end()) {
            relapses.erase(relapse);
            return false;
        }
        return now() >= new_from;
    }

    class Prober final : public UrlProber {
      public:
        explicit Prober(World& world) : world_(world) {}
        boost::asio::awaitable<Finding> get(std::string, Millis timeout) override {
            ++world_.asked;
            const auto done = world_.clock.now() + std::min(world_.answer_time, timeout);
            co_await world_.clock.sleep_until(done);
            Finding finding;
            if (timeout < world_.answer_time) {
                finding.error = "no answer in time";
                co_return finding;
            }
            finding.status = 200;
            finding.body = world_.is_new() ? " 2 \n" : "1";
            co_return finding;
        }

      private:
        World& world_;
    };
    Prober prober{*this};

    boost::asio::awaitable<StepResult> run_command() {
        runs.push_back(now());
        co_return command();
    }

    StepResult verify() {
        Verification verification;
        if (has_url) verification.url = "http://server/edgeroll-version";
        verification.version = release::Version{2};
        verification.until = clock.now() + time;
        verification.url_wait = time;
        verification.pace = pace;
        verification.is_stopping = [this] { return is_stopping; };
        verification.command = [this](Millis) { return run_command(); };
        std::optional<StepResult> result;
        boost::asio::co_spawn(loop, verify_version(prober, clock, std::move(verification)),
                              [&](std::exception_ptr failure, StepResult verified) {
                                  EXPECT_FALSE(failure);
                                  result = std::move(verified);
                              });
        for (int i = 0; i < 1000 && !result; ++i)
            clock.advance(Millis(100));
        EXPECT_TRUE(result);
        return result.value_or(StepResult{});
    }
};

TEST(Verify, wants_the_version_three_times_running_over_a_third_of_a_second) {
    World world;
    const StepResult result = world.verify();
    EXPECT_TRUE(result.is_ok);
    EXPECT_THAT(result.output, HasSubstr("http://server/edgeroll-version answers 2"));
    EXPECT_GE(world.runs.at(0), Millis(300));
    EXPECT_GE(world.asked, 3);

    World slow;  // three answers take longer than this
    slow.answer_time = Millis(1'000);
    EXPECT_TRUE(slow.verify().is_ok);
    EXPECT_GE(slow.runs.at(0), Millis(3'000));
}

TEST(Verify, begins_anew_when_an_old_worker_answers_in_between) {
    World world;
    world.new_from = Millis(1'000);
    world.relapses = {Millis(1'250), Millis(1'500)};
    EXPECT_TRUE(world.verify().is_ok);
    EXPECT_GE(world.runs.at(0), Millis(1'800));
    EXPECT_EQ(world.runs.size(), 1U);
}

TEST(Verify, runs_the_command_only_against_the_version_and_believes_a_failure_then) {
    World world;
    world.new_from = Millis(2'000);
    world.command = [&] { return exit_status(22); };
    const StepResult result = world.verify();
    EXPECT_FALSE(result.is_ok);
    EXPECT_EQ(result.error, "exit status 22");
    EXPECT_EQ(world.runs.size(), 1U);
    EXPECT_GE(world.runs[0], Millis(2'300));
}

TEST(Verify, repeats_the_round_when_the_old_version_answers_after_the_command) {
    for (const int first :
         {0, 22}) {  // what the command found came from the old version, good or bad
        for (const int second : {0, 22}) {
            World world;
            world.command = [&] {
                if (world.runs.size() > 1) return exit_status(second);
                world.relapses = {world.now()};
                return exit_status(first);
            };
            const StepResult result = world.verify();
            EXPECT_EQ(result.exit_code, second);
            EXPECT_EQ(result.is_ok, second == 0);
            EXPECT_EQ(world.runs.size(), 2U);
        }
    }
}

TEST(Verify, fails_when_the_version_is_never_answered_and_says_what_was) {
    World world;
    world.time = Millis(3'000);
    world.new_from = Millis(60'000);
    const StepResult result = world.verify();
    EXPECT_FALSE(result.is_ok);
    EXPECT_THAT(result.error, HasSubstr("does not answer version 2; its last answer was '1'"));
    EXPECT_TRUE(world.runs.empty());
    EXPECT_LE(world.now(), Millis(3'200));
}

TEST(Verify, tells_the_command_s_failure_too_when_the_old_version_came_back) {
    World world;
    world.time = Millis(3'000);
    world.command = [&] {
        world.new_from = Millis(60'000);
        return exit_status(22);
    };
    const StepResult result = world.verify();
    EXPECT_FALSE(result.is_ok);
    EXPECT_THAT(result.error, HasSubstr("its last answer was '1'; AGENT_VERIFY_CMD said: exit "));
    EXPECT_EQ(world.runs.size(), 1U);
}

TEST(Verify, tells_what_was_wrong_and_not_that_the_last_try_was_cut_short) {
    World world;
    world.time = Millis(7'000);
    world.new_from = Millis(60'000);
    world.answer_time = Millis(4'000);  // the second run is cut short
    EXPECT_THAT(world.verify().error, HasSubstr("its last answer was '1'"));
}

TEST(Verify, is_not_failed_by_the_end_of_the_time_in_the_middle_of_good_answers) {
    World world;
    world.time = Millis(200);  // less time than certainty needs
    EXPECT_TRUE(world.verify().is_ok);
    World bad;
    bad.time = Millis(200);
    bad.relapses = {Millis(250)};
    EXPECT_FALSE(bad.verify().is_ok);
}

TEST(Verify, repeats_a_failing_command_for_some_seconds_without_a_url) {
    World world;
    world.has_url = false;
    world.command = [&] { return exit_status(world.now() < Millis(3'000) ? 22 : 0); };
    EXPECT_TRUE(world.verify().is_ok);
    EXPECT_GE(world.runs.at(0), Millis(300)) << "a reload takes effect a moment later";
    EXPECT_EQ(world.asked, 0);

    World bad;
    bad.has_url = false;
    bad.command = [] { return exit_status(22); };
    EXPECT_EQ(bad.verify().error, "exit status 22");
    EXPECT_GT(bad.runs.size(), 5U);
    EXPECT_GE(bad.runs.back(), Millis(4'000));
    EXPECT_LE(bad.runs.back(), Millis(5'300));
    World short_of_time;
    short_of_time.has_url = false;
    short_of_time.time = Millis(1'000);
    short_of_time.command = [] { return exit_status(22); };
    EXPECT_FALSE(short_of_time.verify().is_ok);
    EXPECT_LE(short_of_time.runs.back(), Millis(1'000));
}

TEST(Verify, ends_when_the_agent_stops) {
    for (const bool has_url : {true, false}) {
        World world;
        world.has_url = has_url;
        world.new_from = Millis(60'000);
        world.command = [] { return exit_status(22); };
        world.is_stopping = true;
        EXPECT_FALSE(world.verify().is_ok);
        EXPECT_LE(world.now(), Millis(1'000));
    }
}

}  // namespace
}  // namespace edgeroll::agent
