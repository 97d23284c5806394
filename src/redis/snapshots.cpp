#include "redis/snapshots.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <spdlog/spdlog.h>
#include <system_error>

#include "levee/base/log.hpp"
#include "levee/realtime/error.hpp"
#include "levee/realtime/room_rules.hpp"

namespace levee::redis {
namespace {

using realtime::Kind;

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc{}) return {};
  return value;
}

// An entry of a stream: ["12-0", ["t", time, "d", body]].
realtime::MessagePtr message_of(const Reply& entry) {
  if (entry.list.size() != 2 || entry.list[1].list.size() != 4) return nullptr;
  const auto offset = number<std::uint64_t>(entry.list[0].text);
  const auto time = number<std::int64_t>(entry.list[1].list[1].text);
  if (!offset || !time) return nullptr;
  auto message = std::make_shared<realtime::Message>();
  message->offset = *offset;
  message->time_ms = *time;
  message->body = entry.list[1].list[3].text;
  return message;
}

// The newest messages that have no hole among them and end at the top.
void take_log(const Reply& entries, realtime::Snapshot& snapshot) {
  auto expected = snapshot.top.offset;
  for (auto entry = entries.list.rbegin(); entry != entries.list.rend(); ++entry) {
    auto message = message_of(*entry);
    if (!message || message->offset != expected || snapshot.log.size() == realtime::kLogMessages) break;
    snapshot.log.push_back(std::move(message));
    --expected;
  }
  std::ranges::reverse(snapshot.log);
}

void take_value(const std::vector<Reply>& fields, realtime::Snapshot& snapshot) {
  if (fields[2].type != Reply::Type::text) return;
  auto value = std::make_shared<realtime::Message>();
  value->body = fields[2].text;
  value->time_ms = number<std::int64_t>(fields[3].text).value_or(0);
  value->offset = number<std::uint64_t>(fields[4].text).value_or(0);
  snapshot.value = std::move(value);
}

void take_members(const std::vector<Reply>& fields, realtime::Snapshot& snapshot) {
  snapshot.member_count = static_cast<std::size_t>(std::max<std::int64_t>(fields[2].integer, 0));
  const auto& list = fields[3].list;
  for (std::size_t i = 0; i + 1 < list.size(); i += 2) {
    const auto& owned = list[i + 1].text;  // "node\ninfo"
    snapshot.members.push_back({list[i].text, owned.substr(owned.find('\n') + 1)});
  }
}

// "offset epoch sequence time mark\n" and the body.
std::optional<realtime::StoredRecord> record_of(const std::string& key, std::string_view text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return {};
  auto head = text.substr(0, end);
  const auto word = [&head] {
    const auto size = std::min(head.find(' '), head.size());
    const auto taken = head.substr(0, size);
    head.remove_prefix(std::min(size + 1, head.size()));
    return taken;
  };
  const auto offset = number<std::uint64_t>(word());
  const auto epoch = number<std::uint64_t>(word());
  const auto sequence = number<std::uint64_t>(word());
  const auto time = number<std::int64_t>(word());
  if (!offset || !epoch || !sequence || !time) return {};
  realtime::Record record{
      key, {*epoch, *sequence}, *time, std::string{head}, std::string{text.substr(end + 1)}};
  return realtime::StoredRecord{std::move(record), *offset};
}

void take_records(const std::vector<Reply>& fields, realtime::Snapshot& snapshot) {
  const auto& list = fields[2].list;
  for (std::size_t i = 0; i + 1 < list.size(); i += 2) {
    if (auto stored = record_of(list[i].text, list[i + 1].text))
      snapshot.records.push_back(std::move(*stored));
  }
}

// A list of another length is none that a script of ours gives.
ErrorCode list_failure(const Result<Reply>& reply, std::size_t size, Counter& errors) {
  if (const auto failed = failure_of(reply, Reply::Type::list, errors)) return failed;
  if (reply->list.size() == size) return {};
  errors.add();
  return realtime::Errc::bus_down;
}

}  // namespace

realtime::SnapshotPtr snapshot_of(Kind kind, const Reply& reply) {
  const std::size_t expected = kind == Kind::value || kind == Kind::log ? 5 : kind == Kind::set ? 4 : 3;
  if (reply.list.size() != expected) return nullptr;
  const auto offset = number<std::uint64_t>(reply.list[1].text);
  if (!offset || reply.list[0].text.empty()) return nullptr;
  auto snapshot = std::make_shared<realtime::Snapshot>();
  snapshot->top = {reply.list[0].text, *offset};
  if (kind == Kind::log) {
    take_log(reply.list[2], *snapshot);
    const auto least = number<int>(reply.list[4].text).value_or(0);
    snapshot->rules = realtime::encode_rules(number<std::int64_t>(reply.list[3].text).value_or(0) / 1000,
                                             static_cast<realtime::Standing>(std::clamp(least, 0, 4)));
  }
  if (kind == Kind::value) take_value(reply.list, *snapshot);
  if (kind == Kind::set) take_members(reply.list, *snapshot);
  if (kind == Kind::state || kind == Kind::track) take_records(reply.list, *snapshot);
  return snapshot;
}

ErrorCode failure_of(const Result<Reply>& reply, Reply::Type expected, Counter& errors) {
  if (reply && reply->type == expected) return {};
  errors.add();
  if (!reply) return reply.error() == Errc::timeout ? realtime::Errc::bus_timeout : realtime::Errc::bus_down;
  spdlog::warn("redis refused a command error={}", log::value(reply->text));
  return realtime::Errc::bus_down;
}

Result<realtime::Published> published_of(const Result<Reply>& reply, Counter& errors) {
  if (const auto failed = list_failure(reply, 4, errors)) return failed;
  const auto& at = reply->list[0].text;
  if (const auto& refusal = reply->list[2].text; !refusal.empty()) {
    const auto why = refusal == "banned"  ? realtime::Errc::banned
                     : refusal == "least" ? realtime::Errc::not_for_all
                                          : realtime::Errc::slow_mode;
    return realtime::Published{{}, false, realtime::Refusal{why, reply->list[3].integer}};
  }
  const auto space = std::min(at.find(' '), at.size());
  realtime::Published published;
  published.position = {
      at.substr(0, space),
      number<std::uint64_t>(std::string_view{at}.substr(std::min(space + 1, at.size()))).value_or(0)};
  published.duplicate = reply->list[1].integer == 1;
  return published;
}

Result<realtime::Put> put_of(const Result<Reply>& reply, Counter& errors) {
  if (const auto failed = list_failure(reply, 5, errors)) return failed;
  realtime::Put put;
  put.position = {reply->list[0].text, number<std::uint64_t>(reply->list[1].text).value_or(0)};
  put.taken = static_cast<std::size_t>(reply->list[2].integer);
  put.old = static_cast<std::size_t>(reply->list[3].integer);
  put.full = static_cast<std::size_t>(reply->list[4].integer);
  return put;
}

}  // namespace levee::redis
