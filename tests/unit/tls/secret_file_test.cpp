#include "tls/rt/secret_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace edgeroll::rt {
namespace {

using ::testing::HasSubstr;

class SecretFile : public ::testing::Test {
  protected:
    SecretFile() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "edgeroll-secret-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        std::ofstream(path()) << "s3cret\n";
    }
    ~SecretFile() override { std::filesystem::remove_all(folder_); }
    [[nodiscard]] std::string path() const { return folder_ + "/key"; }
    [[nodiscard]] std::string read(unsigned mode, LooseFiles loose = LooseFiles::refused,
                                   std::size_t most = 100) const {
        ::chmod(path().c_str(), mode);
        const auto text = read_secret_file(path(), {most, loose});
        return text ? *text : text.error().message;
    }
    std::string folder_;
};

TEST_F(SecretFile, is_for_its_owner_and_group) {
    for (const unsigned mode : {0400U, 0600U, 0640U, 0660U, 0700U, 0641U}) {
        EXPECT_EQ(read(mode), "s3cret\n") << std::oct << mode;
    }
}

TEST_F(SecretFile, is_refused_when_others_may_read_or_write_it) {
    EXPECT_EQ(read(0644),
              "may be read by everybody on this machine (mode 0644): chmod o= it, or set "
              "ALLOW_LOOSE_FILES=1");
    EXPECT_THAT(read(0604), HasSubstr("mode 0604"));
    EXPECT_THAT(read(0602), HasSubstr("may be written by everybody"));
    EXPECT_EQ(read(0666, LooseFiles::allowed), "s3cret\n");
}

TEST_F(SecretFile, is_judged_by_what_a_link_leads_to) {
    std::filesystem::create_symlink(path(), folder_ + "/link");
    ::chmod(path().c_str(), 0644);
    EXPECT_FALSE(read_secret_file(folder_ + "/link", {100, LooseFiles::refused}));
    ::chmod(path().c_str(), 0600);
    EXPECT_TRUE(read_secret_file(folder_ + "/link", {100, LooseFiles::refused}));
}

TEST_F(SecretFile, has_a_bound_and_must_be_there) {
    EXPECT_EQ(read(0600, LooseFiles::refused, 7), "s3cret\n");
    EXPECT_EQ(read(0600, LooseFiles::refused, 6), "is larger than 6 bytes");
    EXPECT_EQ(read_secret_file(folder_ + "/no", {9, LooseFiles::refused}).error().message,
              "cannot be read (No such file or directory)");
    EXPECT_THAT(read_secret_file(folder_, {9, LooseFiles::refused}).error().message,
                HasSubstr("cannot be read"));
}

TEST(LooseMode, is_of_regular_files_only) {
    EXPECT_TRUE(loose_mode_fault(S_IFREG | 0604));
    EXPECT_FALSE(loose_mode_fault(S_IFREG | 0671));
    EXPECT_FALSE(loose_mode_fault(S_IFIFO | 0666));
    EXPECT_FALSE(loose_mode_fault(S_IFCHR | 0666));
}

}  // namespace
}  // namespace edgeroll::rt
