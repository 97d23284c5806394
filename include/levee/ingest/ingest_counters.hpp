#pragma once

#include <string_view>

#include "levee/base/metrics.hpp"
#include "levee/base/result.hpp"

namespace levee::ingest {

/// What a listener counts, the same for every protocol.
///
/// Thread: any.
struct IngestCounters {
  Gauge connections;  ///< open now
  Counter connections_total;
  Counter publications;     ///< connections that were let in to publish
  Counter rejected;         ///< told no: wrong key, name taken, server full
  Counter refused;          ///< closed at the door: limits of connections
  Counter protocol_errors;  ///< sent what the protocol or a parser does not allow
  Counter timeouts;         ///< did not publish in time, fell silent, did not take our answers
  Counter bytes;            ///< received
  Counter damaged_units;    ///< frames left out: pieces missing, or before their track's configuration

  /// Counts why a connection ended, in the counter it belongs to.
  void ended(const ErrorCode& reason, bool rejected_by_registry);
  void write_metrics(MetricsText& out, std::string_view protocol) const;
};

}  // namespace levee::ingest
