// levee-fetch URL CONNECTIONS SECONDS: the most responses of one URL that a server gives. Prints one object
// of JSON.
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

#include <nlohmann/json.hpp>

#include "fanout/processor_time.hpp"
#include "fetch/fetcher.hpp"

int main(int argc, char** argv) {
  const auto connections = argc == 4 ? std::strtoul(argv[2], nullptr, 10) : 0;
  const auto seconds = argc == 4 ? std::strtod(argv[3], nullptr) : 0;
  if (connections == 0 || seconds <= 0) {
    std::cerr << "usage: levee-fetch URL CONNECTIONS SECONDS\n";
    return 2;
  }
  const auto target = levee::surge::resolve_target(argv[1]);
  if (!target) {
    std::cerr << "levee-fetch: " << argv[1] << ": " << target.error().message() << '\n';
    return 2;
  }
  try {
    levee::fetch::Fetcher fetcher{*target, connections};
    const auto before = levee::fanout::own_processor_time();
    const auto tally =
        fetcher.run(std::chrono::duration_cast<levee::Duration>(std::chrono::duration<double>{seconds}));
    const std::chrono::duration<double> lasted = tally.lasted;
    const std::chrono::duration<double> busy = levee::fanout::own_processor_time() - before;
    std::cout << nlohmann::json{{"responses", tally.responses},
                                {"body_bytes", tally.body_bytes},
                                {"seconds", lasted.count()},
                                {"cpu_seconds", busy.count()}}
              << '\n';
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "levee-fetch: " << error.what() << '\n';
    return 1;
  }
}
