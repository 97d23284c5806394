#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "levee/base/metrics.hpp"
#include "levee/delivery/origin.hpp"

#include "delivery/api.hpp"

namespace levee::delivery {

/// Answers the admin listener's requests: /metrics, /healthz, /readyz and /api/v1/..., which
/// docs/api/openapi.yaml describes. Never parks. Thread: one.
class Admin : public Responder {
 public:
  /// Where it takes what it shows. Called on its thread.
  struct Sources {
    std::function<void(MetricsText&)> write_metrics;  ///< may be empty
    std::function<Streams()> streams;
    std::function<std::string()> admission;  ///< the JSON body
  };

  /// Lifetime: `site` outlives it.
  Admin(const Site& site, Sources sources);

  Answer answer(const RequestView& request, const Moment& moment, Patience patience) override;

  void set_counts(std::shared_ptr<const ViewerCounts> counts) { counts_ = std::move(counts); }

 private:
  Answer tracks(std::string_view path, WallTime now) const;
  static Response reply(const Head& head, std::string text);

  const Site& site_;
  Sources sources_;
  std::shared_ptr<const ViewerCounts> counts_;
  Head json_;
  Head geojson_;
  Head metrics_;
  Head text_;
};

}  // namespace levee::delivery
