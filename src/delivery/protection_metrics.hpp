#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "levee/base/metrics.hpp"

#include "delivery/protection.hpp"

namespace levee::delivery {

/// What is refused beside the gate, of all shards since the start.
struct SideDoors {
  std::uint64_t strangers = 0;
  std::uint64_t upgrades = 0;
  std::uint64_t files = 0;
};

/// The congestion control that the listener's connections have, and whether admission is on.
struct ProtectionSetup {
  bool enabled = true;
  std::string congestion_control;
};

/// Reads the kernel's count of overflows: a file without a disk.
void write_protection_metrics(MetricsText& out, const ProtectionFacts& facts, const SideDoors& side_doors,
                              const ProtectionSetup& setup);

/// The body of /api/v1/admission, as docs/api/openapi.yaml has it.
std::string admission_json(const ProtectionFacts& facts, const ProtectionSetup& setup);

}  // namespace levee::delivery
