#include "levee/hls/rendition_window.hpp"

#include <utility>

#include "levee/hls/media_uri.hpp"

#include "hls/history.hpp"
#include "hls/playlist_text.hpp"
#include "hls/window_view.hpp"

namespace levee::hls {
namespace {

/// Below so many segments a measured rate says little.
constexpr std::size_t kSegmentsToMeasure = 3;

void append_report(std::string& out, const RenditionReport& report) {
  out += "#EXT-X-RENDITION-REPORT:URI=\"../";
  out += report.name;
  out += "/index.m3u8\",LAST-MSN=";
  append_number(out, report.last_msn);
  out += ",LAST-PART=";
  append_number(out, report.last_part);
  out += '\n';
}

}  // namespace

RenditionWindow::RenditionWindow(std::string stream_id, const Settings& settings, RenditionInfo info)
    : stream_id_{std::move(stream_id)},
      settings_{settings},
      info_{std::move(info)},
      keeper_{std::make_unique<HistoryKeeper>(stream_id_, settings)},
      history_{keeper_->snapshot()} {}

RenditionWindow::~RenditionWindow() = default;
RenditionWindow::RenditionWindow(RenditionWindow&&) noexcept = default;
RenditionWindow& RenditionWindow::operator=(RenditionWindow&&) noexcept = default;

void RenditionWindow::init(const RenditionInfo& info, SharedBytes init) {
  info_ = info;
  if (init_ && init && *init_ == *init) return;
  init_ = std::move(init);
  generation_ = next_generation_++;
}

bool RenditionWindow::part(const Part& part) {
  if (ended_ || (!part.gap && (!part.data || !init_))) return false;
  if (part.begins_segment) {
    if (msn_ && part.msn != *msn_ + (open_ ? 1 : 0)) return false;
    if (open_) close();
    open(part);
  } else if (!open_ || part.msn != open_->msn) {
    return false;
  }
  add_part(*open_, part, stream_id_);
  ++next_part_;
  if (part.ends_segment) close();
  return true;
}

void RenditionWindow::open(const Part& part) {
  if (!msn_) {
    keeper_->begin(part.msn, discontinuities_before_);
    history_ = keeper_->snapshot();
  }
  // A repeated EXT-X-MAP after a discontinuity is allowed, and players that start there need it.
  const bool names_map = init_ && (last_generation_ != generation_ || part.discontinuity);
  open_ = std::make_unique<Segment>(
      open_segment(part, next_part_, InitSegment{generation_, init_}, names_map, stream_id_));
  if (init_) last_generation_ = generation_;
  msn_ = part.msn;
}

void RenditionWindow::close() {
  close_segment(*open_, stream_id_);
  msn_ = open_->msn + 1;
  keeper_->add(std::move(*open_));
  open_.reset();
  history_ = keeper_->snapshot();
}

void RenditionWindow::end() {
  if (open_) close();
  ended_ = true;
}

std::optional<RenditionReport> RenditionWindow::report() const {
  if (!msn_) return std::nullopt;
  const auto& newest = open_ ? *open_ : *history_->segments.back();
  return RenditionReport{info_.name, newest.msn, static_cast<std::uint32_t>(newest.parts.size() - 1)};
}

std::string RenditionWindow::tail(std::span<const RenditionReport> others) const {
  std::string out;
  if (open_) out = open_->opening + open_->part_lines;
  if (ended_) return out += "#EXT-X-ENDLIST\n";
  out += "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"";
  out += to_string(MediaUri{.stream_id = stream_id_, .kind = MediaUri::Kind::part, .number = next_part_});
  out += "\"\n";
  for (const auto& report : others) append_report(out, report);
  return out;
}

std::shared_ptr<const RenditionView> RenditionWindow::view(std::span<const RenditionReport> others) const {
  WindowView::State state;
  state.info = info_;
  state.offered = offered_;
  state.ended = ended_;
  state.init = InitSegment{generation_, init_};
  state.msn = msn_.value_or(0);
  state.next_part = next_part_;
  if (open_) {
    state.open_parts = open_->parts;
    state.open_init = open_->init;
  }
  if (history_->segments.size() >= kSegmentsToMeasure || info_.nominal_bandwidth == 0) {
    state.bandwidth = history_->bandwidth;
    state.average_bandwidth = history_->average_bandwidth;
  }
  if (state.bandwidth == 0 && info_.nominal_bandwidth == 0 && open_)
    state.bandwidth = bit_rate(open_->bytes, open_->duration);

  const auto rest = tail(others);
  state.playlist.reserve(history_->head.size() + rest.size());
  state.playlist += history_->head;
  state.playlist += rest;
  if (!history_->delta_head.empty() && !ended_) {
    state.delta_playlist.reserve(history_->delta_head.size() + rest.size());
    state.delta_playlist += history_->delta_head;
    state.delta_playlist += rest;
  }
  return std::make_shared<const WindowView>(history_, std::move(state));
}

}  // namespace levee::hls
