#include "transcode/counters.hpp"

#include "levee/media/packet.hpp"

namespace levee::transcode {

void Counters::write_metrics(MetricsText& out) const {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  out.gauge("levee_transcode_encoder_threads", "Encoder threads, one a stream with video.",
            static_cast<double>(encoder_threads.value()));
  out.counter("levee_transcode_frames_decoded_total", "Pictures decoded for the ladder.",
              frames_decoded.value());
  out.counter("levee_transcode_decode_errors_total", "Packets of a source that could not be decoded.",
              decode_errors.value());
  out.counter("levee_transcode_decode_cpu_seconds_total", "Processor time of decoding.",
              decode_cpu_time.value() / kSecond);
  out.counter("levee_transcode_packets_dropped_total",
              "Video packets not encoded because an encoder was too far behind.", packets_dropped.value());
  out.counter("levee_transcode_mux_errors_total", "Frames that the muxer of an encoded rung refused.",
              mux_errors.value());
  out.counter("levee_transcode_sources_replaced_total",
              "Sources whose key frames were too far apart and that were encoded anew.",
              sources_replaced.value());
  for (const auto& [name, rung] : rungs_) {
    out.counter("levee_transcode_rung_frames_total", "Pictures encoded.", rung.frames.value(),
                {{"rung", name}});
    out.counter("levee_transcode_rung_media_seconds_total", "Media time encoded.",
                rung.media_time.value() / static_cast<std::uint64_t>(media::kTimescale), {{"rung", name}});
    out.counter("levee_transcode_rung_cpu_seconds_total", "Processor time of scaling and encoding.",
                rung.cpu_time.value() / kSecond, {{"rung", name}});
    out.counter("levee_transcode_rung_sheds_total", "Times a rung was given up for lack of time.",
                rung.sheds.value(), {{"rung", name}});
    out.counter("levee_transcode_rung_restores_total", "Times a rung was taken up again.",
                rung.restores.value(), {{"rung", name}});
  }
}

}  // namespace levee::transcode
