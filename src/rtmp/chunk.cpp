#include "levee/rtmp/chunk.hpp"

#include <algorithm>

#include "levee/rtmp/error.hpp"

namespace levee::rtmp {
namespace {

constexpr std::uint32_t kMaxChunkSize = 0x7fffffff;

// The chunk stream ids that the first, second and third byte of a basic header can hold.
constexpr std::uint32_t kFirstOfTwoByteForm = 64;
constexpr std::uint32_t kFirstOfThreeByteForm = 320;

std::uint32_t little_endian_u32(ByteReader& in) {
  const auto value = in.u32();
  return value >> 24 | (value >> 8 & 0xff00) | (value << 8 & 0xff0000) | value << 24;
}

std::uint32_t chunk_stream_id(std::uint8_t first, ByteReader& in) {
  const std::uint32_t low = first & 0x3f;
  if (low > 1) return low;
  const std::uint32_t second = in.u8();
  if (low == 0) return kFirstOfTwoByteForm + second;
  return kFirstOfTwoByteForm + second + std::uint32_t{in.u8()} * 256;
}

}  // namespace

void ChunkDecoder::feed(BytesView bytes) {
  if (failure_) return;
  input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(taken_));
  taken_ = 0;
  input_.insert(input_.end(), bytes.begin(), bytes.end());
}

Result<std::optional<Message>> ChunkDecoder::next() {
  if (failure_) return failure_;
  for (;;) {
    if (!in_chunk_) {
      const auto began = begin_chunk();
      if (!began) return fail(began.error());
      if (*began == Progress::needs_more) return std::nullopt;
    }
    auto& stream = streams_[current_];
    const auto piece = rest().first(std::min(chunk_left_, rest().size()));
    stream.body.insert(stream.body.end(), piece.begin(), piece.end());
    taken_ += piece.size();
    chunk_left_ -= piece.size();
    if (chunk_left_ > 0) return std::nullopt;

    in_chunk_ = false;
    if (stream.body.size() < stream.header.length) continue;
    const auto& header = stream.header;
    Message message{header.chunk_stream, header.type, header.stream, header.timestamp,
                    std::exchange(stream.body, {})};
    end_message(stream);
    if (message.type != MessageType::set_chunk_size && message.type != MessageType::abort) return message;
    const auto obeyed = obey(message);
    if (!obeyed) return fail(obeyed.error());
  }
}

/// Takes a chunk's header from the input, if it has come whole.
Result<ChunkDecoder::Progress> ChunkDecoder::begin_chunk() {
  ByteReader in{rest()};
  const auto first = in.u8();
  const auto format = first >> 6;
  const auto id = chunk_stream_id(first, in);
  if (!in.ok()) return Progress::needs_more;

  auto* stream = find(id);
  if (!stream && format >= 2) return Errc::orphan_chunk;
  if (stream && stream->underway && format != 3) return Errc::interrupted_message;

  auto header = stream ? stream->header : Header{.chunk_stream = id};
  auto field = header.field;
  if (format <= 2) field = in.u24();
  if (format <= 1) {
    header.length = in.u24();
    header.type = static_cast<MessageType>(in.u8());
  }
  if (format == 0) header.stream = little_endian_u32(in);
  if (format <= 2) {
    header.extended = field == kExtendedTimestamp;
    if (header.extended) field = in.u32();
  }
  if (!in.ok()) return Progress::needs_more;
  if (format == 3 && header.extended) {
    // Some peers repeat the extended timestamp here and some do not: it is one if it looks like the last.
    if (in.rest().size() < 4) return Progress::needs_more;
    const auto repeated = ByteReader{in.rest()}.u32();
    if (repeated == header.field || repeated == header.timestamp) in.u32();
  }

  if (!stream || !stream->underway) {
    header.timestamp = format == 0 ? field : header.timestamp + field;
    header.field = field;
    const auto began = begin_message(stream, header);
    if (!began) return began.error();
    stream = *began;
  }
  taken_ += rest().size() - in.rest().size();
  current_ = static_cast<std::size_t>(stream - streams_.data());
  chunk_left_ = std::min<std::size_t>(chunk_size_, stream->header.length - stream->body.size());
  in_chunk_ = true;
  return Progress::began;
}

/// Checks the limits and takes the memory for a message; `stream` is null if its chunk stream is new.
Result<ChunkDecoder::ChunkStream*> ChunkDecoder::begin_message(ChunkStream* stream, const Header& header) {
  if (header.length > (is_media(header.type) ? limits_.media_bytes : limits_.other_bytes))
    return Errc::message_too_large;
  if (underway_bytes_ + header.length > limits_.underway_bytes) return Errc::too_much_buffered;
  if (!stream) {
    if (streams_.size() >= limits_.chunk_streams) return Errc::too_many_chunk_streams;
    stream = &streams_.emplace_back();
  }
  stream->header = header;
  stream->underway = true;
  stream->body.reserve(header.length);
  underway_bytes_ += header.length;
  return stream;
}

void ChunkDecoder::end_message(ChunkStream& stream) {
  stream.underway = false;
  stream.body = {};
  underway_bytes_ -= stream.header.length;
}

ChunkDecoder::ChunkStream* ChunkDecoder::find(std::uint32_t chunk_stream) {
  const auto found =
      std::ranges::find(streams_, chunk_stream, [](const auto& s) { return s.header.chunk_stream; });
  return found == streams_.end() ? nullptr : &*found;
}

Result<void> ChunkDecoder::obey(const Message& message) {
  ByteReader in{message.body};
  const auto number = in.u32();
  if (!in.ok()) return Errc::bad_control_message;
  if (message.type == MessageType::set_chunk_size) {
    if (number == 0 || number > kMaxChunkSize) return Errc::bad_chunk_size;
    chunk_size_ = number;
  } else if (auto* stream = find(number); stream && stream->underway) {
    end_message(*stream);
  }
  return {};
}

void ChunkEncoder::encode(const Message& message, Bytes& out) {
  ByteWriter writer{out};
  const auto basic_header = [&](unsigned format) {
    const auto id = message.chunk_stream;
    if (id < kFirstOfTwoByteForm) {
      writer.u8(static_cast<std::uint8_t>(format << 6 | id));
    } else if (id < kFirstOfThreeByteForm) {
      writer.u8(static_cast<std::uint8_t>(format << 6));
      writer.u8(static_cast<std::uint8_t>(id - kFirstOfTwoByteForm));
    } else {
      writer.u8(static_cast<std::uint8_t>(format << 6 | 1));
      writer.u8(static_cast<std::uint8_t>(id - kFirstOfTwoByteForm));
      writer.u8(static_cast<std::uint8_t>((id - kFirstOfTwoByteForm) >> 8));
    }
  };
  const auto extended = message.timestamp >= kExtendedTimestamp;

  basic_header(0);
  writer.u24(extended ? kExtendedTimestamp : message.timestamp);
  writer.u24(static_cast<std::uint32_t>(message.body.size()));
  writer.u8(static_cast<std::uint8_t>(message.type));
  for (int shift = 0; shift < 32; shift += 8) writer.u8(static_cast<std::uint8_t>(message.stream >> shift));
  if (extended) writer.u32(message.timestamp);

  BytesView left{message.body};
  for (;;) {
    const auto piece = left.first(std::min<std::size_t>(chunk_size_, left.size()));
    writer.bytes(piece);
    left = left.subspan(piece.size());
    if (left.empty()) break;
    basic_header(3);
    if (extended) writer.u32(message.timestamp);
  }
  if (message.type == MessageType::set_chunk_size) chunk_size_ = ByteReader{message.body}.u32();
}

}  // namespace levee::rtmp
