#include <cstdlib>
#include <span>

#include "levee/media/h264.hpp"
#include "levee/media/mpegts.hpp"

// Whatever the bytes and wherever they are cut: no packet leaves that is not well formed.
namespace {

void check(const levee::media::Packet& packet) {
  if (packet.dts < 0 || packet.dts >= levee::media::kTsWrap || !packet.data || packet.data->empty())
    std::abort();
  if (packet.track == levee::media::TrackKind::audio) return;
  levee::media::LengthPrefixedNals nals{*packet.data};
  while (const auto nal = nals.next()) {
    if (levee::media::is_out_of_band(levee::media::nal_type(*nal))) std::abort();
  }
  if (!nals.ok()) std::abort();
}

bool drain(levee::media::TsDemuxer& demuxer) {
  for (;;) {
    const auto event = demuxer.next();
    if (!event) return false;
    if (!*event) return true;
    if (const auto* packet = std::get_if<levee::media::Packet>(&**event)) check(*packet);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  auto rest = std::as_bytes(std::span{data, size});
  const auto step = std::to_integer<std::size_t>(rest.front()) * 8 + 1;
  rest = rest.subspan(1);
  levee::media::TsDemuxer demuxer;
  while (!rest.empty()) {
    const auto piece = rest.first(std::min(step, rest.size()));
    rest = rest.subspan(piece.size());
    demuxer.feed(piece);
    if (!drain(demuxer)) return 0;
  }
  demuxer.finish();
  drain(demuxer);
  return 0;
}
