// levee-fanout: many WebSocket clients that count and check what they are given.
#include <iostream>
#include <span>

#include "fanout/program.hpp"

int main(int argc, char** argv) {
  const std::span<const char* const> arguments{argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)};
  return levee::fanout::run_program(arguments, std::cin, std::cout);
}
