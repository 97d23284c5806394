#include <algorithm>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "levee/realtime/wire.hpp"

#include "realtime/json_depth.hpp"
#include "realtime/wire_feed_decode.hpp"
#include "realtime/wire_moderation.hpp"

namespace levee::realtime {
namespace {

using Json = nlohmann::json;

// Of a heartbeat that a client may ask for; what it is given is less.
constexpr std::uint64_t kMostHeartbeatMs = 3'600'000;
// Largest integer that a client's JSON numbers hold exactly (RFC 8259 section 6).
constexpr std::uint64_t kMaxInteger = std::uint64_t{1} << 53;

const Json* find(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::uint64_t> integer(const Json* json) {
  if (json == nullptr || !json->is_number()) return {};
  if (json->is_number_unsigned()) {
    const auto number = json->get<std::uint64_t>();
    return number <= kMaxInteger ? std::optional{number} : std::nullopt;
  }
  const double number = json->get<double>();  // 7.0 is an integer too
  if (!(number >= 0) || number > static_cast<double>(kMaxInteger) || std::floor(number) != number) return {};
  return static_cast<std::uint64_t>(number);
}

// A text that must be there; nothing otherwise.
std::optional<std::string> text_of(const Json& object, const char* name) {
  const Json* found = find(object, name);
  if (found == nullptr || !found->is_string()) return {};
  return found->get<std::string>();
}

// A text that may be missing, but not be anything else. False: it is.
bool optional_text(const Json& object, const char* name, std::string& out) {
  const Json* found = find(object, name);
  if (found == nullptr) return true;
  if (!found->is_string()) return false;
  out = found->get<std::string>();
  return true;
}

std::optional<Subscribe> subscribe(const Json& json) {
  if (!json.is_object()) return {};
  auto channel = text_of(json, "ch");
  if (!channel) return {};
  Subscribe wanted{std::move(*channel), {}};
  if (const Json* position = find(json, "pos")) {
    if (!position->is_object()) return {};
    auto epoch = text_of(*position, "e");
    const auto offset = integer(find(*position, "o"));
    if (!epoch || !offset) return {};
    wanted.since = Position{std::move(*epoch), *offset};
  }
  return wanted;
}

std::optional<Hello> hello(const Json& json) {
  Hello result;
  if (const Json* version = find(json, "v")) {
    const auto number = integer(version);
    if (!number || *number > 1000) return {};
    result.version = static_cast<int>(*number);
  }
  if (find(json, "nick") != nullptr) {
    result.nickname = text_of(json, "nick");
    if (!result.nickname) return {};
  }
  if (!optional_text(json, "token", result.token) || !optional_text(json, "resume", result.resume) ||
      !optional_text(json, "viewer", result.viewer))
    return {};
  if (const Json* heartbeat = find(json, "hb")) {
    const auto wanted_ms = integer(heartbeat);
    if (!wanted_ms) return {};
    result.heartbeat_ms = static_cast<std::int64_t>(std::min(*wanted_ms, kMostHeartbeatMs));
  }
  if (const Json* list = find(json, "subs")) {
    if (!list->is_array() || list->size() > kMaxChannels) return {};
    for (const auto& item : *list) {
      auto wanted = subscribe(item);
      if (!wanted) return {};
      result.subscriptions.push_back(std::move(*wanted));
    }
  }
  return result;
}

std::optional<Publish> publish(const Json& json) {
  auto channel = text_of(json, "ch");
  const Json* data = find(json, "d");
  if (!channel || data == nullptr || !data->is_object()) return {};
  auto text = text_of(*data, "text");
  Publish result{std::move(*channel), {}, {}};
  if (!text || !optional_text(json, "id", result.id)) return {};
  result.text = std::move(*text);
  return result;
}

std::optional<Moderate> moderate(const Json& json) {
  auto channel = text_of(json, "ch");
  auto moderation = moderation_of(json, "do");
  if (!channel || !moderation) return {};
  Moderate result{std::move(*channel), {}, std::move(*moderation)};
  if (!optional_text(json, "id", result.id)) return {};
  return result;
}

template <class What>
std::variant<Request, BadRequest> request(std::optional<std::uint64_t> number, std::optional<What> what) {
  if (!what) return BadRequest{number};
  return Request{number, std::move(*what)};
}

template <class What>
std::optional<What> with_text(const Json& json, const char* name) {
  auto text = text_of(json, name);
  if (!text) return {};
  return What{std::move(*text)};
}

}  // namespace

std::variant<Request, BadRequest> decode_request(std::string_view text) {
  if (text.size() > kMaxMessageBytes || is_too_deep(text)) return BadRequest{};
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return BadRequest{};
  const auto number = integer(find(json, "i"));
  if (find(json, "i") != nullptr && !number) return BadRequest{};
  if (const Json* ping = find(json, "p"); ping != nullptr && find(json, "op") == nullptr) {
    const auto time = integer(ping);
    return request(number, time ? std::optional{Ping{*time}} : std::nullopt);
  }
  const auto op = text_of(json, "op");
  if (!op) return BadRequest{number};
  if (*op == "hello") return request(number, hello(json));
  if (*op == "sub") return request(number, subscribe(json));
  if (*op == "unsub") return request(number, with_text<Unsubscribe>(json, "ch"));
  if (*op == "me") return request(number, with_text<SetNickname>(json, "nick"));
  if (*op == "pub" && find(json, "r") != nullptr) return request(number, items_of(json));
  if (*op == "pub") return request(number, publish(json));
  if (*op == "mod") return request(number, moderate(json));
  if (*op == "src") return request(number, open_source_of(json));
  if (*op == "synced" || *op == "alive") return request(number, source_state_of(json, *op == "synced"));
  if (*op == "act") return request(number, act_of(json));
  if (*op == "loc") return request(number, fixes_of(json));
  return BadRequest{number};
}

Result<MemberChanges> decode_member_changes(std::string_view body) {
  if (is_too_deep(body)) return Errc::bad_message;
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return Errc::bad_message;
  MemberChanges changes;
  if (const Json* joins = find(json, "+")) {
    if (!joins->is_array()) return Errc::bad_message;
    for (const auto& join : *joins) {
      if (!join.is_array() || join.size() != 2 || !join[0].is_string()) return Errc::bad_message;
      changes.joins.push_back({join[0].get<std::string>(), join[1].dump()});
    }
  }
  if (const Json* leaves = find(json, "-")) {
    if (!leaves->is_array()) return Errc::bad_message;
    for (const auto& leave : *leaves) {
      if (!leave.is_string()) return Errc::bad_message;
      changes.leaves.push_back(leave.get<std::string>());
    }
  }
  return changes;
}

Result<std::vector<Record>> decode_records(std::string_view body) {
  if (is_too_deep(body)) return Errc::bad_message;
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_array()) return Errc::bad_message;
  std::vector<Record> records;
  for (const auto& item : json) {
    if (!item.is_array() || item.size() != 6 || !item[0].is_string() || !item[3].is_number_integer() ||
        !item[4].is_string())
      return Errc::bad_message;
    const auto epoch = integer(&item[1]);
    const auto sequence = integer(&item[2]);
    if (!epoch || !sequence) return Errc::bad_message;
    records.push_back({item[0].get<std::string>(), Version{*epoch, *sequence}, item[3].get<std::int64_t>(),
                       item[4].get<std::string>(), item[5].dump()});
  }
  return records;
}

}  // namespace levee::realtime
