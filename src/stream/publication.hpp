#pragma once

#include <functional>
#include <memory>
#include <string>

#include "levee/stream/publish.hpp"

#include "stream/link.hpp"

namespace levee::stream {

/// The publication that a connection holds: passes everything on through its link.
///
/// Thread: the connection's.
class LinkedPublication final : public Publication {
 public:
  /// `wake_home` lets the home shard take what is in the link.
  LinkedPublication(std::string stream_name, std::shared_ptr<Link> link, std::function<void()> wake_home);
  ~LinkedPublication() override;

  const std::string& stream_name() const override { return stream_name_; }
  void info(const media::SourceInfo& info) override;
  void config(const media::TrackConfig& config) override;
  void packet(media::Packet packet) override;
  void finish() override;
  void on_revoked(std::function<void(ErrorCode)> handler) override;

 private:
  void push(LinkItem item);

  std::string stream_name_;
  std::shared_ptr<Link> link_;
  std::function<void()> wake_home_;
  bool over_ = false;
};

}  // namespace levee::stream
