#include "stream/show.hpp"

#include <algorithm>
#include <utility>

#include "levee/media/ladder.hpp"

namespace levee::stream {
namespace {

/// How many segments back a rung may be and still be filled up; a rung that was away for longer begins anew
/// only with the next show.
constexpr std::size_t kMostSpans = 256;

/// How far one rendition may be ahead before the others are no longer waited for.
constexpr media::MediaTime kWaitForRungs = media::kTimescale;

/// A pipeline that is asked to leave a rung out says so with gaps itself; this is for one that does not.
constexpr std::uint64_t kSegmentsBehind = 2;

/// Source first, then by falling height, audio last.
bool comes_before(const hls::RenditionInfo& a, const hls::RenditionInfo& b) {
  const auto rank = [](const hls::RenditionInfo& info) {
    if (info.name == media::kSourceRendition) return 0;
    return info.name == media::kAudioRendition ? 2 : 1;
  };
  if (rank(a) != rank(b)) return rank(a) < rank(b);
  return a.height > b.height;
}

}  // namespace

Show::Show(std::string name, std::string id, WallTime started, const hls::Settings& settings, Outlet& outlet)
    : name_{std::move(name)}, id_{std::move(id)}, started_{started}, settings_{settings}, outlet_{outlet} {}

Show::Rendition* Show::find(std::string_view rendition) {
  const auto place = std::ranges::find(
      renditions_, rendition, [](const auto& each) -> std::string_view { return each->window.info().name; });
  return place != renditions_.end() ? place->get() : nullptr;
}

void Show::init(const hls::RenditionInfo& info, SharedBytes init) {
  auto* rendition = find(info.name);
  if (rendition == nullptr) {
    auto made = std::make_unique<Rendition>(hls::RenditionWindow{id_, settings_, info});
    const auto place = std::ranges::find_if(
        renditions_, [&](const auto& each) { return comes_before(info, each->window.info()); });
    rendition = renditions_.insert(place, std::move(made))->get();
  }
  rendition->window.init(info, std::move(init));
}

void Show::part(std::string_view name, hls::Part part) {
  auto* rendition = find(name);
  if (rendition == nullptr) {
    ++ignored_parts_;
    return;
  }
  auto* known = span(part.msn);
  const bool leads = known == nullptr || known->leader == rendition;
  if (leads) {
    lead(*rendition, part);
  } else {
    follow(*rendition, part);
  }
  if (!rendition->window.part(part)) {
    ++ignored_parts_;
    return;
  }
  ++parts_;
  rendition->made += part.duration;
  render(*rendition);
  if (leads && part.ends_segment) fill_those_not_made(part.msn);

  if (!playable_ && enough_to_play()) {
    playable_ = true;
    if (on_playable_) on_playable_();
  }
  publish(name);
}

void Show::offered(std::string_view name, bool offered) {
  auto* rendition = find(name);
  if (rendition == nullptr || rendition->offered == offered) return;
  rendition->offered = offered;
  rendition->window.offered(offered);
  if (!rendition->view) return;
  render(*rendition);
  publish("");
}

void Show::end() {
  for (auto& each : renditions_) each->window.end();
  for (auto& each : renditions_) {
    if (each->view) render(*each);
  }
}

bool Show::has_parts() const {
  return std::ranges::any_of(renditions_, [](const auto& each) { return each->view != nullptr; });
}

Show::Span* Show::span(std::uint64_t msn) {
  const auto place = std::ranges::lower_bound(spans_, msn, {}, &Span::msn);
  return place != spans_.end() && place->msn == msn ? &*place : nullptr;
}

/// Takes down where a segment lies that no rendition had before, or that this one was the first to reach.
void Show::lead(const Rendition& rendition, const hls::Part& part) {
  if (part.begins_segment && (spans_.empty() || part.msn > spans_.back().msn)) {
    Span next;
    next.msn = part.msn;
    next.start = part.start;
    next.program_date_time = part.program_date_time;
    next.discontinuity = part.discontinuity;
    next.leader = &rendition;
    if (!spans_.empty())
      next.discontinuities_before =
          spans_.back().discontinuities_before + (spans_.back().discontinuity ? 1 : 0);
    spans_.push_back(next);
    if (spans_.size() > kMostSpans) spans_.pop_front();
  }
  if (auto* known = span(part.msn)) {
    known->duration += part.duration;
    known->complete = part.ends_segment;
  }
}

/// Lets a rendition that is behind catch up with what the others have, so that `part` follows.
void Show::follow(Rendition& rendition, hls::Part& part) {
  const auto& known = *span(part.msn);
  if (!rendition.window.msn()) {
    rendition.window.discontinuities_before(known.discontinuities_before);
  } else if (part.begins_segment) {
    const auto next = *rendition.window.msn() + (rendition.window.segment_is_open() ? 1 : 0);
    for (auto msn = next; msn < part.msn; ++msn) {
      const auto* missed = span(msn);
      if (missed == nullptr) break;
      fill_gap(rendition, *missed);
    }
  }
  if (part.begins_segment && known.discontinuity) part.discontinuity = true;
}

void Show::fill_gap(Rendition& rendition, const Span& span) {
  hls::Part gap;
  gap.msn = span.msn;
  gap.gap = true;
  for (media::MediaTime done = 0; done < span.duration; done += gap.duration) {
    gap.begins_segment = done == 0;
    gap.discontinuity = done == 0 && span.discontinuity;
    gap.start = span.start + done;
    gap.program_date_time = span.program_date_time;
    gap.duration = std::min(settings_.part, span.duration - done);
    // A last part of a few ticks is avoided: two of up to the target share what is left.
    const auto left = span.duration - done;
    if (left > settings_.part && left < 2 * settings_.part) gap.duration = left / 2;
    gap.ends_segment = done + gap.duration >= span.duration;
    rendition.window.part(gap);
    rendition.made += gap.duration;
  }
}

void Show::fill_those_not_made(std::uint64_t complete_msn) {
  for (auto& each : renditions_) {
    const auto next = each->window.msn();
    if (each->offered || !next || each->window.segment_is_open()) continue;
    bool filled = false;
    for (auto msn = *next; msn + kSegmentsBehind <= complete_msn; ++msn) {
      const auto* missed = span(msn);
      if (missed == nullptr || !missed->complete) break;
      fill_gap(*each, *missed);
      filled = true;
    }
    if (!filled) continue;
    render(*each);
    publish(each->window.info().name);
  }
}

bool Show::enough_to_play() const {
  media::MediaTime furthest = 0;
  bool all = true;
  for (const auto& each : renditions_) {
    furthest = std::max(furthest, each->made);
    if (each->offered && !each->view) all = false;
  }
  return all || furthest >= kWaitForRungs;
}

void Show::render(Rendition& rendition) {
  std::vector<hls::RenditionReport> others;
  for (const auto& each : renditions_) {
    if (each.get() == &rendition || !each->offered) continue;
    if (auto report = each->window.report()) others.push_back(std::move(*report));
  }
  rendition.view = rendition.window.view(others);
}

void Show::publish(std::string_view changed) {
  auto view = std::make_shared<StreamView>();
  view->name = name_;
  view->id = id_;
  view->state = state_;
  view->started = started_;
  view->facts = facts_;
  for (const auto& each : renditions_) {
    if (each->view) view->renditions.push_back(each->view);
  }
  outlet_.updated(std::move(view), changed);
}

}  // namespace levee::stream
