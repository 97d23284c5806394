#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "levee/base/metrics.hpp"
#include "levee/delivery/origin.hpp"

namespace levee::delivery {

/// Answers the admin listener's requests: /metrics, /healthz, /readyz and /api/v1/..., which
/// docs/api/openapi.yaml describes. Never parks. Thread: its shard's.
class Admin : public Responder {
 public:
  using WriteMetrics = std::function<void(MetricsText&)>;

  /// Lifetime: `site` and `state` outlive it.
  Admin(const Site& site, const ShardState& state, WriteMetrics write_metrics);

  Answer answer(const RequestView& request, const Moment& moment, Patience patience) override;

 private:
  static Response reply(const Head& head, std::string text);

  const Site& site_;
  const ShardState& state_;
  WriteMetrics write_metrics_;
  Head json_;
  Head metrics_;
  Head text_;
};

}  // namespace levee::delivery
