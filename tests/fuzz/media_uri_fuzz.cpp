// Whatever the text, a URI that is read is the one that would be written for it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "levee/hls/media_uri.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto uri = levee::hls::parse_media_uri(text);
  if (uri && levee::hls::to_string(*uri) != text) std::abort();
  return 0;
}
