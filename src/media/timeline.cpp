#include "levee/media/timeline.hpp"

#include <algorithm>
#include <cstdlib>

namespace levee::media {
namespace {

/// A frame's length is guessed from the last two; what is longer than this is a gap, not a frame.
constexpr MediaTime kLongestFrame = kTimescale / 5;
constexpr MediaTime kUsualFrame = kTimescale / 30;

MediaTime ticks(Duration duration) {
  using Ticks = std::chrono::duration<MediaTime, std::ratio<1, kTimescale>>;
  return std::chrono::duration_cast<Ticks>(duration).count();
}

}  // namespace

void Timeline::begin(MediaTime wrap) {
  wrap_ = wrap;
  anchored_ = false;
  newest_ = 0;
  samples_.running = false;
  for (auto& track : tracks_) track.mapping.reset();
}

void Timeline::config(const TrackConfig& config) {
  if (config.kind() != TrackKind::audio) return;
  if (config.sample_rate == samples_.rate && config.samples_per_packet == samples_.samples_per_packet) return;
  samples_ = {};
  samples_.rate = config.sample_rate;
  samples_.samples_per_packet = config.samples_per_packet;
}

std::optional<Packet> Timeline::repair(Packet packet, TimePoint now) {
  auto& own = track(packet.track);
  const auto mapped = map(own, packet.dts, now);
  last_arrival_ = std::max(last_arrival_, now);
  if (mapped < anchor_) {
    ++counts_.dropped;
    return std::nullopt;
  }

  const bool is_audio = packet.track == TrackKind::audio;
  const auto settled = is_audio ? settle_audio(own, mapped) : settle_video(own, mapped);
  if (!settled) {
    ++counts_.dropped;
    return std::nullopt;
  }
  const auto composition = is_audio ? 0 : difference(packet.pts, packet.dts);
  const bool sane = composition >= 0 && composition <= settings_.longest_composition;
  const bool moved = !is_audio && *settled != mapped;
  if (!sane || moved) ++counts_.repaired;
  packet.dts = *settled;
  packet.pts = std::max(mapped + (sane ? composition : 0), *settled);
  if (is_audio) packet.pts = packet.dts;
  own.last = packet.dts;
  next_free_ = std::max(next_free_, own.expected);
  return packet;
}

/// `a - b` on the source's clock: the shorter way around when it wraps.
MediaTime Timeline::difference(MediaTime a, MediaTime b) const {
  // Unsigned, because a source without a wrap may say anything and overflow must not be undefined.
  const auto plain = static_cast<MediaTime>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
  if (wrap_ <= 0) return plain;
  auto wrapped = plain % wrap_;
  if (wrapped < -(wrap_ / 2)) wrapped += wrap_;
  if (wrapped > wrap_ / 2) wrapped -= wrap_;
  return wrapped;
}

MediaTime Timeline::place(const Mapping& mapping, MediaTime source) const {
  return mapping.out + difference(source, mapping.source);
}

/// Where a moment of the source's clock lies on the timeline; a jump is found and made good here.
MediaTime Timeline::map(Track& own, MediaTime source, TimePoint now) {
  if (!anchored_) {
    anchored_ = true;
    anchor_ = reached_ = next_free_;
    remember(own, {source, anchor_, newest_});
    return anchor_;
  }

  // The track's own mapping and, when the other track has jumped, that one's: the nearer to what is expected.
  const auto expected = own.mapping ? own.expected : reached_;
  std::optional<Mapping> best = own.mapping;
  for (const auto& other : tracks_) {
    if (!other.mapping || (best && other.mapping->serial <= best->serial)) continue;
    if (!best ||
        std::abs(place(*other.mapping, source) - expected) < std::abs(place(*best, source) - expected))
      best = other.mapping;
  }
  if (const auto mapped = place(*best, source); plausible(own, mapped, now)) {
    reached_ = std::max(reached_, mapped);
    remember(own, {source, mapped, best->serial});
    return mapped;
  }

  ++counts_.jumps;
  // After both tracks, so that neither has to run back.
  const auto mapped = std::max(reached_, next_free_);
  reached_ = mapped;
  remember(own, {source, mapped, ++newest_});
  return mapped;
}

bool Timeline::plausible(const Track& own, MediaTime mapped, TimePoint now) const {
  const auto elapsed = std::max<MediaTime>(ticks(now - last_arrival_), 0);
  if (mapped > reached_ + elapsed + settings_.forwards) return false;
  // A track's first packet may come late, from before the anchor: it is dropped, and no jump.
  if (!own.mapping) return mapped >= anchor_ - settings_.forwards;
  return mapped >= own.last.value_or(anchor_) - settings_.backwards;
}

/// Moves the mapping along with the clock, so that it never is half a wrap away.
void Timeline::remember(Track& own, Mapping mapping) {
  own.mapping = mapping;
  for (auto& other : tracks_) {
    if (other.mapping && other.mapping->serial == mapping.serial) other.mapping = mapping;
  }
}

/// Counts samples; nothing when the packet is one too many.
std::optional<MediaTime> Timeline::settle_audio(Track& own, MediaTime mapped) {
  if (samples_.rate == 0 || samples_.samples_per_packet == 0) return settle_video(own, mapped);
  const auto counted = samples_.at(samples_.packets);
  const bool free = !own.last || mapped > *own.last;
  if (samples_.running && mapped < counted - settings_.audio_slack) return std::nullopt;
  if (!samples_.running && !free) return std::nullopt;
  if (!samples_.running || mapped > counted + settings_.audio_slack) {
    if (samples_.running) ++counts_.repaired;
    samples_.running = true;
    samples_.since = mapped;
    samples_.packets = 0;
  }
  const auto settled = samples_.at(samples_.packets++);
  own.expected = samples_.at(samples_.packets);
  return settled;
}

MediaTime Timeline::settle_video(Track& own, MediaTime mapped) {
  const auto settled = own.last ? std::max(mapped, *own.last + 1) : mapped;
  const auto length = own.last ? settled - *own.last : kUsualFrame;
  own.expected = settled + (length > 0 && length <= kLongestFrame ? length : kUsualFrame);
  return settled;
}

}  // namespace levee::media
