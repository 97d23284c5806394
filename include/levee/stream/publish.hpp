#pragma once

#include <functional>
#include <memory>
#include <string>

#include "levee/base/result.hpp"
#include "levee/media/packet_sink.hpp"

namespace levee::stream {

/// Why a publisher is turned away.
enum class Errc {
  unknown_key = 1,   ///< nobody may publish with this stream key
  name_taken,        ///< the stream has a publisher, and that one is alive
  bad_name,          ///< a stream name is 1 to 64 of A-Z a-z 0-9 _ - and begins with a letter or digit
  too_many_streams,  ///< the server's limit of streams is reached
  stopping,          ///< the server is going down
  taken_over,        ///< another connection with the right key took the stream over
  failed,            ///< the stream can't be processed here
};

ErrorCode make_error_code(Errc code);

/// What a publisher asks for and where it comes from.
struct PublishRequest {
  std::string key;       ///< as sent: the stream key, perhaps with a query ("key?token=x")
  std::string protocol;  ///< "rtmp" or "srt", for logs and the API
  std::string peer;      ///< "192.0.2.7:51234", for logs and the API
  media::MediaTime timestamp_wrap =
      0;  ///< where the source's timestamps wrap, in media ticks (RTMP 2^32 ms, TS 2^33)
};

/// A publisher's hold on a stream. Destroying it without `finish` means the publisher was lost, and the
/// stream waits for its return (the grace window); after `finish` the stream ends.
///
/// Thread: the connection's. `revoked` is called there.
class Publication : public media::PacketSink {
 public:
  virtual const std::string& stream_name() const = 0;
  /// The publisher said that it ends.
  virtual void finish() = 0;
  /// Calls `handler` on the connection's thread when the stream is taken from it; close the connection then.
  virtual void on_revoked(std::function<void(ErrorCode)> handler) = 0;
};

/// Decides who may publish what: the one place that knows stream keys. The configured and the open one are in
/// `stream/publish_policy.hpp`; a webhook would be another.
///
/// Thread: any. `authorize` must not block; an answer that takes time is what the callback is for.
class PublishPolicy {
 public:
  virtual ~PublishPolicy() = default;
  /// Calls `answer` with the stream's public name, or Errc::unknown_key / Errc::bad_name; now, or later on
  /// any thread.
  virtual void authorize(const PublishRequest& request, std::function<void(Result<std::string>)> answer) = 0;
};

}  // namespace levee::stream

template <>
struct boost::system::is_error_code_enum<levee::stream::Errc> : std::true_type {};
