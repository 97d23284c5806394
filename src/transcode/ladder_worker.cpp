#include "transcode/ladder_worker.hpp"

#include <algorithm>
#include <csignal>
#include <iterator>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>
#include <utility>

#include <spdlog/spdlog.h>
#include <sys/resource.h>

namespace levee::transcode {

using media::MediaTime;

namespace {

/// No decoder holds pictures back for longer; one that gives none for this long has lost its way.
constexpr MediaTime kDecoderPatience = media::kTimescale;

MediaTime to_media_time(Duration duration) {
  using Ticks = std::chrono::duration<MediaTime, std::ratio<1, media::kTimescale>>;
  return std::chrono::duration_cast<Ticks>(duration).count();
}

/// Before a codec is opened: threads of its own would inherit the priority.
void lower_priority(const Settings& settings) {
  if (settings.idle_only) {
    const sched_param parameters{};
    if (sched_setscheduler(0, SCHED_IDLE, &parameters) == 0) return;
    spdlog::warn("transcode SCHED_IDLE was refused, niceness={}", settings.niceness);
  }
  if (setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), settings.niceness) != 0)
    spdlog::warn("transcode niceness={} was refused", settings.niceness);
}

}  // namespace

LadderWorker::LadderWorker(std::string stream, const Settings& settings, Counters& counters,
                           std::shared_ptr<HomeLink> link, std::function<void(Note)> notify)
    : stream_{std::move(stream)},
      settings_{settings},
      counters_{counters},
      link_{std::move(link)},
      notify_{std::move(notify)},
      queue_{to_media_time(settings.queue_time), settings.queue_bytes} {}

void LadderWorker::run() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  pthread_setname_np(pthread_self(), "encoder");
  lower_priority(settings_);
  redirect_libav_log();
  counters_.encoder_threads.add(1);
  while (auto event = queue_.pop()) {
    const auto started = Clock::now();
    std::visit([this](auto& one) { handle(one); }, *event);
    if (meter_) meter_->add_busy(Clock::now() - started);
    deliver();
  }
  counters_.encoder_threads.add(-1);
  finished_ = true;
}

void LadderWorker::handle(Begin& begin) {
  drain();
  deliver();
  std::erase_if(rungs_, [](const auto& rung) { return rung->name() == media::kSourceRendition; });
  note(Note::begun);

  tracks_ = begin;
  own_key_frames_ = awaiting_key_ = false;
  forced_keys_.clear();
  last_frame_ = 0;
  finish_by_ = TimePoint::max();
  decoder_.reset();
  if (begin.video) {
    auto opened = Decoder::open(*begin.video, [this](AVFrame& picture) { frame(picture); });
    if (opened) {
      decoder_ = std::move(*opened);
    } else {
      spdlog::error("stream={} decoder does not open error={}", stream_, opened.error().message());
    }
  }
  plan_rungs(begin);
}

void LadderWorker::plan_rungs(const Begin& begin) {
  std::vector<RungPlan> plans;
  if (decoder_) {
    plans = plan_ladder(settings_.ladder, begin.video->width, begin.video->height,
                        begin.frame_rate.numerator != 0 ? begin.frame_rate : begin.video->frame_rate);
  }
  for (auto& rung : rungs_) {
    const auto plan = std::ranges::find(plans, rung->name(), &RungPlan::name);
    rung->begin(plan == plans.end() ? std::nullopt : std::optional{*plan}, begin.audio);
    if (plan != plans.end()) plans.erase(plan);
  }
  add_rungs(std::move(plans));
}

void LadderWorker::add_rungs(std::vector<RungPlan> plans) {
  for (auto& plan : plans) {
    auto rung = std::make_unique<Rung>(plan.name, counters_.rung(plan.name));
    rung->begin(std::move(plan), tracks_.audio);
    rungs_.push_back(std::move(rung));
  }
  std::ranges::stable_sort(rungs_, std::ranges::greater{},
                           [](const auto& rung) { return rung->plan() ? rung->plan()->height : 0; });
  restart_policy();
}

void LadderWorker::restart_policy() {
  std::vector<std::uint32_t> bitrates;
  std::vector<bool> shed;
  for (const auto& rung : rungs_) {
    if (!rung->plan()) break;
    bitrates.push_back(rung->plan()->bitrate);
    shed.push_back(rung->is_shed());
  }
  meter_.emplace(bitrates.size());
  policy_.emplace(settings_.shedding, std::move(bitrates), std::move(shed));
}

void LadderWorker::handle(hls::Cut& cut) {
  if (cut.begins_segment && own_key_frames_) forced_keys_.push_back(cut.at);
  // A segment that is not overdue begins with the key frame that the decoder waits for.
  const bool decodable = decoder_ && (!awaiting_key_ || !cut.overdue);
  for (auto& rung : rungs_) rung->cut(cut, decodable);
}

void LadderWorker::handle(media::Packet& packet) {
  if (packet.track == media::TrackKind::audio) {
    for (auto& rung : rungs_) rung->audio(packet);
    return;
  }
  if (Clock::now() >= finish_by_.load()) return lose();
  if (packet.key) awaiting_key_ = false;
  decode(packet);
}

void LadderWorker::handle(hls::PartEnd& end) {
  for (auto& rung : rungs_) rung->end(end);
  release_source();
}

void LadderWorker::handle(EncodeSource& source) {
  if (source.bitrate == 0) {
    if (auto* rung = find(media::kSourceRendition)) rung->stop();
    release_source();
    return;
  }
  own_key_frames_ = true;
  counters_.sources_replaced.add();
  const auto& rate = tracks_.frame_rate;
  RungPlan plan{
      .name = std::string{media::kSourceRendition},
      .width = tracks_.video->width & ~1U,
      .height = tracks_.video->height & ~1U,
      .bitrate = source.bitrate,
      .preset = settings_.ladder.rungs.empty() ? "superfast" : settings_.ladder.rungs.front().preset,
      .frame_step = 1,
      .frame_rate = rate.denominator == 0 ? 0 : static_cast<double>(rate.numerator) / rate.denominator};
  std::vector<RungPlan> plans;
  plans.push_back(std::move(plan));
  add_rungs(std::move(plans));
  if (!decoder_) note(Note::source_lost);
}

void LadderWorker::handle(Lost&) {
  if (decoder_) decoder_->reset();
  awaiting_key_ = true;
  lose();
  const auto dropped = queue_.dropped();
  counters_.packets_dropped.add(dropped - dropped_told_);
  spdlog::warn("stream={} encoder is behind, dropped packets={}", stream_, dropped - dropped_told_);
  dropped_told_ = dropped;
}

void LadderWorker::handle(Finish& finish) {
  drain();
  deliver();
  link_->post([done = std::move(finish.done)](hls::PartSink&) { done(); });
}

void LadderWorker::decode(const media::Packet& packet) {
  if (!decoder_) return;
  if (last_frame_ == 0) last_frame_ = packet.pts;
  const auto before = thread_cpu_time();
  const auto rungs_before = rung_cpu_;
  if (const auto error = decoder_->decode(packet)) {
    counters_.decode_errors.add();
    spdlog::debug("stream={} packet does not decode error={}", stream_, error.message());
  }
  const auto cpu = thread_cpu_time() - before - (rung_cpu_ - rungs_before);
  counters_.decode_cpu_time.add(static_cast<std::uint64_t>(std::max<std::int64_t>(cpu.count(), 0)));
  if (meter_) meter_->add_base(cpu);
  if (packet.dts - last_frame_ > kDecoderPatience) {
    lose();
    last_frame_ = packet.dts;
  }
}

void LadderWorker::frame(AVFrame& picture) {
  const auto pts = picture.pts;
  if (pts == AV_NOPTS_VALUE || queue_.closed()) return;
  counters_.frames_decoded.add();
  last_frame_ = pts;
  const bool key = key_wanted(picture);
  const AVFrame* from = &picture;
  for (std::size_t i = 0; i < rungs_.size(); ++i) {
    auto& rung = *rungs_[i];
    const bool was_failed = rung.failed();
    const auto before = thread_cpu_time();
    if (const auto* scaled = rung.picture(*from, pts, key)) from = scaled;
    const auto cpu = thread_cpu_time() - before;
    rung_cpu_ += cpu;
    if (rung.plan()) meter_->add_rung(i, cpu);
    counters_.rung(rung.name()).cpu_time.add(static_cast<std::uint64_t>(cpu.count()));
    if (!was_failed && rung.failed() && rung.name() == media::kSourceRendition) note(Note::source_lost);
  }
  adapt(pts);
}

bool LadderWorker::key_wanted(const AVFrame& picture) {
  bool key = picture.key_frame != 0 && !own_key_frames_;
  while (!forced_keys_.empty() && picture.pts + hls::kTurnJitter >= forced_keys_.front()) {
    key = true;
    forced_keys_.pop_front();
  }
  return key;
}

void LadderWorker::adapt(MediaTime pts) {
  lag_ = std::max<MediaTime>(queue_.newest_video() - pts, 0);
  const auto load = meter_->read(pts, lag_, [this](std::size_t rung) { return policy_->is_shed(rung); });
  if (!load) return;
  if (const auto decision = policy_->update(Clock::now(), *load)) apply(*decision);
}

void LadderWorker::apply(LoadShedding::Decision decision) {
  auto& rung = *rungs_[decision.rung];
  rung.set_shed(decision.shed);
  spdlog::warn("stream={} rung={} {} lag={:.2f}", stream_, rung.name(), decision.shed ? "shed" : "restored",
               media::seconds(lag_));
  if (decision.shed && rung.name() == media::kSourceRendition) note(Note::source_lost);
}

void LadderWorker::lose() {
  for (auto& rung : rungs_) rung->lose();
}

void LadderWorker::drain() {
  if (decoder_) decoder_->drain();
  for (auto& rung : rungs_) rung->drain();
}

void LadderWorker::release_source() {
  auto* rung = find(media::kSourceRendition);
  if (!rung || !rung->stopped()) return;
  deliver();
  std::erase_if(rungs_, [rung](const auto& one) { return one.get() == rung; });
  restart_policy();
  note(Note::source_released);
}

void LadderWorker::deliver() {
  std::vector<Rung::SinkCall> calls;
  std::uint64_t errors = 0;
  for (auto& rung : rungs_) {
    std::ranges::move(rung->take_calls(), std::back_inserter(calls));
    errors += rung->take_mux_errors();
  }
  if (errors > 0) counters_.mux_errors.add(errors);
  if (calls.empty()) return;
  link_->post([calls = std::move(calls)](hls::PartSink& sink) {
    for (const auto& call : calls) call(sink);
  });
}

void LadderWorker::note(Note note) {
  link_->post([notify = notify_, note](hls::PartSink&) { notify(note); });
}

Rung* LadderWorker::find(std::string_view name) {
  const auto found =
      std::ranges::find(rungs_, name, [](const auto& rung) -> std::string_view { return rung->name(); });
  return found == rungs_.end() ? nullptr : found->get();
}

}  // namespace levee::transcode
