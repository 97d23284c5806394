#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace levee::delivery {

/// How many viewer sessions of a stream this node serves.
struct ViewerCount {
  std::string stream;
  std::size_t viewers = 0;
};

/// Takes the counts of every live stream on this node, once a second, those with no viewer included. A
/// session seen on several shards counts once.
///
/// Thread: called on shard 0; must not block.
using ViewerCountSink = std::function<void(const std::vector<ViewerCount>& counts)>;

}  // namespace levee::delivery
