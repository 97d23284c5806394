#include "stream/publication.hpp"

#include <utility>

namespace levee::stream {

LinkedPublication::LinkedPublication(std::string stream_name, std::shared_ptr<Link> link,
                                     std::function<void()> wake_home)
    : stream_name_{std::move(stream_name)}, link_{std::move(link)}, wake_home_{std::move(wake_home)} {}

LinkedPublication::~LinkedPublication() {
  Link::on_revoked(link_, nullptr);
  if (!over_) push(PublisherGone{.finished = false});
}

void LinkedPublication::info(const media::SourceInfo& info) { push(info); }

void LinkedPublication::config(const media::TrackConfig& config) { push(config); }

void LinkedPublication::packet(media::Packet packet) {
  push(ArrivedPacket{std::move(packet), Arrival{Clock::now(), std::chrono::system_clock::now()}});
}

void LinkedPublication::finish() {
  push(PublisherGone{.finished = true});
  over_ = true;
}

void LinkedPublication::on_revoked(std::function<void(ErrorCode)> handler) {
  Link::on_revoked(link_, std::move(handler));
}

void LinkedPublication::push(LinkItem item) {
  if (!over_ && link_->push(std::move(item))) wake_home_();
}

}  // namespace levee::stream
