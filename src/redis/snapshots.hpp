#pragma once

#include "levee/base/metrics.hpp"
#include "levee/realtime/channel.hpp"
#include "levee/realtime/message.hpp"
#include "levee/redis/resp.hpp"

namespace levee::redis {

/// What a read script answered; null when that is not what it should be.
realtime::SnapshotPtr snapshot_of(realtime::Kind kind, const Reply& reply);

/// What the publish script answered. Errors: realtime::Errc::bus_timeout, realtime::Errc::bus_down.
Result<realtime::Published> published_of(const Result<Reply>& reply, Counter& errors);

/// What the put script answered. Errors: as `published_of`.
Result<realtime::Put> put_of(const Result<Reply>& reply, Counter& errors);

}  // namespace levee::redis
