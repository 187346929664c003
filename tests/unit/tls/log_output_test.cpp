#include "tls/rt/log_output.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <future>
#include <string>

namespace edgeroll::rt {
namespace {

using release::Millis;
using testing::EndsWith;
using testing::HasSubstr;

/// The two ends of a pipe or a socket with small buffers.
class Ends {
  public:
    explicit Ends(bool is_socket) {
        int ends[2];
        if (is_socket) {
            EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
            const int size = 4096;
            EXPECT_EQ(::setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
        } else {
            EXPECT_EQ(::pipe(ends), 0);
            EXPECT_GT(::fcntl(ends[1], F_SETPIPE_SZ, 4096), 0);
        }
        read_end = ends[0];
        write_end = ends[1];
    }
    ~Ends() {
        ::close(read_end);
        if (write_end >= 0) ::close(write_end);
    }
    Ends(const Ends&) = delete;
    Ends& operator=(const Ends&) = delete;

    /// Everything available, up to a line with this word.
    [[nodiscard]] std::string read_up_to(const std::string& word) const {
        std::string text;
        std::array<char, 4096> chunk{};
        while (text.find(word) == std::string::npos || text.back() != '\n') {
            const ssize_t size = ::read(read_end, chunk.data(), chunk.size());
            if (size <= 0) break;
            text.append(chunk.data(), static_cast<std::size_t>(size));
        }
        return text;
    }

    int read_end = -1, write_end = -1;
};

std::string count_line(std::uint64_t count) {
    return "dropped " + std::to_string(count) + "\n";
}

std::string line(int number) {
    return "line " + std::to_string(number) + " " + std::string(100, 'x') + "\n";
}

class LogOutputTo : public testing::TestWithParam<bool> {};

TEST_P(LogOutputTo, writes_at_once_when_there_is_room) {
    const Ends ends(GetParam());
    LogOutput output(ends.write_end, count_line);
    output.write("one\n");
    std::array<char, 16> chunk{};
    EXPECT_EQ(::read(ends.read_end, chunk.data(), chunk.size()), 4);
    EXPECT_TRUE(output.flush(Millis(0)));
    EXPECT_EQ(::fcntl(ends.write_end, F_GETFL) & O_NONBLOCK, 0) << "the flags are everybody's";
}

TEST_P(LogOutputTo, keeps_lines_for_a_slow_reader_and_counts_what_it_drops) {
    const Ends ends(GetParam());
    LogOutput output(ends.write_end, count_line, 20'000);
    // Without a reader, and no write may wait: a blocking write would hang for ever.
    auto writing = std::async(std::launch::async, [&] {
        for (int i = 0; i < 2'000; ++i)
            output.write(line(i));
    });
    ASSERT_EQ(writing.wait_for(std::chrono::seconds(20)), std::future_status::ready);
    EXPECT_FALSE(output.flush(Millis(10)));
    const std::string text = ends.read_up_to("dropped ");
    EXPECT_TRUE(output.flush(Millis(10'000)));
    // In order and whole, without a gap except the reported gap.
    std::string expected;
    int taken = 0;
    while (expected.size() + line(taken).size() <= text.rfind("dropped ")) {
        expected += line(taken);
        ++taken;
    }
    EXPECT_GT(expected.size(), 20'000U);
    EXPECT_EQ(text, expected + count_line(static_cast<std::uint64_t>(2'000 - taken)));
    output.write("after\n");
    EXPECT_EQ(ends.read_up_to("after"), "after\n");
}

INSTANTIATE_TEST_SUITE_P(All, LogOutputTo, testing::Bool(),
                         [](const auto& which) { return which.param ? "a_socket" : "a_pipe"; });

TEST(LogOutput, does_not_fail_when_nobody_reads_any_more_or_nothing_is_there) {
    std::signal(SIGPIPE, SIG_IGN);
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    LogOutput output(ends[1], count_line);
    ::close(ends[0]);
    output.write("lost\n");
    output.write("lost too\n");
    EXPECT_TRUE(output.flush(Millis(10'000)));
    // The file is replaced by another file: the loss is reported there.
    int others[2];
    ASSERT_EQ(::pipe(others), 0);
    ASSERT_EQ(::dup2(others[1], ends[1]), ends[1]);
    output.write("heard\n");
    std::array<char, 64> chunk{};
    const ssize_t size = ::read(others[0], chunk.data(), chunk.size());
    EXPECT_EQ(std::string(chunk.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))),
              "dropped 2\nheard\n");
    ::close(ends[1]);
    output.write("closed\n");
    EXPECT_TRUE(output.flush(Millis(10'000)));
    for (const int end : others)
        ::close(end);
}

TEST(LogOutput, ends_while_a_reader_stalls) {
    const Ends ends(false);
    LogOutput output(ends.write_end, count_line);
    for (int i = 0; i < 100; ++i)
        output.write(line(i));
    EXPECT_FALSE(output.flush(Millis(1)));
}

}  // namespace
}  // namespace edgeroll::rt
