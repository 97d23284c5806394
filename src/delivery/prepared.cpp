#include "levee/delivery/prepared.hpp"

#include <algorithm>
#include <new>

#include <zlib.h>

namespace levee::delivery {
namespace {

/// Playlists are repetitive: past this level they hardly shrink and cost twice the time.
constexpr int kLevel = 5;
constexpr int kGzipWindow = 15 + 16;
constexpr int kMemory = 8;

}  // namespace

Bytes gzip(std::string_view text) {
  z_stream stream{};
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindow, kMemory, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc{};
  Bytes out(deflateBound(&stream, text.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  out.shrink_to_fit();
  return out;
}

BytesView LazyGzip::get() const {
  std::call_once(once_, [this] { compressed_ = gzip(text_); });
  return compressed_;
}

std::shared_ptr<const PreparedRendition> PreparedStream::rendition(std::string_view name) const {
  for (const auto& rendition : renditions) {
    if (rendition->view().info().name == name) return rendition;
  }
  return nullptr;
}

std::shared_ptr<const PreparedStream> prepare(std::shared_ptr<const stream::StreamView> view,
                                              const PreparedStream* previous, TimePoint now) {
  auto prepared = std::make_shared<PreparedStream>();
  prepared->renditions.reserve(view->renditions.size());
  for (const auto& rendition : view->renditions) {
    const auto same = [&](const auto& old) { return old->shared_view() == rendition; };
    if (previous != nullptr) {
      const auto kept = std::find_if(previous->renditions.begin(), previous->renditions.end(), same);
      if (kept != previous->renditions.end()) {
        prepared->renditions.push_back(*kept);
        continue;
      }
    }
    prepared->renditions.push_back(std::make_shared<const PreparedRendition>(rendition, view->id, now));
  }
  prepared->view = std::move(view);
  return prepared;
}

bool has_part(const hls::RenditionView& view, std::uint64_t msn, std::uint64_t part) {
  const std::uint64_t newest = view.msn();
  if (msn > newest) return false;
  if (msn == newest) return part < view.part_count();
  if (msn + 1 == newest && part >= view.previous_part_count()) return view.part_count() > 0;
  return true;
}

}  // namespace levee::delivery
