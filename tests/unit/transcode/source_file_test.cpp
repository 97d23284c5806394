#include "source_file.hpp"

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <map>
#include <stdexcept>
#include <utility>

#include <gtest/gtest.h>

#include "levee/base/bytes.hpp"

#include "support/temporary_directory.hpp"
#include "transcode/libav.hpp"

namespace levee::transcode {
namespace {

SharedBytes copy(const std::uint8_t* data, int size) {
  const auto bytes = std::as_bytes(std::span{data, static_cast<std::size_t>(size)});
  return share(Bytes(bytes.begin(), bytes.end()));
}

std::shared_ptr<const media::TrackConfig> track_of(const AVCodecParameters& parameters) {
  media::TrackConfig track;
  track.extradata = copy(parameters.extradata, parameters.extradata_size);
  if (parameters.codec_type == AVMEDIA_TYPE_VIDEO) {
    const auto& record = *track.extradata;
    track.codec_string = fmt::format("avc1.{:02x}{:02x}{:02x}", std::to_integer<int>(record[1]),
                                     std::to_integer<int>(record[2]), std::to_integer<int>(record[3]));
    track.width = static_cast<std::uint32_t>(parameters.width);
    track.height = static_cast<std::uint32_t>(parameters.height);
  } else {
    track.codec = media::Codec::aac;
    track.codec_string = "mp4a.40.2";
    track.sample_rate = static_cast<std::uint32_t>(parameters.sample_rate);
    track.channels = static_cast<std::uint32_t>(parameters.ch_layout.nb_channels);
  }
  return std::make_shared<const media::TrackConfig>(std::move(track));
}

SourceFile read_source(const std::string& path) {
  AVFormatContext* opened = nullptr;
  if (avformat_open_input(&opened, path.c_str(), nullptr, nullptr) < 0) throw std::runtime_error{path};
  const std::unique_ptr<AVFormatContext, void (*)(AVFormatContext*)> file{
      opened, [](AVFormatContext* context) { avformat_close_input(&context); }};
  SourceFile out;
  for (unsigned i = 0; i < file->nb_streams; ++i) {
    const auto& parameters = *file->streams[i]->codecpar;
    (parameters.codec_type == AVMEDIA_TYPE_VIDEO ? out.video : out.audio) = track_of(parameters);
  }
  const auto packet = checked(av_packet_alloc());
  while (av_read_frame(file.get(), packet.get()) >= 0) {
    const auto& stream = *file->streams[packet->stream_index];
    av_packet_rescale_ts(packet.get(), stream.time_base, kMediaTimeBase);
    const bool video = stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO;
    constexpr media::MediaTime kStart = media::kTimescale;  // an encoder's first dts may be below 0
    if (packet->dts + kStart >= 0) {
      out.packets.push_back({.track = video ? media::TrackKind::video : media::TrackKind::audio,
                             .key = (packet->flags & AV_PKT_FLAG_KEY) != 0,
                             .dts = packet->dts + kStart,
                             .pts = packet->pts + kStart,
                             .data = copy(packet->data, packet->size)});
    }
    av_packet_unref(packet.get());
  }
  std::ranges::stable_sort(out.packets, {}, &media::Packet::dts);
  return out;
}

}  // namespace

std::vector<media::Packet> SourceFile::later(media::MediaTime by) const {
  auto moved = packets;
  for (auto& packet : moved) {
    packet.dts += by;
    packet.pts += by;
  }
  return moved;
}

SourceFile make_source(const SourceRecipe& recipe) {
  static std::map<std::string, SourceFile> made;
  const test::TemporaryDirectory directory;
  auto command = std::string{"ffmpeg -v error -y"};
  if (recipe.video)
    command +=
        fmt::format(" -f lavfi -i testsrc2=size={}:rate={}{}", recipe.size, recipe.rate, recipe.filter);
  if (recipe.audio) command += " -f lavfi -i sine=frequency=440:sample_rate=48000";
  command += fmt::format(" -t {}", recipe.seconds);
  if (recipe.video) command += " -c:v libx264 -pix_fmt yuv420p -threads 1 " + recipe.x264;
  if (recipe.audio) command += " -c:a aac -b:a 64k -ac 2";
  auto& source = made[command];
  if (source.packets.empty()) {
    const auto path = directory.file("source.mp4");
    test::run_command(command + " " + path);
    source = read_source(path);
    source.frame_rate = {static_cast<std::uint32_t>(recipe.rate), 1};
  }
  return source;
}

TEST(SourceFile, HasTracksAndPacketsInOrder) {
  const auto source = make_source();
  ASSERT_TRUE(source.video && source.audio);
  EXPECT_EQ(source.video->width, 320u);
  EXPECT_TRUE(source.packets.front().track == media::TrackKind::audio || source.packets.front().key);
}

}  // namespace levee::transcode
