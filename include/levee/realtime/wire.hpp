#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "levee/base/result.hpp"
#include "levee/realtime/error.hpp"
#include "levee/realtime/message.hpp"
#include "levee/realtime/wire_feed.hpp"

/// Messages of the realtime protocol as JSON text (docs/protocol.md), and bodies as the bus carries them.
namespace levee::realtime {

inline constexpr int kProtocolVersion = 1;
/// Limits of what a client sends.
inline constexpr std::size_t kMaxMessageBytes = 4096;
inline constexpr std::size_t kMaxDepth = 8;
inline constexpr std::size_t kMaxChannels = 32;

/// A channel to subscribe to, and where the client is in it.
struct Subscribe {
  std::string channel;
  std::optional<Position> since;
};

/// The first request of a connection.
struct Hello {
  int version = kProtocolVersion;
  std::optional<std::string> nickname;
  std::string token;              ///< of an identity
  std::string resume;             ///< token from an earlier session
  std::string viewer;             ///< playback token
  std::int64_t heartbeat_ms = 0;  ///< the slowest heartbeat that will do; 0: as usual
  std::vector<Subscribe> subscriptions;
};

/// A channel to hear no more of.
struct Unsubscribe {
  std::string channel;
};

/// The name to chat under from now on.
struct SetNickname {
  std::string nickname;
};

/// Something to say in a channel.
struct Publish {
  std::string channel;
  std::string id;
  std::string text;
};

/// What a moderator does to a chat. Which of the fields count, `what` tells.
struct Moderation {
  enum class What { remove, timeout, ban, unban, slow, only, clear };
  What what = What::remove;
  std::uint64_t offset = 0;          ///< remove: the message
  std::string user;                  ///< timeout, ban, unban
  std::int64_t seconds = 0;          ///< timeout, slow
  Standing least = Standing::guest;  ///< only
  bool operator==(const Moderation&) const = default;
};

/// Longest timeout and slow mode, in seconds.
inline constexpr std::int64_t kMaxTimeout = std::int64_t{14} * 24 * 3600;
inline constexpr std::int64_t kMaxSlow = 3600;

/// A moderator's request.
struct Moderate {
  std::string channel;
  std::string id;
  Moderation moderation;
};

/// A request to be answered at once.
struct Ping {
  std::uint64_t number = 0;
};

/// Something said in a chat, as the others get it.
struct ChatMessage {
  std::string_view user;
  std::string_view id;
  std::string_view nickname;
  Standing standing = Standing::guest;
  std::string_view text;
};

/// What a client asks for.
struct Request {
  std::optional<std::uint64_t> number;  ///< `i`: the answer carries it
  std::variant<Hello, Subscribe, Unsubscribe, SetNickname, Publish, Moderate, Ping, OpenSource, PublishItems,
               SourceState, Act, ReportFixes>
      what;
};

/// A request that can't be understood; `number` when at least that could be read.
struct BadRequest {
  std::optional<std::uint64_t> number;
};

/// Reads one message of a client.
/// Limits: kMaxMessageBytes, kMaxDepth, kMaxChannels in a hello; refused before it is parsed where possible.
std::variant<Request, BadRequest> decode_request(std::string_view text);

/// A window in ms from which a client draws how long to wait.
struct Retry {
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
};

/// The answer to a hello.
struct Welcome {
  std::string session;
  std::string user;
  Standing standing = Standing::guest;
  bool resumed = false;
  std::int64_t now_ms = 0;
  std::int64_t heartbeat_ms = 0;
  std::int64_t window_ms = 0;
  std::string resume;
  std::int64_t resume_ttl_ms = 0;
};

/// Where a subscription starts; `members` and `member_count` of a `set`, `value` of a `value`.
struct Sync {
  std::string_view channel;
  Position position;
  std::optional<bool> recovered;      ///< `log`
  std::optional<std::uint64_t> from;  ///< `log`: what comes begins after this
  MessagePtr value;
  bool is_set = false;
  std::vector<Member> members;
  std::size_t member_count = 0;
  bool partial = false;
  std::string_view rules;  ///< `log`: JSON; empty: none are set
};

/// One `set` push: what changed since offset `previous`.
struct SetPush {
  std::string_view channel;
  std::uint64_t offset = 0;
  std::uint64_t previous = 0;
  std::size_t member_count = 0;
  MemberChanges changes;
};

std::string encode_hello(const Welcome& welcome);
/// `{"ch",…}`: the body of a sync, an answer or a `{"sync":…}` is made around it.
std::string encode_sync(const Sync& sync);
std::string encode_sync_message(std::string_view sync);
std::string encode_answer(std::uint64_t number, std::string_view body);
std::string encode_channel_answer(std::uint64_t number, std::string_view channel);
std::string encode_nickname_answer(std::uint64_t number, std::string_view nickname);
std::string encode_published(std::uint64_t number, std::string_view channel, const Published& published);
/// `channel` is told when there is no number to tell which request it was.
std::string encode_error(std::optional<std::uint64_t> number, ErrorCode error,
                         std::optional<Retry> retry = {}, std::string_view channel = {});
std::string encode_pong(std::uint64_t number, std::int64_t now_ms);
std::string encode_heartbeat(std::int64_t now_ms, std::int64_t window_ms);
/// One that tells a channel's top.
std::string encode_heartbeat(std::int64_t now_ms, std::int64_t window_ms, std::string_view channel,
                             const Position& top);
std::string encode_bye(int close_code, Retry retry);
std::string encode_gap(std::string_view channel, const Position& up_to);
/// A message of a `log` or `value`. `skipped`: how many of a `log` before it are left out.
std::string encode_push(std::string_view channel, const Message& message, std::uint64_t skipped = 0);
std::string encode_set_push(const SetPush& push);

/// Bodies.
/// `recovering`: it is what it was before a restart, falling.
std::string encode_count(std::uint64_t count, bool recovering = false);
/// Begins as `chat_author` does.
std::string encode_chat(const ChatMessage& message);
/// How the body of a chat message of this person begins, and of nobody else's.
std::string chat_author(std::string_view user);
/// The body that stands in the place of a message that was taken back.
inline constexpr std::string_view kGoneBody = R"({"gone":true})";
/// `by`: the moderator.
std::string encode_moderation(const Moderation& moderation, std::string_view by);
/// Nothing when the body is not of a moderation.
std::optional<Moderation> decode_moderation(std::string_view body);
std::string encode_member_info(std::string_view nickname);
std::string encode_member_changes(const MemberChanges& changes);
/// What a bus carries of the records that it took.
std::string encode_records(const std::vector<Record>& records);
/// Errors: Errc::bad_message.
Result<std::vector<Record>> decode_records(std::string_view body);
/// Errors: Errc::bad_message.
Result<MemberChanges> decode_member_changes(std::string_view body);

}  // namespace levee::realtime
