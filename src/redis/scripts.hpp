#pragma once

#include <string>
#include <string_view>

namespace levee::redis {

/// A Lua script and the name that the server gives it (SHA-1 of its text).
struct Script {
  explicit Script(std::string text);
  std::string text;
  std::string name;
};

/// All that happens to a channel happens in one of these, so that its order is the server's.
///
/// Every channel has a `meta` hash: `e` its epoch, `s` its offset. A script that finds none begins a new
/// epoch, with the name offered by the caller, and throws away what a lost epoch left behind. A message goes
/// out as "epoch offset time members\n" and its body.
struct Scripts {
  Scripts();

  /// KEYS meta, stream, id. ARGV channel, epoch, time, body, whether there is an id, log length, data ttl,
  /// meta ttl. Gives "epoch offset", and 1 when the id was known.
  Script publish;
  /// KEYS meta, stream. ARGV epoch, meta ttl, first offset wanted. Gives epoch, offset, entries.
  Script read_log;
  /// KEYS meta, value. ARGV channel, epoch, time, body (empty: forget it), data ttl, meta ttl.
  Script set_value;
  /// KEYS meta, value, counts, leases. ARGV channel, epoch, time, data ttl, meta ttl, node, count (-1: only
  /// sweep), lease.
  Script count;
  /// KEYS meta, value. ARGV epoch, meta ttl. Gives epoch, offset, value or nothing, time, offset of the
  /// value.
  Script read_value;
  /// KEYS meta, members, leases. ARGV channel, epoch, time, meta ttl, node, lease, number of joins, id and
  /// info of each, ids that leave. A member belongs to the node that it joined last through.
  Script members;
  /// KEYS meta, members. ARGV epoch, meta ttl, most members. Gives epoch, offset, count, ids and values.
  Script read_members;
};

}  // namespace levee::redis
