#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace levee::redis {

/// Names of a channel's keys: `PREFIX:{07}:m:CHANNEL`. All of one channel have one hash tag, so that a script
/// finds them on one server of a cluster; channels are spread over 64 tags.
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
    const auto skip = prefix_.size() + std::string_view{":{00}:ps:"}.size();
    return topic.size() > skip && topic.starts_with(prefix_) ? topic.substr(skip) : std::string_view{};
  }

 private:
  std::string key(std::string_view what, std::string_view channel) const {
    // FNV-1a: the same on every node, whatever the library.
    std::uint64_t hash = 14695981039346656037u;
    for (const char c : channel) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    const auto tag = std::to_string(hash % 64);
    return prefix_ + ":{" + (tag.size() < 2 ? "0" : "") + tag + "}:" + std::string{what} + ":" +
           std::string{channel};
  }

  std::string prefix_;
};

}  // namespace levee::redis
