#include "rtmp/metadata.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <string>
#include <string_view>

namespace levee::rtmp {
namespace {

constexpr std::size_t kEncoderBytes = 128;
constexpr double kMaxFrameRate = 300;

/// Whether any of the properties is there that a publisher sends of a track it has.
bool has_track(const amf0::Value& properties, std::string_view flag,
               std::initializer_list<std::string_view> signs) {
  if (const auto* value = properties.find(flag); value && value->get<bool>()) return *value->get<bool>();
  return std::ranges::any_of(signs, [&](auto name) { return properties.find(name) != nullptr; });
}

/// `text` for a log or a page, whatever the publisher put in it.
std::string shown(std::string_view text) {
  std::string shown{text.substr(0, kEncoderBytes)};
  std::ranges::replace_if(
      shown, [](char c) { return c < ' ' || c > '~'; }, '?');
  return shown;
}

media::FrameRate frame_rate(double value) {
  if (!(value > 0 && value <= kMaxFrameRate)) return {};
  const auto whole = std::round(value);
  if (std::abs(value - whole) < 0.001) return {static_cast<std::uint32_t>(whole), 1};
  const auto ntsc = std::round(value * 1.001);
  if (std::abs(value * 1.001 - ntsc) < 0.005) return {static_cast<std::uint32_t>(ntsc) * 1000, 1001};
  return {static_cast<std::uint32_t>(std::round(value * 1000)), 1000};
}

}  // namespace

std::optional<media::SourceInfo> read_metadata(const std::vector<amf0::Value>& values) {
  auto value = values.begin();
  const auto skip = [&](std::string_view name) {
    if (value == values.end() || !value->get<std::string>() || *value->get<std::string>() != name)
      return false;
    ++value;
    return true;
  };
  skip("@setDataFrame");
  if (!skip("onMetaData") || value == values.end()) return std::nullopt;

  media::SourceInfo info;
  if (const auto* encoder = value->find("encoder"); encoder && encoder->get<std::string>())
    info.encoder = shown(*encoder->get<std::string>());
  if (const auto* rate = value->find("framerate"); rate && rate->get<double>())
    info.frame_rate = frame_rate(*rate->get<double>());
  info.expects_video = has_track(*value, "hasVideo", {"videocodecid", "videodatarate", "width"});
  info.expects_audio = has_track(*value, "hasAudio", {"audiocodecid", "audiodatarate", "audiosamplerate"});
  if (!info.expects_video && !info.expects_audio) info.expects_video = info.expects_audio = true;
  return info;
}

}  // namespace levee::rtmp
