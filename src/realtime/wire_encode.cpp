#include <nlohmann/json.hpp>

#include "levee/realtime/text_rules.hpp"
#include "levee/realtime/wire.hpp"

namespace levee::realtime {
namespace {

// A JSON string. Everything that reaches it was checked to be UTF-8; should a byte slip through, it becomes
// U+FFFD and not an exception.
std::string quote(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string number_text(std::uint64_t number) { return std::to_string(number); }
std::string number_text(std::int64_t number) { return std::to_string(number); }

std::string window(Retry retry) {
  return "[" + number_text(retry.from_ms) + "," + number_text(retry.to_ms) + "]";
}

std::string position(const Position& at) {
  return R"("e":)" + quote(at.epoch) + R"(,"o":)" + number_text(at.offset);
}

void append_members(std::string& out, const std::vector<Member>& members) {
  out += '[';
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i > 0) out += ',';
    out += '[' + quote(members[i].id) + ',' + members[i].info + ']';
  }
  out += ']';
}

void append_ids(std::string& out, const std::vector<std::string>& ids) {
  out += '[';
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i > 0) out += ',';
    out += quote(ids[i]);
  }
  out += ']';
}

// Followers are viewers to the outside: what they may do more is the channel's business.
std::string_view role_of(Standing standing) {
  return to_string(standing == Standing::follower ? Standing::viewer : standing);
}

}  // namespace

std::string encode_hello(const Welcome& welcome) {
  return R"({"hello":{"v":)" + std::to_string(kProtocolVersion) + R"(,"sid":)" + quote(welcome.session) +
         R"(,"u":)" + quote(welcome.user) + R"(,"role":")" + std::string{role_of(welcome.standing)} +
         R"(","resumed":)" + (welcome.resumed ? "true" : "false") + R"(,"now":)" +
         number_text(welcome.now_ms) + R"(,"hb":)" + number_text(welcome.heartbeat_ms) + R"(,"win":)" +
         number_text(welcome.window_ms) + R"(,"resume":)" + quote(welcome.resume) + R"(,"res_ttl":)" +
         number_text(welcome.resume_ttl_ms) + R"(,"lim":{"msg":)" + std::to_string(kMaxMessageBytes) +
         R"(,"chans":)" + std::to_string(kMaxChannels) + R"(,"text":)" + std::to_string(kMaxText) +
         R"(,"nick":)" + std::to_string(kMaxNickname) + "}}}";
}

std::string encode_sync(const Sync& sync) {
  std::string out = R"({"ch":)" + quote(sync.channel) + ',' + position(sync.position);
  if (sync.recovered) out += *sync.recovered ? R"(,"recovered":true)" : R"(,"recovered":false)";
  if (sync.from) out += R"(,"from":)" + number_text(*sync.from);
  if (sync.value) out += R"(,"t":)" + number_text(sync.value->time_ms) + R"(,"d":)" + sync.value->body;
  if (sync.is_set) {
    out += R"(,"n":)" + std::to_string(sync.member_count) + R"(,"m":)";
    append_members(out, sync.members);
  }
  if (!sync.rules.empty()) out += R"(,"rules":)" + std::string{sync.rules};
  if (sync.partial) out += R"(,"partial":true)";
  return out + '}';
}

std::string encode_sync_message(std::string_view sync) { return R"({"sync":)" + std::string{sync} + '}'; }

std::string encode_answer(std::uint64_t number, std::string_view body) {
  return R"({"i":)" + number_text(number) + R"(,"ok":)" + std::string{body} + '}';
}

std::string encode_channel_answer(std::uint64_t number, std::string_view channel) {
  return encode_answer(number, R"({"ch":)" + quote(channel) + '}');
}

std::string encode_nickname_answer(std::uint64_t number, std::string_view nickname) {
  return encode_answer(number, R"({"nick":)" + quote(nickname) + '}');
}

std::string encode_published(std::uint64_t number, std::string_view channel, const Published& published) {
  return encode_answer(number, R"({"ch":)" + quote(channel) + ',' + position(published.position) +
                                   (published.duplicate ? R"(,"dup":true})" : "}"));
}

std::string encode_error(std::optional<std::uint64_t> number, ErrorCode error, std::optional<Retry> retry,
                         std::string_view channel) {
  std::string out = "{";
  if (number) out += R"("i":)" + number_text(*number) + ',';
  out += R"("err":{"c":)" + std::to_string(error.value()) + R"(,"m":)" + quote(error.message());
  if (!channel.empty()) out += R"(,"ch":)" + quote(channel);
  if (retry) out += R"(,"retry":)" + window(*retry);
  return out + "}}";
}

std::string encode_pong(std::uint64_t number, std::int64_t now_ms) {
  return R"({"p":)" + number_text(number) + R"(,"t":)" + number_text(now_ms) + '}';
}

std::string encode_heartbeat(std::int64_t now_ms, std::int64_t window_ms) {
  return R"({"hb":{"t":)" + number_text(now_ms) + R"(,"win":)" + number_text(window_ms) + "}}";
}

std::string encode_heartbeat(std::int64_t now_ms, std::int64_t window_ms, std::string_view channel,
                             const Position& top) {
  return R"({"hb":{"t":)" + number_text(now_ms) + R"(,"win":)" + number_text(window_ms) + R"(,"top":{)" +
         quote(channel) + ":[" + quote(top.epoch) + ',' + number_text(top.offset) + "]}}}";
}

std::string encode_bye(int close_code, Retry retry) {
  return R"({"bye":{"c":)" + std::to_string(close_code) + R"(,"retry":)" + window(retry) + "}}";
}

std::string encode_gap(std::string_view channel, const Position& up_to) {
  return R"({"gap":{"ch":)" + quote(channel) + ',' + position(up_to) + R"(,"why":"slow"}})";
}

std::string encode_push(std::string_view channel, const Message& message, std::uint64_t skipped) {
  return R"({"ch":)" + quote(channel) + R"(,"o":)" + number_text(message.offset) +
         (skipped > 0 ? R"(,"sk":)" + number_text(skipped) : std::string{}) + R"(,"t":)" +
         number_text(message.time_ms) + R"(,"d":)" + message.body + '}';
}

std::string encode_set_push(const SetPush& push) {
  std::string out = R"({"ch":)" + quote(push.channel) + R"(,"o":)" + number_text(push.offset) + R"(,"p":)" +
                    number_text(push.previous) + R"(,"n":)" + std::to_string(push.member_count);
  if (!push.changes.joins.empty()) {
    out += R"(,"+":)";
    append_members(out, push.changes.joins);
  }
  if (!push.changes.leaves.empty()) {
    out += R"(,"-":)";
    append_ids(out, push.changes.leaves);
  }
  return out + '}';
}

std::string encode_count(std::uint64_t count, bool recovering) {
  return R"({"n":)" + number_text(count) + (recovering ? R"(,"recovering":true})" : "}");
}

std::string chat_author(std::string_view user) { return R"({"u":)" + quote(user) + ','; }

std::string encode_chat(const ChatMessage& message) {
  std::string out = chat_author(message.user);
  if (!message.id.empty()) out += R"("id":)" + quote(message.id) + ',';
  out += R"("nick":)" + quote(message.nickname);
  if (message.standing >= Standing::moderator)
    out += R"(,"role":")" + std::string{role_of(message.standing)} + '"';
  return out + R"(,"text":)" + quote(message.text) + '}';
}

std::string encode_member_info(std::string_view nickname) {
  if (nickname.empty()) return "{}";
  return R"({"nick":)" + quote(nickname) + '}';
}

std::string encode_member_changes(const MemberChanges& changes) {
  std::string out = R"({"+":)";
  append_members(out, changes.joins);
  out += R"(,"-":)";
  append_ids(out, changes.leaves);
  return out + '}';
}

std::string encode_records(const std::vector<Record>& records) {
  std::string out = "[";
  for (const auto& record : records) {
    if (out.size() > 1) out += ',';
    out += '[' + quote(record.key) + ',' + number_text(record.version.epoch) + ',' +
           number_text(record.version.sequence) + ',' + number_text(record.time_ms) + ',' +
           quote(record.mark) + ',' + (record.body.empty() ? "{}" : record.body) + ']';
  }
  return out + ']';
}

}  // namespace levee::realtime
