#pragma once

#include "levee/hls/pipeline.hpp"

namespace levee::stream {

using Pipeline = hls::Pipeline;
using PipelineFactory = hls::PipelineFactory;

}  // namespace levee::stream
