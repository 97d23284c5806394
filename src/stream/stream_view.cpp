#include "levee/stream/stream_view.hpp"

#include <algorithm>

namespace levee::stream {

std::string_view to_string(StreamState state) {
  switch (state) {
    case StreamState::starting:
      return "starting";
    case StreamState::live:
      return "live";
    case StreamState::interrupted:
      return "interrupted";
    case StreamState::ended:
      return "ended";
  }
  return "unknown";
}

std::shared_ptr<const hls::RenditionView> StreamView::rendition(std::string_view rendition_name) const {
  const auto place = std::ranges::find(
      renditions, rendition_name, [](const auto& each) -> std::string_view { return each->info().name; });
  return place != renditions.end() ? *place : nullptr;
}

}  // namespace levee::stream
