// What the proof of a version says when it fails.
#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "agent/prove.hpp"
#include "tls/rt/clock.hpp"

namespace edgeroll::agent {
namespace {

using ::testing::HasSubstr;

/// The first question is refused at once, every further one hangs until its time is up.
class HangingProber final : public UrlProber {
  public:
    explicit HangingProber(tls::rt::Clock& clock) : clock_(clock) {}
    boost::asio::awaitable<Finding> get(std::string, Millis timeout) override {
        Finding finding;
        finding.error = "the certificate has expired";
        if (++count_ == 1) co_return finding;
        co_await clock_.sleep_until(clock_.now() + timeout);
        finding.error = "no answer within " + std::to_string(timeout.count()) + " ms";
        co_return finding;
    }

  private:
    tls::rt::Clock& clock_;
    int count_ = 0;
};

TEST(Prove, tells_what_was_wrong_and_not_that_the_last_try_was_cut_short) {
    boost::asio::io_context loop;
    const auto clock = tls::rt::make_clock(loop.get_executor());
    HangingProber prober(*clock);
    Proof proof;
    proof.url = "https://server/edgeroll-version";
    proof.version = release::Version{7};
    proof.until = clock->now() + Millis(200);
    proof.is_stopping = [] { return false; };
    apply::StepResult result;
    boost::asio::co_spawn(loop, prove_version(prober, *clock, std::move(proof)),
                          [&](std::exception_ptr failure, apply::StepResult proven) {
                              EXPECT_FALSE(failure);
                              result = std::move(proven);
                          });
    loop.run();
    EXPECT_FALSE(result.is_ok);
    EXPECT_THAT(result.error, HasSubstr("does not answer version 7; its last answer was the "
                                        "certificate has expired"));
}

}  // namespace
}  // namespace edgeroll::agent
