#pragma once

#include <unistd.h>
#include <utility>

namespace levee::delivery {

/// Owns an open descriptor, or none. Thread: one.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_{number} {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(Descriptor&& other) noexcept : number_{other.release()} {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    Descriptor old{std::exchange(number_, other.release())};
    return *this;
  }

  /// Below 0: none.
  int number() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  /// Gives it to the caller, who closes it.
  int release() { return std::exchange(number_, -1); }

 private:
  int number_ = -1;
};

}  // namespace levee::delivery
