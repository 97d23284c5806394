#include <cstdlib>

#include "levee/rtmp/amf0.hpp"

// What is read can be written, and then reads the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace levee;
  const auto values = rtmp::amf0::decode(std::as_bytes(std::span{data, size}));
  if (!values) return 0;
  Bytes written;
  for (const auto& value : *values) rtmp::amf0::encode(value, written);
  const auto again = rtmp::amf0::decode(written);
  if (!again || again->size() != values->size()) std::abort();

  Bytes rewritten;
  for (const auto& value : *again) rtmp::amf0::encode(value, rewritten);
  if (rewritten != written) std::abort();
  return 0;
}
