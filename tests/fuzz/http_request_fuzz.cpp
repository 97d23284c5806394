// The bytes of an HTTP connection. The first byte says how they are cut; the requests must be the same as
// those of the uncut bytes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "levee/delivery/request_reader.hpp"

namespace {

using namespace levee;

constexpr std::size_t kHeadLimit = 1024;

/// What was read, in one text.
std::string read(std::string_view bytes, std::size_t step) {
  delivery::RequestReader reader{kHeadLimit};
  std::string log;
  while (!bytes.empty()) {
    const auto space = reader.space();
    if (space.empty() || space.size() > kHeadLimit) std::abort();
    const auto size = std::min({space.size(), bytes.size(), step});
    std::copy_n(bytes.begin(), size, space.begin());
    reader.commit(size);
    bytes.remove_prefix(size);
    for (;;) {
      const auto request = reader.next();
      if (!request) return log + "error\n";
      if (!*request) break;
      if (reader.last_head().size() > kHeadLimit) std::abort();
      log += (*request)->target + ' ' + (*request)->range + '\n';
    }
  }
  return log;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data + 1), size - 1};
  const std::size_t step = data[0] % 64 + std::size_t{1};
  if (read(bytes, step) != read(bytes, bytes.size())) std::abort();
  return 0;
}
