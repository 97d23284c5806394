// levee-surge: the load harness.
#include <span>

#include "surge/limit.hpp"
#include "surge/program.hpp"
#include "surge/run.hpp"

int main(int argc, char** argv) {
  const levee::surge::Engine engine{levee::surge::run, levee::surge::find_limit};
  const std::span<const char* const> arguments{argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)};
  return levee::surge::run_program(arguments, engine, LEVEE_VERSION);
}
