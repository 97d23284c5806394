#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "levee/base/bytes.hpp"
#include "levee/base/result.hpp"
#include "levee/media/packet.hpp"
#include "levee/media/packet_sink.hpp"
#include "levee/rtmp/chunk.hpp"
#include "levee/rtmp/flv.hpp"
#include "levee/rtmp/handshake.hpp"
#include "levee/rtmp/message.hpp"
#include "levee/rtmp/replies.hpp"

namespace levee::rtmp {

struct Command;

/// What a publisher may ask for, and how much of it is held.
struct PublishSettings {
  std::string app = "live";   ///< the only application served: rtmp://HOST/APP
  ChunkLimits before_accept;  ///< until the publisher is accepted
  ChunkLimits after_accept{.media_bytes = 8 * 1024 * 1024,
                           .other_bytes = 64 * 1024,
                           .underway_bytes = 12 * 1024 * 1024,
                           .chunk_streams = 32};
  std::size_t output_bytes = 64 * 1024;    ///< answers not taken yet
  std::size_t key_bytes = 512;             ///< the stream key with its query
  std::uint32_t window_bytes = 2'500'000;  ///< how often we ask to be acknowledged; we never wait for it
  std::uint32_t chunk_bytes = 4096;        ///< of what we send
};

/// A publisher names its stream; answer with `accept` or `reject`.
struct PublishRequested {
  std::string app;
  std::string key;     ///< as sent: the stream key, perhaps with a query ("key?token=x")
  std::string tc_url;  ///< the address that the publisher was given: "rtmp://host/live"
};

/// The publisher said that it ends; not given when the connection just drops. No media follows.
struct Finished {};

/// One RTMP publisher, from the first byte to the last, without I/O and without a clock.
///
/// Feed bytes as they arrive, in pieces of any size; then take events until there are none; then send what
/// `take_output` gives. The first event is PublishRequested. Then nothing is given out until `accept` or
/// `reject` was called, which may be later; stop reading meanwhile. After `accept` come SourceInfo (when it
/// changed), TrackConfig (before the first packet of its track, and when it changed) and Packet, until
/// Finished.
///
/// Every command is answered: a publisher that gets no answer hangs. Its acknowledgements are not waited for:
/// OBS sends none.
///
/// Errors: the first error of `next` is final, and `detail` says more. After an error or `reject`, send the
/// output, in which the publisher is told why, and close.
/// Limits: `PublishSettings`; bytes fed while an answer to PublishRequested is owed are at most
/// `before_accept.underway_bytes`.
/// Time: packets carry the publisher's own milliseconds in media ticks, wrapped at 2^32 ms.
/// Thread: one at a time.
class PublishSession {
 public:
  using Event =
      std::variant<PublishRequested, media::SourceInfo, media::TrackConfig, media::Packet, Finished>;

  /// `random` is sent in the handshake; any bytes do.
  PublishSession(PublishSettings settings, Handshake::Random random);

  /// Adds bytes to the input. They are copied; `bytes` need not outlive the call.
  void feed(BytesView bytes);

  /// The next event, or nothing until more bytes are fed (or PublishRequested is answered).
  Result<std::optional<Event>> next();

  /// Lets the publisher that gave PublishRequested begin.
  void accept();

  /// Refuses it: wrong key, name taken. `description` is what the streamer reads. May also come later, to
  /// tell a publisher that its stream was taken over. No event follows.
  void reject(std::string_view description);

  /// What is to be sent since the last call; often empty.
  Bytes take_output() { return replies_.take(); }

  /// After an error: what was wrong and what was expected, for the log and the streamer.
  const std::string& detail() const { return detail_; }

  /// Memory held for input that is not yet an event. Bounded by the limits.
  std::size_t buffered_bytes() const { return chunks_.buffered_bytes() + aggregate_.size(); }

  /// Frames dropped because their track's sequence header had not come.
  std::uint64_t frames_without_config() const { return tags_.frames_without_config(); }

 private:
  enum class State { handshake, connecting, connected, deciding, publishing, finished, closed };
  using Given = Result<std::optional<Event>>;

  void acknowledge();
  Given handle(Message message);
  Given handle_control(const Message& message);
  Given handle_command(const Message& message);
  Given handle_data(const Message& message);
  Given handle_media(Message message);
  Given next_of_aggregate();
  Given media_event(MessageType type, std::uint32_t timestamp, Bytes body);

  Given connect(const Command& command);
  Given publish(const Command& command);
  Given finish(const Command& command);
  Given refuse_play(const Command& command);
  void answer(const Command& command);

  ErrorCode fail(ErrorCode error, std::string detail = {});

  PublishSettings settings_;
  State state_ = State::handshake;
  Handshake handshake_;
  ChunkDecoder chunks_;
  TagReader tags_;
  Replies replies_;

  std::string app_;
  std::string tc_url_;
  std::uint32_t streams_created_ = 0;
  std::uint32_t publish_stream_ = 0;
  std::optional<media::SourceInfo> info_;

  Bytes aggregate_;  // the aggregate message being taken apart
  std::size_t aggregate_taken_ = 0;
  std::uint32_t aggregate_timestamp_ = 0;
  std::optional<std::uint32_t> aggregate_first_;

  std::uint64_t received_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::uint32_t peer_window_ = 0;

  ErrorCode failure_;
  std::string detail_;
};

}  // namespace levee::rtmp
