#pragma once

#include <vector>

#include "source_text.hpp"

namespace levee::rules {

/// The two rules that g++ 12 imposes on `co_await`. Where they are broken it builds programs whose body never
/// runs, or that free twice, without a warning:
///
/// - `co_await` stands alone: `co_await f();`, `x = co_await f();` or `co_return co_await f();`, never inside
///   another expression or a condition. Only `co_await this_coro::executor` may stand in a declaration.
/// - No braces, no lambda and no `?:` in that statement: an aggregate temporary would be destroyed twice.
std::vector<Finding> check_co_await(const SourceFile& file);

/// A coroutine is started where someone waits for its end: no `detached`, and no `co_spawn` outside
/// TaskGroup, run_on, run_blocking and the tests.
std::vector<Finding> check_spawning(const SourceFile& file);

}  // namespace levee::rules
