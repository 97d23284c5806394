#include "levee/runtime/run_blocking.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

namespace levee::runtime {

void run_blocking(boost::asio::io_context& context, boost::asio::awaitable<void> task) {
  boost::asio::co_spawn(context, std::move(task), boost::asio::use_future).get();
}

}  // namespace levee::runtime
