#include "stream/counters.hpp"

#include <string_view>
#include <utility>

namespace levee::stream {

void write_counters(const Counters& counters, MetricsText& out) {
  out.counter("levee_stream_shows_total", "Shows that began, each with URIs of its own.",
              counters.shows.value());
  out.counter("levee_stream_unplayable_total", "Shows that ended without anything to play.",
              counters.unplayable.value());
  out.counter("levee_stream_publications_total", "Publishers that were let in.",
              counters.publications.value());
  out.counter("levee_stream_returns_total", "Publishers that went on with a stream after one was lost.",
              counters.returns.value());
  out.counter("levee_stream_takeovers_total", "Publishers that put a silent one out.",
              counters.takeovers.value());

  constexpr std::pair<Errc, std::string_view> kReasons[] = {{Errc::unknown_key, "unknown_key"},
                                                            {Errc::name_taken, "name_taken"},
                                                            {Errc::bad_name, "bad_name"},
                                                            {Errc::too_many_streams, "too_many_streams"},
                                                            {Errc::stopping, "stopping"}};
  for (const auto& [code, reason] : kReasons) {
    out.counter("levee_stream_refused_total", "Publishers that were turned away, by reason.",
                counters.refused[static_cast<std::size_t>(code)].value(), {{"reason", reason}});
  }

  out.counter("levee_stream_media_bytes_total", "Media that publishers sent.", counters.bytes_in.value());
  out.counter("levee_stream_parts_total", "Parts of all renditions.", counters.parts.value());
  out.counter("levee_stream_parts_ignored_total", "Parts that did not follow the one before them.",
              counters.ignored_parts.value());
  out.counter("levee_stream_timestamps_repaired_total", "Packets whose timestamps were moved.",
              counters.timestamps_repaired.value());
  out.counter("levee_stream_timeline_jumps_total", "Jumps of a source's clock that were evened out.",
              counters.timeline_jumps.value());

  constexpr std::string_view kDropped = "levee_stream_packets_dropped_total";
  constexpr std::string_view kDroppedHelp = "Packets that were left out, by reason.";
  out.counter(kDropped, kDroppedHelp, counters.backlog_dropped.value(), {{"reason", "backlog"}});
  out.counter(kDropped, kDroppedHelp, counters.undecodable.value(), {{"reason", "undecodable"}});
  out.counter(kDropped, kDroppedHelp, counters.timeline_dropped.value(), {{"reason", "timeline"}});
}

}  // namespace levee::stream
