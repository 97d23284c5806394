#pragma once

#include "levee/base/metrics.hpp"
#include "levee/realtime/channel.hpp"
#include "levee/realtime/message.hpp"
#include "levee/redis/resp.hpp"

namespace levee::redis {

/// What a read script answered; null when that is not what it should be.
realtime::SnapshotPtr snapshot_of(realtime::Kind kind, const Reply& reply);

/// Why a command that is answered by such a reply was not carried out; no error when it was. Logs what the
/// server refused. Errors: realtime::Errc::bus_timeout, realtime::Errc::bus_down.
ErrorCode failure_of(const Result<Reply>& reply, Reply::Type expected, Counter& errors);

/// What the publish script answered. Errors: as `failure_of`.
Result<realtime::Published> published_of(const Result<Reply>& reply, Counter& errors);

/// What the put script answered. Errors: as `failure_of`.
Result<realtime::Put> put_of(const Result<Reply>& reply, Counter& errors);

}  // namespace levee::redis
