#include "surge/flv_file.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace levee::surge {
namespace {

constexpr std::uint32_t kFrameMs = 33;

ErrorCode invalid() { return make_error_code(boost::system::errc::invalid_argument); }

}  // namespace

Result<FlvFile> FlvFile::read(Bytes bytes) {
  constexpr std::size_t kTagHead = 11;
  constexpr std::size_t kBackPointer = 4;
  FlvFile file;
  ByteReader head{bytes};
  const auto signature = head.u24();
  head.bytes(2);  // version and flags
  const auto head_size = head.u32();
  if (!head.ok() || signature != 0x464c56) return invalid();
  std::uint32_t first_ms = 0;
  for (std::size_t at = head_size + kBackPointer; at + kTagHead <= bytes.size();) {
    ByteReader reader{BytesView{bytes}.subspan(at)};
    FlvTag tag;
    tag.type = reader.u8() & 0x1f;
    tag.size = reader.u24();
    const auto low = reader.u24();
    tag.time_ms = low | static_cast<std::uint32_t>(reader.u8()) << 24;
    tag.offset = at + kTagHead;
    at = tag.offset + tag.size + kBackPointer;
    if (tag.offset + tag.size > bytes.size()) break;
    if (file.tags_.empty()) first_ms = tag.time_ms;
    tag.time_ms -= std::min(first_ms, tag.time_ms);
    file.length_ms_ = std::max(file.length_ms_, tag.time_ms + kFrameMs);
    file.tags_.push_back(tag);
  }
  file.bytes_ = std::move(bytes);
  if (file.length_ms_ <= kFrameMs) return invalid();
  return file;
}

Result<FlvFile> FlvFile::load(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in) return make_error_code(boost::system::errc::no_such_file_or_directory);
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  const auto view = as_bytes(text);
  return read(Bytes{view.begin(), view.end()});
}

bool FlvFile::is_header(const FlvTag& tag, BytesView body) {
  if (tag.type == 18) return true;
  if (body.size() < 2) return false;
  const auto first = std::to_integer<unsigned>(body[0]);
  const auto second = std::to_integer<unsigned>(body[1]);
  if (tag.type == 8) return first >> 4 == 10 && second == 0;  // AAC sequence header
  if ((first & 0x80) != 0) return (first & 0x0f) == 0;        // Enhanced RTMP SequenceStart
  return (first & 0x0f) == 7 && second == 0;                  // AVC sequence header
}

}  // namespace levee::surge
