// Feeds a fuzz target its corpus without libFuzzer: every file as it is, cut off, and with bits
// flipped. The changes are the same in every run, so that a finding is found again.
//   fuzz_TARGET PATH...   files, or folders of files
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<char>;

constexpr std::size_t cuts = 24, flips = 48;

/// In memory of exactly that size, so that the sanitizer sees a read past the end.
void feed(const Bytes& bytes) {
    const auto copy = std::make_unique<std::uint8_t[]>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), copy.get());
    LLVMFuzzerTestOneInput(copy.get(), bytes.size());
}

Bytes bytes_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void feed_with_changes(const Bytes& bytes) {
    feed(bytes);
    if (bytes.empty()) return;
    for (std::size_t i = 0; i < cuts; ++i) {
        const auto kept = static_cast<std::ptrdiff_t>(bytes.size() * i / cuts);
        feed(Bytes(bytes.begin(), bytes.begin() + kept));
    }
    std::minstd_rand numbers(static_cast<unsigned>(bytes.size()));
    Bytes changed = bytes;
    for (std::size_t i = 0; i < flips; ++i) {
        const std::size_t at = numbers() % bytes.size();
        changed[at] = static_cast<char>(changed[at] ^ (1 << (numbers() % 8)));
        feed(changed);
        // Every other change stays, so that some inputs differ from the file in many places.
        if (i % 2 == 0) changed[at] = bytes[at];
    }
}

std::vector<fs::path> files_of(const fs::path& path) {
    if (!fs::is_directory(path)) return {path};
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(path))
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

int main(int argc, char** argv) {
    std::size_t count = 0;
    for (const char* const* argument = argv + 1; argument != argv + argc; ++argument) {
        for (const fs::path& file : files_of(*argument)) {
            std::printf("%s\n", file.c_str());
            std::fflush(stdout);  // names the file when the next line is a crash
            feed_with_changes(bytes_of(file));
            ++count;
        }
    }
    if (count == 0) std::fprintf(stderr, "there is no file to replay\n");
    return count == 0 ? 1 : 0;
}
