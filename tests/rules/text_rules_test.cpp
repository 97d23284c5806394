#include "text_rules.hpp"

#include <string>

#include <gtest/gtest.h>

namespace levee::rules {
namespace {

TEST(SourceFile, BlanksCommentsAndStringsKeepingLines) {
  const SourceFile file{"a.cpp", "a /* x\ny */ b // c\n\"s\\\"{\" 'q' R\"x(\n)\" )x\" 10'000 d\n"};
  EXPECT_EQ(file.code, "a     \n     b     \n           R   \n       10'000 d\n");
  EXPECT_EQ(file.line_of(file.code.find('b')), 2u);
}

TEST(Purity, IsBrokenByAClockAThreadAFileOrTheLog) {
  const auto faults = [](const std::string& text) { return check_purity({"src/rtmp/a.cpp", text}).size(); };
  EXPECT_EQ(faults("const auto t = Clock::now();\n"), 1u);
  EXPECT_EQ(faults("std::this_thread::yield();\n"), 1u);
  EXPECT_EQ(faults("#include <thread>\n"), 1u);
  EXPECT_EQ(faults("#include <fstream>\n"), 1u);
  EXPECT_EQ(faults("#include \"levee/base/log.hpp\"\n"), 1u);
  EXPECT_EQ(faults("#include <chrono>\nvoid at(TimePoint now);\nif (now >= due) f(now);\n"), 0u);
}

TEST(Purity, IsAskedOfPureFoldersAlone) {
  EXPECT_EQ(check_purity({"src/ingest/a.cpp", "const auto t = Clock::now();\n#include <thread>\n"}).size(),
            0u);
}

TEST(Header, BeginsWithPragmaOnceAndOpensNoNamespace) {
  EXPECT_EQ(check_header({"src/a/a.hpp", "#pragma once\n"}).size(), 0u);
  EXPECT_EQ(check_header({"src/a/a.hpp", "// x\n#pragma once\n"}).size(), 1u);
  EXPECT_EQ(check_header({"src/a/a.hpp", "#pragma once\nusing namespace std;\n"}).size(), 1u);
  EXPECT_EQ(check_header({"src/a/a.hpp", "#pragma once\nvoid f() {\n  using namespace std;\n}\n"}).size(),
            0u);
  EXPECT_EQ(check_header({"src/a/a.cpp", "int x;\n"}).size(), 0u);
}

TEST(Header, SaysWhatAPublicTypeIs) {
  const auto faults = [](const std::string& text) {
    return check_header({"include/levee/a/a.hpp", "#pragma once\n" + text}).size();
  };
  EXPECT_EQ(faults("class A {\n};\n"), 1u);
  EXPECT_EQ(faults("/// What A is.\nclass A {\n};\n"), 0u);
  EXPECT_EQ(faults("/// What A is.\ntemplate <class T>\nstruct A {\n};\n"), 0u);
  EXPECT_EQ(faults("class A;\n"), 0u);
  EXPECT_EQ(faults("enum class B { x };\n"), 1u);
  EXPECT_EQ(faults("class A : public other::B {\n};\n"), 1u);
  EXPECT_EQ(faults("template <>\nstruct other::is_x<A> : std::true_type {};\n"), 0u);
}

TEST(Subject, IsToldByTheName) {
  EXPECT_EQ(check_subject({"src/rtmp/chunk.cpp", "x\n"}).size(), 0u);
  EXPECT_EQ(check_subject({"src/rtmp/util.hpp", "x\n"}).size(), 1u);
  EXPECT_EQ(check_subject({"src/rtmp/chunk_helpers.hpp", "x\n"}).size(), 1u);
  EXPECT_EQ(check_subject({"src/stream/stream_manager.hpp", "x\n"}).size(), 1u);
}

TEST(Subject, FitsInFourHundredLines) {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "x\n";
  EXPECT_EQ(check_subject({"src/rtmp/chunk.cpp", text}).size(), 0u);
  EXPECT_EQ(check_subject({"src/rtmp/chunk.cpp", text + "x\n"}).size(), 1u);
  EXPECT_EQ(check_subject({"tests/unit/rtmp/chunk_test.cpp", text + "x\n"}).size(), 0u);
  EXPECT_EQ(check_subject({"tests/unit/rtmp/chunk_test.cpp", text + text}).size(), 1u);
}

}  // namespace
}  // namespace levee::rules
