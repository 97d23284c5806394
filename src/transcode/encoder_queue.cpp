#include "transcode/encoder_queue.hpp"

#include <algorithm>
#include <utility>

namespace levee::transcode {

namespace {

const media::Packet* as_packet(const LadderEvent& event) { return std::get_if<media::Packet>(&event); }

bool is_video(const LadderEvent& event) {
  const auto* packet = as_packet(event);
  return packet && packet->track == media::TrackKind::video;
}

std::size_t size_of(const LadderEvent& event) {
  const auto* packet = as_packet(event);
  return packet && packet->data ? packet->data->size() : 0;
}

}  // namespace

bool EncoderQueue::push(LadderEvent event) {
  {
    const std::lock_guard lock{mutex_};
    if (closed_ || events_.size() >= kEventLimit) return false;
    if (std::holds_alternative<Begin>(event)) dropping_ = false;
    if (is_video(event)) {
      const auto& packet = *as_packet(event);
      newest_video_ = packet.dts;
      if (!dropping_ && over_limit()) {
        drop_video();
        dropping_ = true;
      }
      if (dropping_ && !packet.key) {
        ++dropped_;
        return true;
      }
      dropping_ = false;
      if (!oldest_video_) oldest_video_ = packet.dts;
    }
    bytes_ += size_of(event);
    events_.push_back(std::move(event));
  }
  changed_.notify_one();
  return true;
}

std::optional<LadderEvent> EncoderQueue::pop() {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] { return closed_ || !events_.empty(); });
  if (closed_) return std::nullopt;
  auto event = std::move(events_.front());
  events_.pop_front();
  bytes_ -= size_of(event);
  if (is_video(event)) {
    const auto next = std::ranges::find_if(events_, is_video);
    oldest_video_ = next == events_.end() ? std::nullopt : std::optional{as_packet(*next)->dts};
  }
  return event;
}

void EncoderQueue::close() {
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    events_.clear();
  }
  changed_.notify_all();
}

bool EncoderQueue::closed() const {
  const std::lock_guard lock{mutex_};
  return closed_;
}

media::MediaTime EncoderQueue::newest_video() const {
  const std::lock_guard lock{mutex_};
  return newest_video_;
}

std::uint64_t EncoderQueue::dropped() const {
  const std::lock_guard lock{mutex_};
  return dropped_;
}

bool EncoderQueue::over_limit() const {
  return bytes_ > byte_limit_ || (oldest_video_ && newest_video_ - *oldest_video_ > time_limit_);
}

void EncoderQueue::drop_video() {
  const auto first = std::ranges::find_if(events_, is_video);
  if (first == events_.end()) {
    events_.emplace_back(Lost{});
    return;
  }
  ++dropped_;
  bytes_ -= size_of(*first);
  *first = Lost{};
  std::erase_if(events_, [this](const LadderEvent& event) {
    if (!is_video(event)) return false;
    bytes_ -= size_of(event);
    ++dropped_;
    return true;
  });
  oldest_video_.reset();
}

}  // namespace levee::transcode
