#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "levee/delivery/prepared.hpp"

namespace levee::delivery {

using Streams = std::vector<std::shared_ptr<const PreparedStream>>;
using CountOf = std::function<std::size_t(std::string_view stream)>;

/// Whether viewers may see the stream: it has at least one part.
bool is_listed(const PreparedStream& stream);

/// The public list of what is live: names, states, viewers.
std::string live_list_json(const Streams& streams, const CountOf& viewers);

/// All that ops may know of every stream; as docs/api/openapi.yaml has it.
std::string streams_json(const Streams& streams, const CountOf& viewers);

}  // namespace levee::delivery
