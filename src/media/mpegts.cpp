#include "levee/media/mpegts.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "media/adts_stream.hpp"
#include "media/h264_stream.hpp"
#include "media/mpegts_tables.hpp"
#include "media/pes.hpp"

namespace levee::media {
namespace {

constexpr std::size_t kPacketBytes = 188;
constexpr std::byte kSync{0x47};
constexpr std::uint16_t kAssociationPid = 0;
constexpr std::uint16_t kNoPid = 0x1fff;  // the PID of stuffing
constexpr std::uint8_t kH264 = 0x1b;
constexpr std::uint8_t kAdts = 0x0f;

/// What a stream type is called; empty for data, captions and the like, whose absence nobody misses.
/// Source: ISO 13818-1 table 2-34 and, above 0x80, ATSC A/53.
std::string_view name_of(std::uint8_t type) {
  constexpr std::array<std::pair<std::uint8_t, std::string_view>, 14> kNames{{{0x01, "MPEG-1 video"},
                                                                              {0x02, "MPEG-2 video"},
                                                                              {0x03, "MPEG-1 audio"},
                                                                              {0x04, "MPEG-2 audio"},
                                                                              {0x06, "private audio or data"},
                                                                              {0x10, "MPEG-4 part 2 video"},
                                                                              {0x11, "AAC in LATM"},
                                                                              {0x1f, "scalable H.264"},
                                                                              {0x20, "multiview H.264"},
                                                                              {0x21, "JPEG 2000"},
                                                                              {0x24, "HEVC video"},
                                                                              {0x33, "VVC video"},
                                                                              {0x81, "AC-3 audio"},
                                                                              {0x87, "E-AC-3 audio"}}};
  const auto found =
      std::find_if(kNames.begin(), kNames.end(), [&](const auto& name) { return name.first == type; });
  return found == kNames.end() ? std::string_view{} : found->second;
}

/// Source: ISO 13818-1 section 2.4.3.2.
struct TsHeader {
  bool usable = false;  ///< neither erroneous nor scrambled nor without payload
  bool unit_start = false;
  bool discontinuity = false;  ///< announced by the sender
  std::uint16_t pid = kNoPid;
  std::uint8_t counter = 0;
  BytesView payload;
};

TsHeader parse_header(BytesView packet) {
  ByteReader reader{packet};
  reader.u8();
  const auto word = reader.u16();
  const auto flags = reader.u8();
  TsHeader header;
  header.pid = word & 0x1fff;
  header.unit_start = (word & 0x4000) != 0;
  header.counter = flags & 0xf;
  const bool erroneous = (word & 0x8000) != 0;
  const bool scrambled = (flags & 0xc0) != 0;
  const bool has_payload = (flags & 0x10) != 0;
  if ((flags & 0x20) != 0) {
    const auto adaptation = reader.bytes(reader.u8());
    header.discontinuity = !adaptation.empty() && (adaptation.front() & std::byte{0x80}) != std::byte{0};
  }
  header.payload = reader.rest();
  header.usable = reader.ok() && !erroneous && !scrambled && has_payload;
  return header;
}

/// The counter that shows missing packets. Source: ISO 13818-1 section 2.4.3.3.
class Continuity {
 public:
  enum class Verdict { next, repeated, gap };

  Verdict check(const TsHeader& header) {
    const auto last = std::exchange(last_, header.counter);
    if (!last || header.discontinuity || header.counter == ((*last + 1) & 0xf)) return Verdict::next;
    return header.counter == *last ? Verdict::repeated : Verdict::gap;
  }

 private:
  std::optional<std::uint8_t> last_;
};

struct Table {
  std::uint16_t pid = kNoPid;
  Continuity continuity;
  SectionAssembler sections;
};

template <class Stream>
struct Track {
  explicit Track(std::size_t limit) : units{limit} {}

  std::uint16_t pid = kNoPid;
  Continuity continuity;
  PesAssembler units;
  Stream stream;
};

}  // namespace

struct TsDemuxer::Impl {
  explicit Impl(Limits given) : limits{given}, video{given.video_unit_bytes}, audio{given.audio_unit_bytes} {
    association.pid = kAssociationPid;
  }

  std::optional<BytesView> take_packet();
  void lose_step();
  void packet(const TsHeader& header);
  template <class Stream>
  void media(Track<Stream>& track, const TsHeader& header);
  void table(Table& table, const TsHeader& header, bool is_association);
  void program(const std::vector<ElementaryStream>& streams);

  Limits limits;
  Bytes input;
  std::size_t taken = 0;  ///< of the input
  bool in_step = true;
  std::size_t searched = 0;  ///< bytes passed over since the last good packet
  Table association;
  Table map;
  bool program_known = false;
  Track<H264Stream> video;
  Track<AdtsStream> audio;
  std::deque<Event> events;
  ErrorCode failure;
  Counts counts;
};

TsDemuxer::TsDemuxer(Limits limits) : impl_{std::make_unique<Impl>(limits)} {}
TsDemuxer::~TsDemuxer() = default;
TsDemuxer::TsDemuxer(TsDemuxer&&) noexcept = default;
TsDemuxer& TsDemuxer::operator=(TsDemuxer&&) noexcept = default;

void TsDemuxer::feed(BytesView bytes) {
  auto& input = impl_->input;
  input.erase(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(std::exchange(impl_->taken, 0)));
  input.insert(input.end(), bytes.begin(), bytes.end());
}

void TsDemuxer::finish() {
  if (const auto unit = impl_->video.units.begin()) impl_->video.stream.unit(*unit, impl_->events);
  if (const auto unit = impl_->audio.units.begin()) impl_->audio.stream.unit(*unit, impl_->events);
}

Result<std::optional<TsDemuxer::Event>> TsDemuxer::next() {
  while (impl_->events.empty() && !impl_->failure) {
    const auto packet = impl_->take_packet();
    if (!packet) break;
    impl_->packet(parse_header(*packet));
  }
  if (!impl_->events.empty()) {
    std::optional<Event> event{std::move(impl_->events.front())};
    impl_->events.pop_front();
    return event;
  }
  if (impl_->failure) return impl_->failure;
  return std::optional<Event>{};
}

const TsDemuxer::Counts& TsDemuxer::counts() const {
  auto& counts = impl_->counts;
  counts.damaged_units = impl_->video.units.damaged() + impl_->audio.units.damaged() +
                         impl_->video.stream.damaged() + impl_->audio.stream.damaged() +
                         impl_->association.sections.damaged() + impl_->map.sections.damaged();
  return counts;
}

/// The next packet of the input. In step, it begins where the last one ended, and the one behind it, if it is
/// there, begins with a sync byte too. Out of step, two sync bytes in the right distance are looked for.
std::optional<BytesView> TsDemuxer::Impl::take_packet() {
  while (input.size() - taken >= kPacketBytes) {
    const auto rest = BytesView{input}.subspan(taken);
    const bool begins = rest.front() == kSync;
    const bool followed = rest.size() > kPacketBytes;
    if (begins && !followed && !in_step) return std::nullopt;
    if (begins && (!followed || rest[kPacketBytes] == kSync)) {
      in_step = true;
      searched = 0;
      taken += kPacketBytes;
      return rest.first(kPacketBytes);
    }
    if (in_step) lose_step();
    const auto next = std::find(rest.begin() + 1, rest.end(), kSync);
    const auto passed = static_cast<std::size_t>(next - rest.begin());
    taken += passed;
    searched += passed;
    if (searched > limits.search_bytes) {
      failure = Errc::not_a_transport_stream;
      return std::nullopt;
    }
  }
  return std::nullopt;
}

void TsDemuxer::Impl::lose_step() {
  in_step = false;
  ++counts.resyncs;
}

void TsDemuxer::Impl::packet(const TsHeader& header) {
  if (!header.usable) return;  // a gap in the counter will tell, if it had a payload
  if (header.pid == kAssociationPid) {
    table(association, header, true);
  } else if (header.pid == kNoPid) {
    return;
  } else if (header.pid == map.pid) {
    table(map, header, false);
  } else if (header.pid == video.pid) {
    media(video, header);
  } else if (header.pid == audio.pid) {
    media(audio, header);
  }
}

template <class Stream>
void TsDemuxer::Impl::media(Track<Stream>& track, const TsHeader& header) {
  const auto verdict = track.continuity.check(header);
  // The same counter twice is a packet sent twice, or sixteen that are lost: its bytes tell.
  if (verdict == Continuity::Verdict::repeated && track.units.ends_with(header.payload)) return;
  if (verdict != Continuity::Verdict::next) {
    ++counts.lost_packets;
    track.units.lose();
    if constexpr (std::is_same_v<Stream, AdtsStream>) track.stream.lose();
  }
  if (header.unit_start) {
    if (const auto unit = track.units.begin()) track.stream.unit(*unit, events);
  }
  if (const auto unit = track.units.add(header.payload)) track.stream.unit(*unit, events);
}

void TsDemuxer::Impl::table(Table& table, const TsHeader& header, bool is_association) {
  const auto verdict = table.continuity.check(header);
  if (verdict == Continuity::Verdict::repeated) return;
  if (verdict == Continuity::Verdict::gap) {
    ++counts.lost_packets;
    table.sections.lose();
  }
  for (const auto& section : table.sections.add(header.payload, header.unit_start)) {
    if (is_association) {
      if (const auto pid = parse_association(section); pid && *pid != map.pid) {
        map = {};
        map.pid = *pid;
      }
    } else if (const auto streams = parse_program_map(section)) {
      program(*streams);
      return;  // the table may have been replaced
    }
  }
}

void TsDemuxer::Impl::program(const std::vector<ElementaryStream>& streams) {
  std::uint16_t video_pid = kNoPid;
  std::uint16_t audio_pid = kNoPid;
  std::vector<UnsupportedStream> unsupported;
  for (const auto& stream : streams) {
    if (stream.type == kH264 && video_pid == kNoPid) video_pid = stream.pid;
    if (stream.type == kAdts && audio_pid == kNoPid) audio_pid = stream.pid;
    if (const auto name = name_of(stream.type); !name.empty())
      unsupported.push_back({stream.type, std::string{name}});
  }
  if (program_known && video_pid == video.pid && audio_pid == audio.pid) return;
  program_known = true;
  const auto change = [](auto& track, std::uint16_t pid) {
    if (track.pid == pid) return;
    track.pid = pid;
    track.continuity = {};
    track.units.lose();
  };
  change(video, video_pid);
  change(audio, audio_pid);
  for (auto& stream : unsupported) events.emplace_back(std::move(stream));
  if (video_pid == kNoPid && audio_pid == kNoPid) {
    failure = Errc::no_supported_stream;
    return;
  }
  SourceInfo info;
  info.expects_video = video_pid != kNoPid;
  info.expects_audio = audio_pid != kNoPid;
  events.emplace_back(std::move(info));
}

}  // namespace levee::media
