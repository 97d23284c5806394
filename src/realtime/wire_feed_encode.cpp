#include <algorithm>
#include <chrono>

#include <spdlog/fmt/fmt.h>

#include "levee/realtime/text_rules.hpp"
#include "levee/realtime/wire.hpp"
#include "levee/realtime/wire_feed.hpp"

namespace levee::realtime {
namespace {

// Keys that the answer to `src` tells.
constexpr std::size_t kMaxListedKeys = 100;

std::int64_t ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

std::string version_text(const Version& version) {
  return fmt::format("[{},{}]", version.epoch, version.sequence);
}

std::string_view reason_of(ActVerdict verdict) {
  switch (verdict) {
    case ActVerdict::stale:
      return "stale";
    case ActVerdict::superseded:
      return "superseded";
    default:
      return "unknown";
  }
}

// What a person reads; a program has the directive's numbers.
std::string reason_text(const RateDirective& directive) {
  std::string text{to_string(directive.why)};
  if (directive.why == RateReason::checkpoint && directive.near != nullptr)
    text += ' ' + directive.near->name;
  return text;
}

}  // namespace

std::int64_t server_time(std::int64_t time_ms, const std::optional<std::int64_t>& sent_ms,
                         std::int64_t wall_ms) {
  return std::min(sent_ms ? wall_ms - (*sent_ms - time_ms) : time_ms, wall_ms);
}

std::string encode_source_opened(std::uint64_t number, std::string_view channel, const FeedView& view) {
  std::string keys;
  std::size_t listed = 0;
  for (const auto& [key, entry] : view.entries()) {
    if (listed++ == kMaxListedKeys) break;
    keys += fmt::format(R"({}"{}":{})", keys.empty() ? "" : ",", key, version_text(entry.version));
  }
  return encode_answer(number, fmt::format(R"({{"ch":"{}","keys":{{{}}}}})", channel, keys));
}

std::string encode_taken(std::string_view channel, std::size_t taken, std::size_t old) {
  return fmt::format(R"({{"ch":"{}","taken":{},"old":{}}})", channel, taken, old);
}

std::string encode_acted(std::uint64_t number, const Act& act, Duration age, std::int64_t wall_ms) {
  return encode_answer(number, fmt::format(R"({{"ch":"{}","k":"{}","q":{},"age":{},"t":{}}})", act.channel,
                                           act.key, version_text(act.seen), ms(age), wall_ms));
}

std::string encode_acted_before(std::uint64_t number, const Act& act) {
  return encode_answer(number, fmt::format(R"({{"ch":"{}","id":"{}","dup":true}})", act.channel, act.id));
}

std::string encode_act(const Act& act, const Judgement& judgement, std::string_view user) {
  return fmt::format(R"({{"u":"{}","id":"{}","k":"{}","q":{},"age":{},"seen":{},"d":{}}})", user, act.id,
                     act.key, version_text(act.seen), ms(judgement.age), *judgement.seen, act.body);
}

std::string encode_stale_quote(std::uint64_t number, const Judgement& judgement) {
  std::string text = fmt::format(R"({{"i":{},"err":{{"c":{},"m":"stale quote","why":"{}")", number,
                                 static_cast<int>(Errc::stale_quote), reason_of(judgement.verdict));
  if (judgement.newest != Version{}) text += R"(,"q":)" + version_text(judgement.newest);
  return text + "}}";
}

std::string encode_directive(std::uint64_t number, std::string_view channel, std::uint64_t ack,
                             const RateDirective& directive) {
  std::string rate = fmt::format(R"({{"e":{:.0f},"min":{},"max":{},"turn":{:.0f},"still":{},"parked":{})",
                                 directive.error_m, ms(directive.fastest), ms(directive.slowest),
                                 directive.turn_deg, ms(directive.still), ms(directive.parked));
  if (directive.near != nullptr) {
    rate += fmt::format(R"(,"near":[{:.6f},{:.6f},{:.0f}],"near_e":{:.0f},"near_ms":{})",
                        directive.near->place.latitude, directive.near->place.longitude,
                        directive.near_reach_m, directive.near_error_m, ms(directive.near_interval));
  }
  return encode_answer(number, fmt::format(R"({{"ch":"{}","ack":{},"next":{},"why":"{}","rate":{}}}}})",
                                           channel, ack, ms(directive.next), reason_text(directive), rate));
}

}  // namespace levee::realtime
