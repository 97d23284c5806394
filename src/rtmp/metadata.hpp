#pragma once

#include <optional>
#include <vector>

#include "levee/media/packet_sink.hpp"
#include "levee/rtmp/amf0.hpp"

namespace levee::rtmp {

/// What a data message says of its stream if it is onMetaData, alone or after @setDataFrame.
std::optional<media::SourceInfo> read_metadata(const std::vector<amf0::Value>& values);

}  // namespace levee::rtmp
