// levee-fetch URL CONNECTIONS SECONDS [calls]: the most responses of one URL that a server gives, on
// connections that are kept, or (calls) on a new one for each. Prints one object of JSON.
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "fanout/processor_time.hpp"
#include "fetch/caller.hpp"
#include "fetch/fetcher.hpp"

namespace {

template <class Load>
levee::fetch::Tally run(const levee::surge::Target& target, std::size_t connections, double seconds) {
  Load load{target, connections};
  return load.run(std::chrono::duration_cast<levee::Duration>(std::chrono::duration<double>{seconds}));
}

}  // namespace

int main(int argc, char** argv) {
  const bool calls = argc == 5 && std::string_view{argv[4]} == "calls";
  const bool understood = argc == 4 || calls;
  const auto connections = understood ? std::strtoul(argv[2], nullptr, 10) : 0;
  const auto seconds = understood ? std::strtod(argv[3], nullptr) : 0;
  if (connections == 0 || seconds <= 0) {
    std::cerr << "usage: levee-fetch URL CONNECTIONS SECONDS [calls]\n";
    return 2;
  }
  const auto target = levee::surge::resolve_target(argv[1]);
  if (!target) {
    std::cerr << "levee-fetch: " << argv[1] << ": " << target.error().message() << '\n';
    return 2;
  }
  try {
    const auto before = levee::fanout::own_processor_time();
    const auto tally = calls ? run<levee::fetch::Caller>(*target, connections, seconds)
                             : run<levee::fetch::Fetcher>(*target, connections, seconds);
    const std::chrono::duration<double> lasted = tally.lasted;
    const std::chrono::duration<double> busy = levee::fanout::own_processor_time() - before;
    std::cout << nlohmann::json{{"responses", tally.responses},
                                {"refusals", tally.refusals},
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
