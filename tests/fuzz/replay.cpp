// Feeds a fuzz target each file of its corpus once: what the fuzzer has found once stays found, with any
// compiler. Linked with one <name>_fuzz.cpp.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include <gtest/gtest.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// One more step, so that the name is expanded before TEST pastes it.
#define TEST_NAMED(suite, name) TEST(suite, name)

TEST_NAMED(FuzzCorpus, LEVEE_CORPUS_NAME) {
  std::size_t fed = 0;
  for (const auto& entry : std::filesystem::directory_iterator{LEVEE_CORPUS}) {
    SCOPED_TRACE(entry.path().string());
    std::ifstream in{entry.path(), std::ios::binary};
    const std::vector<char> bytes{std::istreambuf_iterator<char>{in}, {}};
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    EXPECT_EQ(LLVMFuzzerTestOneInput(data, bytes.size()), 0);
    ++fed;
  }
  EXPECT_GT(fed, 0u) << "no seed in " << LEVEE_CORPUS;
  LLVMFuzzerTestOneInput(nullptr, 0);
}

}  // namespace
