#include "redis/scripts.hpp"

#include <array>
#include <utility>

#include <boost/uuid/detail/sha1.hpp>

namespace levee::redis {
namespace {

// What begins every script. `epoch` and `open` give the channel's epoch, and begin one where there is none;
// `open` also sees that it outlives the data, which is a write. A script that must be refused by a server
// that is full uses `epoch` and `touch`: Redis looks at its memory before the first write of a script alone,
// and a PEXPIRE is always let through.
constexpr std::string_view kOpen = R"(
local function touch(ttl)
  redis.call('PEXPIRE', KEYS[1], ttl)
end
local function epoch(offered, ttl, stale)
  local e = redis.call('HGET', KEYS[1], 'e')
  if e then return e end
  redis.call('HSET', KEYS[1], 'e', offered, 's', 0)
  if stale then redis.call('DEL', stale) end
  touch(ttl)
  return offered
end
local function open(offered, ttl, stale)
  local e = epoch(offered, ttl, stale)
  touch(ttl)
  return e
end
local function tell(channel, e, o, time, members, body)
  redis.call('PUBLISH', channel, e .. ' ' .. o .. ' ' .. time .. ' ' .. members .. '\n' .. body)
end
local function now()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
)";

constexpr std::string_view kPublish = R"(
if ARGV[5] ~= '0' then
  local was = redis.call('GET', KEYS[3])
  if was then return {was, 1, '', 0} end
  if ARGV[5] == 'only' then return {'', 0, '', 0} end
end
local e = epoch(ARGV[2], ARGV[8], KEYS[2])
local user, bound = ARGV[9], ARGV[10] ~= ''
if bound then
  local at = now()
  local ban = redis.call('HGET', KEYS[4], 'b:' .. user)
  if ban and (ban == '-1' or tonumber(ban) > at) then
    return {'', 0, 'banned', ban == '-1' and 0 or tonumber(ban) - at}
  end
  local rules = redis.call('HMGET', KEYS[4], 'slow', 'least')
  if rules[2] and tonumber(ARGV[10]) < tonumber(rules[2]) then return {'', 0, 'least', 0} end
  if rules[1] and not redis.call('SET', KEYS[5], 1, 'NX', 'PX', rules[1]) then
    return {'', 0, 'slow', redis.call('PTTL', KEYS[5])}
  end
end
for i = 11, #ARGV, 2 do
  local field, value = ARGV[i], ARGV[i + 1]
  if string.sub(field, 1, 2) == 'b:' and value ~= '-1' and value ~= '0' then value = now() + value end
  if value == '0' then
    redis.call('HDEL', KEYS[4], field)
  else
    redis.call('HSET', KEYS[4], field, value)
  end
end
local o = redis.call('HINCRBY', KEYS[1], 's', 1)
touch(ARGV[8])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[6], o .. '-0', 't', ARGV[3], 'd', ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[7])
if ARGV[5] == '1' then redis.call('SET', KEYS[3], e .. ' ' .. o, 'PX', ARGV[7]) end
tell(ARGV[1], e, o, ARGV[3], 0, ARGV[4])
return {e .. ' ' .. o, 0, '', 0}
)";

constexpr std::string_view kReadLog = R"(
local e = open(ARGV[1], ARGV[2], KEYS[2])
local s = redis.call('HGET', KEYS[1], 's')
local rules = redis.call('HMGET', KEYS[3], 'slow', 'least')
return {e, s, redis.call('XRANGE', KEYS[2], ARGV[3] .. '-0', '+'), rules[1] or '0', rules[2] or '0'}
)";

constexpr std::string_view kPutValue = R"(
local function put(channel, offered, time, body, ttl, meta_ttl)
  if redis.call('HGET', KEYS[2], 'd') == body then
    redis.call('PEXPIRE', KEYS[2], ttl)
    redis.call('PEXPIRE', KEYS[1], meta_ttl)
    return
  end
  local e = open(offered, meta_ttl, KEYS[2])
  local o = redis.call('HINCRBY', KEYS[1], 's', 1)
  redis.call('HSET', KEYS[2], 'd', body, 't', time, 'o', o)
  redis.call('PEXPIRE', KEYS[2], ttl)
  tell(channel, e, o, time, 0, body)
end
)";

constexpr std::string_view kSetValue = R"(
if ARGV[4] == '' then
  redis.call('DEL', KEYS[2])
else
  put(ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6])
end
return 0
)";

constexpr std::string_view kCount = R"(
local count, lease, at = tonumber(ARGV[7]), tonumber(ARGV[8]), now()
for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', at)) do
  redis.call('HDEL', KEYS[3], node)
  redis.call('ZREM', KEYS[4], node)
end
if count > 0 then
  redis.call('HSET', KEYS[3], ARGV[6], ARGV[7])
  redis.call('ZADD', KEYS[4], at + lease, ARGV[6])
elseif count == 0 then
  redis.call('HDEL', KEYS[3], ARGV[6])
  redis.call('ZREM', KEYS[4], ARGV[6])
end
redis.call('PEXPIRE', KEYS[3], lease * 10)
redis.call('PEXPIRE', KEYS[4], lease * 10)
local sum = 0
for _, n in ipairs(redis.call('HVALS', KEYS[3])) do sum = sum + tonumber(n) end
local body = string.format('{"n":%d}', sum)
local held = redis.call('HMGET', KEYS[1], 'held', 'since')
if ARGV[9] == '1' and not held[1] then
  local was = string.match(redis.call('HGET', KEYS[2], 'd') or '', '^{"n":(%d+)')
  held = {was or '0', at}
  open(ARGV[2], ARGV[5], KEYS[2])
  redis.call('HSET', KEYS[1], 'held', held[1], 'since', held[2])
end
if held[1] then
  local seconds = (at - tonumber(held[2])) / 1000
  local least = math.ceil(tonumber(held[1]) * 0.8 ^ seconds)
  if seconds > 20 then
    redis.call('HDEL', KEYS[1], 'held', 'since')
  elseif least > sum then
    body = string.format('{"n":%d,"recovering":true}', least)
  end
end
if count >= 0 or redis.call('EXISTS', KEYS[2]) == 1 then
  put(ARGV[1], ARGV[2], ARGV[3], body, ARGV[4], ARGV[5])
end
return 0
)";

constexpr std::string_view kReadValue = R"(
local e = open(ARGV[1], ARGV[2], KEYS[2])
local s = redis.call('HGET', KEYS[1], 's')
local v = redis.call('HMGET', KEYS[2], 'd', 't', 'o')
return {e, s, v[1], v[2], v[3]}
)";

constexpr std::string_view kMembers = R"(
local node, lease, at = ARGV[5], tonumber(ARGV[6]), now()
local joins, leaves = {}, {}
local function drop(owner, id)
  local was = redis.call('HGET', KEYS[2], id)
  if was and string.sub(was, 1, #owner + 1) == owner .. '\n' then
    redis.call('HDEL', KEYS[2], id)
    leaves[#leaves + 1] = '"' .. id .. '"'
  end
end
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', at)) do
  local own = KEYS[2] .. ':' .. dead
  for _, id in ipairs(redis.call('SMEMBERS', own)) do drop(dead, id) end
  redis.call('DEL', own)
  redis.call('ZREM', KEYS[3], dead)
end
local own = KEYS[4]
local last = 7 + tonumber(ARGV[7]) * 2
for i = 8, last, 2 do
  local id, info = ARGV[i], ARGV[i + 1]
  local was = redis.call('HGET', KEYS[2], id)
  redis.call('HSET', KEYS[2], id, node .. '\n' .. info)
  redis.call('SADD', own, id)
  if not was or string.sub(was, string.find(was, '\n', 1, true) + 1) ~= info then
    joins[#joins + 1] = '["' .. id .. '",' .. info .. ']'
  end
end
for i = last + 1, #ARGV do
  drop(node, ARGV[i])
  redis.call('SREM', own, ARGV[i])
end
if redis.call('SCARD', own) > 0 then
  redis.call('ZADD', KEYS[3], at + lease, node)
  redis.call('PEXPIRE', own, lease * 10)
else
  redis.call('ZREM', KEYS[3], node)
end
redis.call('PEXPIRE', KEYS[2], lease * 10)
redis.call('PEXPIRE', KEYS[3], lease * 10)
if #joins + #leaves > 0 then
  local e = open(ARGV[2], ARGV[4])
  local o = redis.call('HINCRBY', KEYS[1], 's', 1)
  local body = '{"+":[' .. table.concat(joins, ',') .. '],"-":[' .. table.concat(leaves, ',') .. ']}'
  tell(ARGV[1], e, o, ARGV[3], redis.call('HLEN', KEYS[2]), body)
end
return 0
)";

constexpr std::string_view kReadMembers = R"(
local e = open(ARGV[1], ARGV[2])
local s = redis.call('HGET', KEYS[1], 's')
return {e, s, redis.call('HLEN', KEYS[2]), redis.call('HRANDFIELD', KEYS[2], ARGV[3], 'WITHVALUES')}
)";

// Numbers are compared as texts of digits, for Lua's are exact to 2^53 only.
constexpr std::string_view kCompare = R"(
local function compare(a, b)
  if #a ~= #b then return #a < #b and -1 or 1 end
  return a == b and 0 or (a < b and -1 or 1)
end
)";

// A record is kept as "offset epoch sequence time mark\n" and its body.
constexpr std::string_view kPut = R"(
local e = epoch(ARGV[2], ARGV[3], KEYS[2])
local o = redis.call('HGET', KEYS[1], 's')
local news, old, full, at = {}, 0, 0, o + 1
for i = 0, tonumber(ARGV[5]) - 1 do
  local a = 6 + i * 6
  local key, time, mark, body = ARGV[a], ARGV[a + 3], ARGV[a + 4], ARGV[a + 5]
  local was = redis.call('HGET', KEYS[2], key)
  local order = 1
  if was then
    local _, _, we, ws, wt, wm, wbody = string.find(was, '^%d+ (%d+) (%d+) (%-?%d+) ([^\n]*)\n(.*)$')
    order = compare(ARGV[a + 1], we)
    if order == 0 then order = compare(ARGV[a + 2], ws) end
    if order == 0 and wm ~= mark then order, time, body = 1, wt, wbody end
  elseif redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[4]) then
    full, order = full + 1, nil
  end
  if order == 1 then
    redis.call('HSET', KEYS[2], key,
      string.format('%d %s %s %s %s\n', at, ARGV[a + 1], ARGV[a + 2], time, mark) .. body)
    news[#news + 1] = '["' .. key .. '",' .. ARGV[a + 1] .. ',' .. ARGV[a + 2] .. ',' .. time .. ',"' .. mark ..
      '",' .. body .. ']'
  elseif order then
    old = old + 1
  end
end
if #news > 0 then
  o = redis.call('HINCRBY', KEYS[1], 's', 1)
  redis.call('PEXPIRE', KEYS[2], ARGV[3])
  tell(ARGV[1], e, o, 0, 0, '[' .. table.concat(news, ',') .. ']')
end
touch(ARGV[3])
return {e, tostring(o), #news, old, full}
)";

constexpr std::string_view kReadRecords = R"(
local e = open(ARGV[1], ARGV[2], KEYS[2])
local s = redis.call('HGET', KEYS[1], 's')
return {e, s, redis.call('HGETALL', KEYS[2])}
)";

constexpr std::string_view kExtendTrail = R"(
local device, at, ttl = ARGV[1], now(), tonumber(ARGV[4])
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', at - ttl)
if not redis.call('ZSCORE', KEYS[1], device) and redis.call('ZCARD', KEYS[1]) - #gone >= tonumber(ARGV[2]) then
  gone[#gone + 1] = redis.call('ZRANGE', KEYS[1], #gone, #gone)[1]
end
for _, other in ipairs(gone) do
  redis.call('ZREM', KEYS[1], other)
  redis.call('HDEL', KEYS[2], other)
  for i = 3, 4 do redis.call('DEL', string.sub(KEYS[i], 1, #KEYS[i] - #device) .. other) end
end
redis.call('ZADD', KEYS[1], at, device)
local added = 0
for i = 5, #ARGV, 4 do
  local version = ARGV[i] .. ' ' .. ARGV[i + 1]
  if redis.call('ZADD', KEYS[3], 'NX', ARGV[i + 2], version) == 1 then
    added = added + 1
    redis.call('HSET', KEYS[4], version, ARGV[i + 3])
    local e, s = string.match(redis.call('HGET', KEYS[2], device) or '0 0', '^(%d+) (%d+)')
    local order = compare(ARGV[i], e)
    if order == 0 then order = compare(ARGV[i + 1], s) end
    if order >= 0 then redis.call('HSET', KEYS[2], device, ARGV[i + 3]) end
  end
end
local over = redis.call('ZCARD', KEYS[3]) - tonumber(ARGV[3])
if over > 0 then
  local oldest = redis.call('ZPOPMIN', KEYS[3], over)
  for i = 1, #oldest, 2 do redis.call('HDEL', KEYS[4], oldest[i]) end
end
for i = 1, 4 do redis.call('PEXPIRE', KEYS[i], ttl) end
return added
)";

constexpr std::string_view kReadDevices = R"(
local all = {}
for _, device in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. (now() - ARGV[1]), '+inf')) do
  all[#all + 1] = device
  all[#all + 1] = redis.call('HGET', KEYS[2], device)
end
return all
)";

constexpr std::string_view kReadTrail = R"(
return {redis.call('HGET', KEYS[1], ARGV[1]) or '', redis.call('HVALS', KEYS[2])}
)";

std::string joined(std::string_view a, std::string_view b, std::string_view c = {}) {
  return std::string{a} + std::string{b} + std::string{c};
}

std::string sha1_hex(std::string_view text) {
  boost::uuids::detail::sha1 hash;
  hash.process_bytes(text.data(), text.size());
  unsigned int digest[5];
  hash.get_digest(digest);
  std::string hex;
  for (const auto word : digest) {
    for (int shift = 28; shift >= 0; shift -= 4) hex += "0123456789abcdef"[(word >> shift) & 15];
  }
  return hex;
}

}  // namespace

Script::Script(std::string given) : text{std::move(given)}, name{sha1_hex(text)} {}

Scripts::Scripts()
    : publish{joined(kOpen, kPublish)},
      read_log{joined(kOpen, kReadLog)},
      set_value{joined(kOpen, kPutValue, kSetValue)},
      count{joined(kOpen, kPutValue, kCount)},
      read_value{joined(kOpen, kReadValue)},
      members{joined(kOpen, kMembers)},
      put{joined(kOpen, kCompare, kPut)},
      read_records{joined(kOpen, kReadRecords)},
      read_members{joined(kOpen, kReadMembers)},
      extend_trail{joined(kOpen, kCompare, kExtendTrail)},
      read_devices{joined(kOpen, kReadDevices)},
      read_trail{std::string{kReadTrail}} {}

}  // namespace levee::redis
