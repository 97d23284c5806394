#include "delivery/admin.hpp"

#include <utility>

#include "delivery/heads.hpp"
#include "delivery/track_answer.hpp"

namespace levee::delivery {

Admin::Admin(const Site& site, Sources sources)
    : site_{site},
      sources_{std::move(sources)},
      json_{make_head(200, "application/json", kNoStore)},
      geojson_{make_head(200, "application/geo+json", kNoStore)},
      metrics_{make_head(200, "text/plain; version=0.0.4; charset=utf-8", kNoStore)},
      text_{make_head(200, "text/plain; charset=utf-8", kNoStore)} {}

Response Admin::reply(const Head& head, std::string text) {
  const auto body = std::make_shared<const std::string>(std::move(text));
  Response response;
  response.head = &head;
  response.body = Body{body, as_bytes(*body)};
  response.kind = RequestKind::api;
  return response;
}

Answer Admin::tracks(std::string_view path, WallTime now) const {
  const auto slash = path.find('/');
  const auto device = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  if (slash != std::string_view::npos && device.empty())
    return plain(404, "no such device\n", RequestKind::api);
  return answer_tracks(*site_.bus, geojson_, path.substr(0, slash), device, now);
}

Answer Admin::answer(const RequestView& request, const Moment& moment, Patience) {
  if (request.method != Method::get && request.method != Method::head)
    return plain(405, "only GET and HEAD\n", RequestKind::api);
  const auto path = parse_target(request.target).path;
  if (path == "/healthz") return reply(text_, "ok\n");
  if (path == "/readyz") {
    if (site_.ready && !site_.ready()) return plain(503, "not ready\n", RequestKind::api);
    return reply(text_, "ready\n");
  }
  if (path == "/metrics") {
    MetricsText metrics;
    if (sources_.write_metrics) sources_.write_metrics(metrics);
    return reply(metrics_, metrics.text());
  }
  if (path == "/api/v1/streams") {
    const auto viewers = [this](std::string_view name) { return viewers_of(counts_.get(), name); };
    return reply(json_, streams_json(sources_.streams(), viewers));
  }
  if (path == "/api/v1/admission") return reply(json_, sources_.admission());
  constexpr std::string_view kTracks = "/api/v1/tracks/";
  if (site_.bus != nullptr && path.starts_with(kTracks))
    return tracks(path.substr(kTracks.size()), moment.wall);
  return plain(404,
               "here are /metrics, /healthz, /readyz, /api/v1/streams, /api/v1/admission and "
               "/api/v1/tracks/GROUP\n",
               RequestKind::api);
}

}  // namespace levee::delivery
