#pragma once

#include "levee/base/bytes.hpp"
#include "levee/realtime/topic.hpp"

namespace levee::realtime {

/// A client's connection, as the hub sees it. A port, implemented by the transport. Thread: the hub's.
class Connection : public FrameSink {
 public:
  /// Whether everything pushed before was taken: only then is it given more than answers. When it becomes so
  /// again, the transport calls Session::writable.
  virtual bool ready() const = 0;
  /// Sends what was pushed.
  virtual void flush() = 0;
  /// Begins to close with a code of docs/protocol.md. The session goes on to exist until the transport ends
  /// it.
  virtual void close(int code) = 0;
};

}  // namespace levee::realtime
