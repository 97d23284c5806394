#pragma once

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "levee/runtime/shard_task.hpp"

namespace levee::runtime {

/// The line in which a shard's ready sockets wait for it: epoll hands them out in the order in which they
/// became ready, Asio takes 128 at a time. What is posted overtakes all that are still in the line.
///
/// So work in pieces, each of which makes more sockets ready (an answer that is followed by the next
/// request), is to take each piece from the end of this line: the line is then never longer than what one
/// piece brings, and what comes from elsewhere waits for no more than that. Posted, the pieces come faster
/// than the shard can serve what they bring, and everybody stands in a line of hundreds.
///
/// Limits: a descriptor; one wait at a time. Thread: its shard's.
class ReadyLine {
 public:
  /// Errors: throws boost::system::system_error when there is no descriptor left.
  explicit ReadyLine(boost::asio::io_context& shard);

  /// Completes, with an error code, when every socket that was ready before has had its turn.
  template <class CompletionToken>
  auto async_reach_end(CompletionToken&& token) {
    return always_ready_.async_wait(Descriptor::wait_read, std::forward<CompletionToken>(token));
  }

 private:
  using Descriptor = boost::asio::posix::basic_stream_descriptor<ShardExecutor>;
  Descriptor always_ready_;  ///< each wait lets it join the line anew
};

}  // namespace levee::runtime
