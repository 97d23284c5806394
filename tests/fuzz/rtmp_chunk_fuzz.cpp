#include <cstdlib>
#include <optional>

#include "levee/rtmp/chunk.hpp"

#include "cuts.hpp"

// Whatever the bytes and wherever they are cut: the same messages, the same error, and memory within the
// limits.
namespace {

constexpr levee::rtmp::ChunkLimits kLimits{
    .media_bytes = 64 * 1024, .other_bytes = 4 * 1024, .underway_bytes = 96 * 1024, .chunk_streams = 8};

struct Sum {
  std::size_t messages = 0;
  std::size_t bytes = 0;
  std::uint32_t timestamps = 0;
  levee::ErrorCode error;
  bool operator==(const Sum&) const = default;
};

void drain(levee::rtmp::ChunkDecoder& decoder, Sum& sum) {
  while (!sum.error) {
    const auto message = decoder.next();
    if (!message) {
      sum.error = message.error();
      return;
    }
    if (!*message) break;
    ++sum.messages;
    sum.bytes += (*message)->body.size();
    sum.timestamps += (*message)->timestamp;
  }
  if (decoder.buffered_bytes() > kLimits.underway_bytes + 18) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  levee::fuzz::Cuts cuts{data, size};
  levee::rtmp::ChunkDecoder cut{kLimits};
  Sum in_pieces;
  while (cuts.more()) {
    cut.feed(cuts.next());
    drain(cut, in_pieces);
  }

  levee::rtmp::ChunkDecoder whole{kLimits};
  Sum at_once;
  whole.feed(std::as_bytes(std::span{data, size}).subspan(size > 0 ? 1 : 0));
  drain(whole, at_once);
  if (in_pieces != at_once) std::abort();
  return 0;
}
