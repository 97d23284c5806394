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

  /// KEYS meta, stream, id, rules, wait. ARGV channel, epoch, time, body, whether there is an id (0, 1, or
  /// `only`: nothing is appended), log length, data ttl, meta ttl, user, its standing (empty: the rules don't
  /// bind it), then changes of the rules: `slow` and its ms, `least` and a standing, `b:USER` and a ban's ms
  /// (-1: for good); 0 takes each away.
  /// Gives "epoch offset", 1 when the id was known, why it was refused, and how long to wait.
  Script publish;
  /// KEYS meta, stream, rules. ARGV epoch, meta ttl, first offset wanted. Gives epoch, offset, entries,
  /// `slow` and `least` of the rules.
  Script read_log;
  /// KEYS meta, value. ARGV channel, epoch, time, body (empty: forget it), data ttl, meta ttl.
  Script set_value;
  /// KEYS meta, value, counts, leases. ARGV channel, epoch, time, data ttl, meta ttl, node, count (-1: only
  /// sweep), lease, whether the node has only just started (1). Then the value falls from what it was by a
  /// fifth a second at most: those who watched are on their way back.
  Script count;
  /// KEYS meta, value. ARGV epoch, meta ttl. Gives epoch, offset, value or nothing, time, offset of the
  /// value.
  Script read_value;
  /// KEYS meta, members, leases, members of the node. ARGV channel, epoch, time, meta ttl, node, lease,
  /// number of joins, id and info of each, ids that leave. A member belongs to the node that it joined last
  /// through.
  Script members;
  /// KEYS meta, records. ARGV channel, epoch, meta ttl, most keys, number of records; of each key, epoch,
  /// sequence, time, mark, body. Gives epoch, offset, how many were taken, were old, were too many.
  Script put;
  /// KEYS meta, records. ARGV epoch, meta ttl. Gives epoch, offset, keys and values.
  Script read_records;
  /// KEYS meta, members. ARGV epoch, meta ttl, most members. Gives epoch, offset, count, ids and values.
  Script read_members;
  /// KEYS devices, last places, trail times, trail places. ARGV device, most devices, most places, ttl; of
  /// each place epoch, sequence, time, text. Gives how many were new.
  Script extend_trail;
  /// KEYS devices, last places. ARGV ttl. Gives devices and their last places.
  Script read_devices;
  /// KEYS last places, trail places. ARGV device. Gives its last place (empty: there is no such device), and
  /// all of them.
  Script read_trail;
};

}  // namespace levee::redis
