#include <cstdlib>

#include "levee/base/bytes.hpp"
#include "levee/ingest/stream_id.hpp"

// Whatever an SRT caller says, a key that comes out is not empty, bounded, and free of control characters.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto id = levee::ingest::parse_stream_id(levee::as_text(std::as_bytes(std::span{data, size})));
  if (!id) return 0;
  if (id->key.empty() || id->key.size() > levee::ingest::kMaxStreamId) std::abort();
  for (const char c : id->key) {
    if (static_cast<unsigned char>(c) < 0x20) std::abort();
  }
  return 0;
}
