#include "coroutine_rules.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace levee::rules {
namespace {

std::size_t faults_in(const std::string& body) {
  return check_co_await(SourceFile{"src/ingest/x.cpp", "awaitable<void> f() {\n" + body + "\n}\n"}).size();
}

class SoundCoAwait : public testing::TestWithParam<const char*> {};
TEST_P(SoundCoAwait, Passes) { EXPECT_EQ(faults_in(GetParam()), 0u) << GetParam(); }

INSTANTIATE_TEST_SUITE_P(
    CoAwait, SoundCoAwait,
    testing::Values("co_await f();",                                                     //
                    "const auto [error, size] = co_await s.async_read(b, use_result);",  //
                    "co_return co_await f(a, b);",                                       //
                    "if (done) co_await f();", "if (done) {\n  co_await f();\n}",        //
                    "else\n  co_await f();", "for (;;) co_await f();",                   //
                    "switch (x) {\n case 1: co_await f();\n break;\n default: co_await g(); }",
                    "asio::steady_timer timer{co_await asio::this_coro::executor};",  //
                    "const auto executor = co_await this_coro::executor;",
                    "f(co_await boost::asio::this_coro::executor);",
                    "co_await (read_loop() || write_loop());",  // awaitable operators make one operand
                    "auto task = [&]() -> asio::awaitable<void> { co_await f(); };",
                    "auto task = [&]() mutable { co_await f(); };",
                    "co_await f(table[3], \"{}\", '{');",     //
                    "P p{1, 2};\nco_await f(std::move(p));",  //
                    "// if (co_await f())\n",                 //
                    "x->y = co_await f();", "try {\n  co_await f();\n} catch (...) {}",
                    "x = a ? b : c;\nco_await f();"));

class UnsoundCoAwait : public testing::TestWithParam<const char*> {};
TEST_P(UnsoundCoAwait, IsFound) { EXPECT_GE(faults_in(GetParam()), 1u) << GetParam(); }

INSTANTIATE_TEST_SUITE_P(
    CoAwait, UnsoundCoAwait,
    testing::Values("if (co_await f()) g();", "while (!co_await f()) {}", "if (auto e = co_await f()) g();",
                    "switch (co_await f()) {}", "g(co_await f());", "const auto n = 1 + co_await f();",
                    "const auto x = c ? co_await f() : g();", "const auto x = c ? g() : co_await f();",
                    "const bool both = a && co_await f();", "const bool both = co_await f() && a;",
                    "co_return {co_await f(), 1};", "Pair p{co_await f()};", "(co_await f()).value();",
                    "co_await f({a, b});", "co_await f(Options{.name = user});", "co_await f(Options{});",
                    "co_await f([s = std::move(s)] { g(s); });",
                    "co_await [s]() -> awaitable<void> { co_return; }();",
                    "const auto x = co_await f(a ? b : c);", "plain(P{1}, co_await f());",
                    "const bool same = a == co_await f();", "for (auto x : co_await f()) g(x);",
                    "co_return x + co_await f();"));

TEST(CoAwait, IsReportedAtItsLine) {
  const auto findings =
      check_co_await(SourceFile{"src/ingest/x.cpp", "void f() {\n  a();\n  g(co_await h());\n}\n"});
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(to_string(findings[0]), "src/ingest/x.cpp:3: co_await must stand alone in its statement");
}

TEST(Spawning, IsLeftToTaskGroup) {
  const std::string spawn = "asio::co_spawn(context, f(), g);\n";
  EXPECT_EQ(check_spawning({"src/ingest/x.cpp", spawn}).size(), 1u);
  EXPECT_EQ(check_spawning({"src/runtime/task_group.cpp", spawn}).size(), 0u);
  EXPECT_EQ(check_spawning({"tests/unit/x_test.cpp", spawn}).size(), 0u);
}

TEST(Spawning, IsNeverDetached) {
  EXPECT_EQ(check_spawning({"src/runtime/task_group.cpp", "run(f(), asio::detached);\n"}).size(), 1u);
  EXPECT_EQ(check_spawning({"src/ingest/x.cpp", "// detached\nbool detached_from;\n"}).size(), 0u);
}

}  // namespace
}  // namespace levee::rules
