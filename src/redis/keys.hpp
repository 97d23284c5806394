#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace levee::redis {

/// Names of a channel's keys: `PREFIX:{CHANNEL}:m`. The channel is their hash tag: a script finds them all on
/// one server of a cluster, and channels are spread over all of its slots.
class Keys {
 public:
  explicit Keys(std::string prefix) : prefix_{std::move(prefix)} {}

  std::string meta(std::string_view channel) const { return key("m", channel); }
  std::string stream(std::string_view channel) const { return key("l", channel); }
  std::string publication(std::string_view channel, std::string_view id) const {
    return key("i", channel) + ":" + std::string{id};
  }
  std::string value(std::string_view channel) const { return key("h", channel); }
  std::string rules(std::string_view channel) const { return key("g", channel); }
  /// Slow mode: when this person may write again.
  std::string wait(std::string_view channel, std::string_view user) const {
    return key("w", channel) + ":" + std::string{user};
  }
  std::string records(std::string_view channel) const { return key("r", channel); }
  std::string members(std::string_view channel) const { return key("p", channel); }
  /// Of them those of one node.
  std::string members_of(std::string_view channel, std::string_view node) const {
    return members(channel) + ":" + std::string{node};
  }
  std::string member_leases(std::string_view channel) const { return key("pz", channel); }
  /// Devices of a `track`, by when they were last heard of.
  std::string devices(std::string_view channel) const { return key("d", channel); }
  /// Where each of them was last.
  std::string last_places(std::string_view channel) const { return key("dl", channel); }
  /// Of one device: versions by time, and places by version.
  std::string trail_times(std::string_view channel, std::string_view device) const {
    return key("tt", channel) + ":" + std::string{device};
  }
  std::string trail_places(std::string_view channel, std::string_view device) const {
    return key("tp", channel) + ":" + std::string{device};
  }
  std::string counts(std::string_view channel) const { return key("n", channel); }
  std::string count_leases(std::string_view channel) const { return key("nz", channel); }
  /// Of Pub/Sub.
  std::string topic(std::string_view channel) const { return key("ps", channel); }

  /// The channel that a `topic` is of; empty: none of ours.
  std::string_view channel_of(std::string_view topic) const {
    constexpr std::string_view kBefore = ":{";
    constexpr std::string_view kAfter = "}:ps";
    if (!topic.starts_with(prefix_)) return {};
    topic.remove_prefix(prefix_.size());
    if (!topic.starts_with(kBefore) || !topic.ends_with(kAfter)) return {};
    return topic.substr(kBefore.size(), topic.size() - kBefore.size() - kAfter.size());
  }

 private:
  std::string key(std::string_view what, std::string_view channel) const {
    return prefix_ + ":{" + std::string{channel} + "}:" + std::string{what};
  }

  std::string prefix_;
};

}  // namespace levee::redis
