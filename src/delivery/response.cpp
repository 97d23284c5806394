#include "levee/delivery/response.hpp"

#include <algorithm>

namespace levee::delivery {

std::string_view to_string(RequestKind kind) {
  switch (kind) {
    case RequestKind::multivariant:
      return "multivariant";
    case RequestKind::playlist:
      return "playlist";
    case RequestKind::init:
      return "init";
    case RequestKind::segment:
      return "segment";
    case RequestKind::part:
      return "part";
    case RequestKind::page:
      return "page";
    case RequestKind::api:
      return "api";
    case RequestKind::other:
      break;
  }
  return "other";
}

void Body::slice(std::uint64_t first, std::uint64_t count) {
  size_ = count;
  auto kept = pieces_.begin();
  for (auto& piece : pieces_) {
    const auto skipped = std::min<std::uint64_t>(first, piece.bytes.size());
    const auto taken = std::min<std::uint64_t>(count, piece.bytes.size() - skipped);
    first -= skipped;
    count -= taken;
    if (taken == 0) continue;
    piece.bytes = piece.bytes.subspan(skipped, taken);
    if (&*kept != &piece) *kept = std::move(piece);
    ++kept;
  }
  pieces_.erase(kept, pieces_.end());
}

}  // namespace levee::delivery
