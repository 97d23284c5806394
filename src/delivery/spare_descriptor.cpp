#include "delivery/spare_descriptor.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace levee::delivery {

void SpareDescriptor::give_up() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

void SpareDescriptor::take_back() {
  if (descriptor_ < 0) descriptor_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

}  // namespace levee::delivery
