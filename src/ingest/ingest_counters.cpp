#include "levee/ingest/ingest_counters.hpp"

#include <boost/asio/error.hpp>

#include "levee/ingest/error.hpp"

namespace levee::ingest {

void IngestCounters::ended(const ErrorCode& reason, bool rejected_by_registry) {
  if (rejected_by_registry) {
    rejected.add();
  } else if (reason == Errc::no_publish_in_time || reason == Errc::silent_publisher ||
             reason == Errc::slow_reader) {
    timeouts.add();
  } else if (reason.category() != boost::system::system_category() &&
             reason.category() != boost::asio::error::get_misc_category() &&
             reason != Errc::publisher_finished && reason != Errc::stopping) {
    protocol_errors.add();
  }
}

void IngestCounters::write_metrics(MetricsText& out, std::string_view protocol) const {
  const auto count = [&](std::string_view name, std::string_view help, const Counter& counter) {
    out.counter(name, help, counter.value(), {{"protocol", protocol}});
  };
  out.gauge("levee_ingest_connections", "Connections of publishers that are open.",
            static_cast<double>(connections.value()), {{"protocol", protocol}});
  count("levee_ingest_connections_total", "Connections of publishers.", connections_total);
  count("levee_ingest_publications_total", "Connections that were let in to publish.", publications);
  count("levee_ingest_rejected_total", "Publishers told no: wrong key, name taken, server full.", rejected);
  count("levee_ingest_refused_total", "Connections closed at the door because of a limit.", refused);
  count("levee_ingest_protocol_errors_total", "Connections closed for what they sent.", protocol_errors);
  count("levee_ingest_timeouts_total", "Connections closed because nothing came or was taken.", timeouts);
  count("levee_ingest_received_bytes_total", "Bytes received from publishers.", bytes);
  count("levee_ingest_damaged_units_total", "Frames left out: incomplete, or before their configuration.",
        damaged_units);
}

}  // namespace levee::ingest
