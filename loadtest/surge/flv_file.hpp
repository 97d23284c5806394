#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "levee/base/bytes.hpp"
#include "levee/base/clock.hpp"
#include "levee/base/result.hpp"

namespace levee::surge {

/// A tag of an FLV file: a message that a publisher sends at its time.
struct FlvTag {
  std::uint8_t type = 0;      ///< 8 audio, 9 video, 18 metadata
  std::uint32_t time_ms = 0;  ///< since the file's first tag
  std::size_t offset = 0;     ///< of its body in the file
  std::size_t size = 0;
};

/// An FLV file in memory, to be sent in a loop.
class FlvFile {
 public:
  /// Reads the tags in `bytes`. A tag cut off at the end is left out.
  /// Errors: invalid_argument for what is no FLV, or has no tag with a time.
  static Result<FlvFile> read(Bytes bytes);
  /// Reads a file whole. Errors: of the file system, and those of `read`.
  static Result<FlvFile> load(const std::string& path);

  const std::vector<FlvTag>& tags() const { return tags_; }
  BytesView body(const FlvTag& tag) const { return BytesView{bytes_}.subspan(tag.offset, tag.size); }
  /// From the first tag to one frame after the last: what is added to all times with each round.
  std::uint32_t length_ms() const { return length_ms_; }
  /// Tags at the front that tell how to decode the rest: they are sent once a connection.
  static bool is_header(const FlvTag& tag, BytesView body);

 private:
  Bytes bytes_;
  std::vector<FlvTag> tags_;
  std::uint32_t length_ms_ = 0;
};

}  // namespace levee::surge
