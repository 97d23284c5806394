#include "levee/rtmp/flv.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "levee/media/aac.hpp"
#include "levee/media/h264.hpp"
#include "levee/rtmp/error.hpp"

namespace levee::rtmp {
namespace {

constexpr std::size_t kVideoHeaderSize = 5;  // frame type and codec, packet type, composition time
constexpr std::size_t kAudioHeaderSize = 2;  // format, packet type

// Source: FLV 10.1 table E.4.3.1.
constexpr std::uint8_t kVideoExHeader = 0x80;
constexpr std::uint8_t kVideoCommandFrame = 5;
constexpr std::uint8_t kCodecAvc = 7;
constexpr std::uint8_t kAvcSequenceHeader = 0;
constexpr std::uint8_t kAvcNalUnits = 1;
constexpr std::uint8_t kAvcEndOfSequence = 2;

// Source: FLV 10.1 table E.4.2.1.
constexpr std::uint8_t kAudioExHeader = 9;
constexpr std::uint8_t kFormatAac = 10;
constexpr std::uint8_t kAacSequenceHeader = 0;
constexpr std::uint8_t kAacRaw = 1;

// The byte of an AVCDecoderConfigurationRecord whose low two bits are the NAL length size minus one.
constexpr std::size_t kNalLengthSizeByte = 4;
constexpr std::byte kNalLengthSizeMask{3};

constexpr media::MediaTime kTicksPerMillisecond = media::kTimescale / 1000;

std::int32_t composition_time(BytesView body) {
  ByteReader in{body.subspan(2)};
  return static_cast<std::int32_t>(in.u24() << 8) >> 8;
}

void strip_front(Bytes& bytes, std::size_t count) {
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
}

/// NAL units with lengths of `length_size` bytes, as ones with four.
Result<Bytes> with_four_byte_lengths(BytesView units, std::size_t length_size) {
  Bytes out;
  out.reserve(units.size() + 64);
  ByteReader in{units};
  ByteWriter writer{out};
  while (!in.rest().empty()) {
    std::uint32_t size = 0;
    for (const auto byte : in.bytes(length_size)) size = size << 8 | std::to_integer<std::uint32_t>(byte);
    const auto unit = in.bytes(size);
    if (!in.ok()) return Errc::bad_video_message;
    writer.u32(size);
    writer.bytes(unit);
  }
  return out;
}

struct VideoUnits {
  bool any = false;
  bool idr = false;
};

Result<VideoUnits> look_at(BytesView units) {
  VideoUnits seen;
  media::LengthPrefixedNals nals{units};
  while (const auto nal = nals.next()) {
    seen.any = true;
    seen.idr = seen.idr || media::nal_type(*nal) == media::NalType::idr;
  }
  if (!nals.ok()) return Errc::bad_video_message;
  return seen;
}

/// " (hvc1)": the FourCC at `at`, if it is text.
std::string four_cc(BytesView body, std::size_t at) {
  if (body.size() < at + 4) return {};
  const auto text = as_text(body.subspan(at, 4));
  const auto printable = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  return printable ? std::string{text} : std::string{};
}

std::string named_or_number(const char* name, unsigned id) {
  return *name != '\0' ? name : "codec id " + std::to_string(id);
}

}  // namespace

Result<std::optional<MediaEvent>> TagReader::video(std::uint32_t timestamp_ms, Bytes body) {
  if (body.empty()) return std::nullopt;
  const auto first = std::to_integer<std::uint8_t>(body[0]);
  if (first & kVideoExHeader) return Errc::unsupported_video_codec;
  if (first >> 4 == kVideoCommandFrame) return std::nullopt;
  if ((first & 0x0f) != kCodecAvc) return Errc::unsupported_video_codec;
  if (body.size() < 2) return Errc::bad_video_message;
  const auto type = std::to_integer<std::uint8_t>(body[1]);
  if (type == kAvcEndOfSequence) return std::nullopt;
  if (type > kAvcEndOfSequence || body.size() < kVideoHeaderSize) return Errc::bad_video_message;

  const auto composition = composition_time(body);
  strip_front(body, kVideoHeaderSize);
  if (body.empty()) return std::nullopt;
  if (type == kAvcSequenceHeader) return video_config(std::move(body));
  static_assert(kAvcNalUnits == 1);
  if (avcc_.empty()) {
    ++frames_without_config_;
    return std::nullopt;
  }
  if (nal_length_size_ != 4) {
    auto units = with_four_byte_lengths(body, nal_length_size_);
    if (!units) return units.error();
    body = std::move(*units);
  }
  const auto units = look_at(body);
  if (!units) return units.error();
  if (!units->any) return std::nullopt;

  media::Packet packet{.track = media::TrackKind::video, .key = units->idr, .data = share(std::move(body))};
  packet.dts = timestamp_ms * kTicksPerMillisecond;
  packet.pts = packet.dts + composition * kTicksPerMillisecond;
  return MediaEvent{std::move(packet)};
}

Result<std::optional<MediaEvent>> TagReader::video_config(Bytes avcc) {
  if (avcc == avcc_) return std::nullopt;
  auto normalised = avcc;
  std::size_t length_size = 4;
  if (normalised.size() > kNalLengthSizeByte) {
    auto& byte = normalised[kNalLengthSizeByte];
    length_size = std::to_integer<std::size_t>(byte & kNalLengthSizeMask) + 1;
    byte |= kNalLengthSizeMask;
  }
  auto config = media::parse_avc_config(normalised);
  if (!config) return config.error();
  avcc_ = std::move(avcc);
  nal_length_size_ = length_size;
  return MediaEvent{std::move(*config)};
}

Result<std::optional<MediaEvent>> TagReader::audio(std::uint32_t timestamp_ms, Bytes body) {
  if (body.empty()) return std::nullopt;  // FMLE's way to say silence
  if (std::to_integer<std::uint8_t>(body[0]) >> 4 != kFormatAac) return Errc::unsupported_audio_codec;
  if (body.size() < kAudioHeaderSize) return Errc::bad_audio_message;
  const auto type = std::to_integer<std::uint8_t>(body[1]);
  if (type > kAacRaw) return Errc::bad_audio_message;

  strip_front(body, kAudioHeaderSize);
  if (body.empty()) return std::nullopt;
  if (type == kAacSequenceHeader) return audio_config(std::move(body));
  if (asc_.empty()) {
    ++frames_without_config_;
    return std::nullopt;
  }
  media::Packet packet{.track = media::TrackKind::audio, .key = true, .data = share(std::move(body))};
  packet.dts = packet.pts = timestamp_ms * kTicksPerMillisecond;
  return MediaEvent{std::move(packet)};
}

Result<std::optional<MediaEvent>> TagReader::audio_config(Bytes asc) {
  if (asc == asc_) return std::nullopt;
  auto config = media::parse_aac_config(asc);
  if (!config) return config.error();
  asc_ = std::move(asc);
  return MediaEvent{std::move(*config)};
}

std::string video_codec_name(BytesView body) {
  if (body.empty()) return "none";
  const auto first = std::to_integer<std::uint8_t>(body[0]);
  if (first & kVideoExHeader) {
    const auto name = four_cc(body, 1);
    if (name == "hvc1") return "HEVC (hvc1)";
    if (name == "av01") return "AV1 (av01)";
    if (name == "vp09") return "VP9 (vp09)";
    return "Enhanced RTMP " + (name.empty() ? "packet type " + std::to_string(first & 0x0f) : name);
  }
  static constexpr std::array kNames{"",
                                     "",
                                     "Sorenson H.263",
                                     "Screen video",
                                     "VP6",
                                     "VP6 with alpha",
                                     "Screen video 2",
                                     "H.264",
                                     "",
                                     "",
                                     "",
                                     "",
                                     "HEVC (codec id 12)",
                                     "AV1 (codec id 13)",
                                     "",
                                     ""};
  return named_or_number(kNames[first & 0x0f], first & 0x0f);
}

std::string audio_codec_name(BytesView body) {
  if (body.empty()) return "none";
  const unsigned format = std::to_integer<std::uint8_t>(body[0]) >> 4;
  if (format == kAudioExHeader) {
    const auto name = four_cc(body, 1);
    return "Enhanced RTMP " + (name.empty() ? "audio" : name);
  }
  static constexpr std::array kNames{
      "PCM",          "ADPCM", "MP3", "PCM",   "Nellymoser", "Nellymoser", "Nellymoser", "G.711 A-law",
      "G.711 mu-law", "",      "AAC", "Speex", "",           "",           "MP3 8 kHz",  ""};
  return named_or_number(kNames[format], format);
}

}  // namespace levee::rtmp
