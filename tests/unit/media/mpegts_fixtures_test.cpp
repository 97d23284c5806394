#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "levee/media/mpegts.hpp"

namespace levee::media {
namespace {

/// A recorded transport stream, and what FFmpeg finds in it (tests/fixtures/mpegts/reference.sh).
struct Recording {
  const char* name;
  std::size_t fed;  ///< bytes at a time
};

struct Found {
  MediaTime dts = 0;
  MediaTime pts = 0;
  bool key = false;
  std::size_t size = 0;
};

std::string path(const std::string& file) { return LEVEE_SOURCE_DIR "/tests/fixtures/mpegts/" + file; }

Bytes read_bytes(const std::string& file) {
  std::ifstream in{path(file), std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  const auto bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

std::vector<Found> read_reference(const std::string& file, const std::string& track) {
  std::vector<Found> found;
  std::ifstream in{path(file)};
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields{line};
    std::string kind;
    std::string key;
    Found packet;
    fields >> kind >> packet.dts >> packet.pts >> key >> packet.size;
    packet.key = key == "K";
    // FFmpeg shows times after a wrap as going on, and those before it as negative.
    packet.dts = (packet.dts + kTsWrap) % kTsWrap;
    packet.pts = (packet.pts + kTsWrap) % kTsWrap;
    if (kind == track) found.push_back(packet);
  }
  return found;
}

class TsRecording : public testing::TestWithParam<Recording> {
 protected:
  void SetUp() override {
    const auto bytes = read_bytes(GetParam().name + std::string{".ts"});
    ASSERT_FALSE(bytes.empty());
    TsDemuxer demuxer;
    for (std::size_t at = 0; at < bytes.size(); at += GetParam().fed) {
      demuxer.feed(BytesView{bytes}.subspan(at, std::min(GetParam().fed, bytes.size() - at)));
      drain(demuxer);
    }
    demuxer.finish();
    drain(demuxer);
    EXPECT_EQ(demuxer.counts().resyncs, 0u);
    EXPECT_EQ(demuxer.counts().lost_packets, 0u);
  }

  void drain(TsDemuxer& demuxer) {
    for (;;) {
      const auto event = demuxer.next();
      ASSERT_TRUE(event) << event.error().message();
      if (!*event) return;
      if (const auto* packet = std::get_if<Packet>(&**event))
        (packet->track == TrackKind::video ? video : audio).push_back(*packet);
    }
  }

  /// A recording may be cut in the middle of its last unit, of which FFmpeg makes something and we nothing.
  static void compare(const std::vector<Packet>& ours, const std::vector<Found>& theirs, std::size_t tail,
                      MediaTime tolerance) {
    ASSERT_GE(ours.size() + tail, theirs.size());
    ASSERT_LE(ours.size(), theirs.size());
    for (std::size_t i = 0; i + tail < theirs.size(); ++i) {
      SCOPED_TRACE(i);
      EXPECT_LE(std::abs(ours[i].dts - theirs[i].dts), tolerance);
      EXPECT_LE(std::abs(ours[i].pts - theirs[i].pts), tolerance);
      EXPECT_EQ(ours[i].key, theirs[i].key);
      EXPECT_EQ(ours[i].data->size(), theirs[i].size);
    }
  }

  std::vector<Packet> video;
  std::vector<Packet> audio;
};

TEST_P(TsRecording, HasTheVideoThatFfmpegFinds) {
  compare(video, read_reference(GetParam().name + std::string{".txt"}, "video"), 1, 0);
}

TEST_P(TsRecording, HasTheAudioThatFfmpegFinds) {
  // The time of a frame that shares its unit is counted, and 44100 Hz does not divide 90000.
  compare(audio, read_reference(GetParam().name + std::string{".txt"}, "audio"), 10, 1);
}

// 1316 is SRT's usual datagram, 1456 one that srt-live-transmit sends, 7 one that nobody sends.
INSTANTIATE_TEST_SUITE_P(Datagrams, TsRecording,
                         testing::Values(Recording{"obs", 1316}, Recording{"obs", 7},
                                         Recording{"gstreamer", 1456}, Recording{"wrap", 1456},
                                         Recording{"wrap", 188}),
                         [](const auto& recording) {
                           return recording.param.name + std::string{"By"} +
                                  std::to_string(recording.param.fed);
                         });

}  // namespace
}  // namespace levee::media
