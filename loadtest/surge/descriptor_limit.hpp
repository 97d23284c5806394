#pragma once

#include <cstdint>

namespace levee::surge {

/// Lets this process have as many descriptors as the hard limit allows; gives how many that are.
std::uint64_t raise_descriptor_limit();

}  // namespace levee::surge
