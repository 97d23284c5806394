#include "hls/history.hpp"

#include <algorithm>

#include "hls/playlist_text.hpp"

namespace levee::hls {
const Segment* History::find(std::uint64_t msn) const {
  const auto place = std::ranges::lower_bound(segments, msn, {}, [](const auto& each) { return each->msn; });
  return place != segments.end() && (*place)->msn == msn ? place->get() : nullptr;
}

const Segment* History::find_part(std::uint64_t number) const {
  const auto after =
      std::ranges::upper_bound(segments, number, {}, [](const auto& each) { return each->first_part; });
  if (after == segments.begin()) return nullptr;
  const auto& segment = **std::prev(after);
  return number - segment.first_part < segment.parts.size() ? &segment : nullptr;
}

HistoryKeeper::HistoryKeeper(std::string stream_id, const Settings& settings)
    : stream_id_{std::move(stream_id)},
      settings_{settings},
      whole_preamble_{preamble(settings, kWholeVersion)},
      gap_preamble_{preamble(settings, kGapVersion)},
      delta_preamble_{preamble(settings, kDeltaVersion)} {}

void HistoryKeeper::add(Segment segment) {
  segment.peak_rate = peak_with(segment);
  clock_ += segment.duration;
  listed_time_ += segment.duration;
  listed_.push_back(std::make_shared<const Segment>(std::move(segment)));
  longest_list_ = std::max(longest_list_, listed_time_);
  forget();
}

/// The peak segment bit rate is that of any run of segments between half and one and a half times the target
/// duration long; a segment shorter than that counts only together with those before it.
std::uint32_t HistoryKeeper::peak_with(const Segment& newest) const {
  const auto target = settings_.target_duration() * media::kTimescale;
  std::uint64_t bytes = newest.bytes;
  media::MediaTime time = newest.duration;
  std::uint32_t peak = 2 * time >= target ? bit_rate(bytes, time) : 0;
  for (auto each = listed_.rbegin(); each != listed_.rend() && !(*each)->gap; ++each) {
    bytes += (*each)->bytes;
    time += (*each)->duration;
    if (2 * time > 3 * target) break;
    if (2 * time >= target) peak = std::max(peak, bit_rate(bytes, time));
  }
  return newest.gap ? 0 : peak;
}

void HistoryKeeper::forget() {
  const auto least = std::max(settings_.window, media::kTimescale * 3 * settings_.target_duration());
  const auto may_leave = [&] {
    if (listed_.size() > kMostSegments) return true;
    return listed_.size() > kFewestListed && listed_time_ - listed_.front()->duration >= least;
  };
  while (may_leave()) {
    auto& oldest = listed_.front();
    listed_time_ -= oldest->duration;
    if (oldest->discontinuity) ++discontinuity_sequence_;
    removed_.push_back({oldest, clock_ + oldest->duration + longest_list_});
    listed_.pop_front();
  }
  while (!removed_.empty() && (removed_.front().until <= clock_ || removed_.size() > kMostSegments))
    removed_.pop_front();
}

/// How many segments a delta update leaves out: those that end before the skip boundary (L42).
std::size_t HistoryKeeper::skippable() const {
  const auto boundary = media::kTimescale * 6 * settings_.target_duration();
  auto after = listed_time_;
  std::size_t count = 0;
  while (count < listed_.size() && after - listed_[count]->duration > boundary)
    after -= listed_[count++]->duration;
  return count;
}

std::shared_ptr<const History> HistoryKeeper::snapshot() const {
  auto history = std::make_shared<History>();
  history->segments.reserve(removed_.size() + listed_.size());
  for (const auto& each : removed_) history->segments.push_back(each.segment);
  history->segments.insert(history->segments.end(), listed_.begin(), listed_.end());

  const auto is_gap = [](const auto& each) { return each->gap; };
  history->head = std::ranges::any_of(listed_, is_gap) ? gap_preamble_ : whole_preamble_;
  append_sequence_numbers(history->head);
  if (!listed_.empty()) {
    const auto& first = *listed_.front();
    if (!first.names_map && first.init.data) history->head += map_line(first.init, stream_id_);
    append_segments(history->head, 0);
  }

  if (const auto skipped = skippable(); skipped > 0) {
    history->delta_head = delta_preamble_;
    append_sequence_numbers(history->delta_head);
    history->delta_head += "#EXT-X-SKIP:SKIPPED-SEGMENTS=";
    append_number(history->delta_head, skipped);
    history->delta_head += '\n';
    append_segments(history->delta_head, skipped);
  }

  std::uint64_t bytes = 0;
  media::MediaTime time = 0;
  for (const auto& each : listed_) {
    history->independent = history->independent && each->independent;
    if (each->gap) continue;
    bytes += each->bytes;
    time += each->duration;
    history->bandwidth = std::max(history->bandwidth, each->peak_rate);
  }
  history->average_bandwidth = std::min(bit_rate(bytes, time), history->bandwidth);
  return history;
}

void HistoryKeeper::append_sequence_numbers(std::string& out) const {
  out += "#EXT-X-MEDIA-SEQUENCE:";
  append_number(out, listed_.empty() ? first_msn_ : listed_.front()->msn);
  out += "\n#EXT-X-DISCONTINUITY-SEQUENCE:";
  append_number(out, discontinuity_sequence_);
  out += '\n';
}

void HistoryKeeper::append_segments(std::string& out, std::size_t from) const {
  for (auto i = from; i < listed_.size(); ++i) {
    const auto& segment = *listed_[i];
    out += segment.opening;
    if (i + kSegmentsWithParts >= listed_.size()) out += segment.part_lines;
    out += segment.closing;
  }
}

}  // namespace levee::hls
