#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace levee::test {

/// An ffmpeg of ours that runs beside the test. Ended, if it still runs, by the destructor.
class Ffmpeg {
 public:
  /// Starts `ffmpeg ARGUMENTS`, its messages into a file.
  explicit Ffmpeg(const std::vector<std::string>& arguments);
  ~Ffmpeg();
  Ffmpeg(const Ffmpeg&) = delete;
  Ffmpeg& operator=(const Ffmpeg&) = delete;

  /// Waits for its end, 20 seconds at most. Its exit code; -1 when it was ended by a signal or did not end.
  int wait();
  /// Ends it as a crash would.
  void kill();
  /// What it said.
  std::string messages() const;

 private:
  pid_t pid_ = -1;
  std::string log_;
};

}  // namespace levee::test
