#include "levee/runtime/ready_line.hpp"

#include <cerrno>

#include <boost/system/system_error.hpp>
#include <sys/eventfd.h>

namespace levee::runtime {
namespace {

int make_readable_event() {
  const int event = ::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event < 0) throw boost::system::system_error{errno, boost::system::system_category(), "eventfd"};
  return event;
}

}  // namespace

ReadyLine::ReadyLine(boost::asio::io_context& shard) : always_ready_{shard, make_readable_event()} {}

}  // namespace levee::runtime
