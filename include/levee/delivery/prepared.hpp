#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "levee/base/bytes.hpp"
#include "levee/stream/stream_view.hpp"

namespace levee::delivery {

/// `text` as gzip. Errors: throws std::bad_alloc.
Bytes gzip(std::string_view text);

/// A text that is compressed when the first viewer asks for it so, and once for all of them.
/// Lifetime: the text outlives it. Thread: any.
class LazyGzip {
 public:
  explicit LazyGzip(const std::string& text) : text_{text} {}
  BytesView get() const;

 private:
  const std::string& text_;
  mutable std::once_flag once_;
  mutable Bytes compressed_;
};

/// A media playlist as it is sent, which may be given out for longer than the media that it lists is kept
/// for it. Immutable to the eye. Thread: any.
class PlaylistText {
 public:
  /// `stream`: the id of a show.
  PlaylistText(std::string stream, std::string rendition, std::string text)
      : stream_{std::move(stream)},
        rendition_{std::move(rendition)},
        text_{std::move(text)},
        compressed_{text_} {}
  PlaylistText(const PlaylistText&) = delete;
  PlaylistText& operator=(const PlaylistText&) = delete;

  bool is_of(std::string_view stream, std::string_view rendition) const {
    return stream_ == stream && rendition_ == rendition;
  }
  BytesView get(bool compressed) const { return compressed ? compressed_.get() : as_bytes(text_); }

 private:
  std::string stream_;
  std::string rendition_;
  std::string text_;
  LazyGzip compressed_;
};

/// One rendition as it is sent: its view, and its playlists compressed. Immutable to the eye.
/// Thread: any.
class PreparedRendition {
 public:
  /// `stream`: the id of the show that it belongs to.
  PreparedRendition(std::shared_ptr<const hls::RenditionView> view, const std::string& stream,
                    TimePoint ready)
      : view_{std::move(view)},
        ready_{ready},
        playlist_{std::make_shared<const PlaylistText>(stream, view_->info().name, view_->playlist())},
        delta_gzip_{view_->delta_playlist()} {}

  const hls::RenditionView& view() const { return *view_; }
  const std::shared_ptr<const hls::RenditionView>& shared_view() const { return view_; }
  /// When its newest part could first have been sent.
  TimePoint ready() const { return ready_; }
  const std::shared_ptr<const PlaylistText>& playlist() const { return playlist_; }
  BytesView delta_gzip() const { return delta_gzip_.get(); }

 private:
  std::shared_ptr<const hls::RenditionView> view_;
  TimePoint ready_;
  std::shared_ptr<const PlaylistText> playlist_;
  LazyGzip delta_gzip_;
};

/// One stream as it is sent. Immutable. Thread: any.
struct PreparedStream {
  std::shared_ptr<const stream::StreamView> view;
  std::vector<std::shared_ptr<const PreparedRendition>> renditions;  ///< in the view's order

  /// Null when there is none of that name.
  std::shared_ptr<const PreparedRendition> rendition(std::string_view name) const;
};

/// Prepares `view`, taking over from `previous` (may be null) what has not changed. `now`: what has changed
/// is ready since then.
std::shared_ptr<const PreparedStream> prepare(std::shared_ptr<const stream::StreamView> view,
                                              const PreparedStream* previous, TimePoint now);

/// Whether a playlist that holds part `part` of segment `msn`, or anything later, is there. A part past the
/// last one of a complete segment means part 0 of the next (L25, L26).
bool has_part(const hls::RenditionView& view, std::uint64_t msn, std::uint64_t part);

}  // namespace levee::delivery
