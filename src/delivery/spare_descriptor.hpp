#pragma once

namespace levee::delivery {

/// One descriptor kept open for the case that there is no other: given up for a moment, it lets a connection
/// be accepted and told why it can't stay. Left in the queue, the connection would be reported as ready for
/// ever.
class SpareDescriptor {
 public:
  SpareDescriptor() { take_back(); }
  ~SpareDescriptor() { give_up(); }
  SpareDescriptor(const SpareDescriptor&) = delete;
  SpareDescriptor& operator=(const SpareDescriptor&) = delete;

  void give_up();
  /// Tries to; without one it has nothing to give up the next time.
  void take_back();

 private:
  int descriptor_ = -1;
};

}  // namespace levee::delivery
