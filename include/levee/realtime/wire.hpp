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
  std::string resume;  ///< token from an earlier session
  std::string viewer;  ///< playback token
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

/// A request to be answered at once.
struct Ping {
  std::uint64_t number = 0;
};

/// What a client asks for.
struct Request {
  std::optional<std::uint64_t> number;  ///< `i`: the answer carries it
  std::variant<Hello, Subscribe, Unsubscribe, SetNickname, Publish, Ping> what;
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
  std::optional<bool> recovered;  ///< `log`
  MessagePtr value;
  bool is_set = false;
  std::vector<Member> members;
  std::size_t member_count = 0;
  bool partial = false;
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
std::string encode_bye(int close_code, Retry retry);
std::string encode_gap(std::string_view channel, const Position& up_to);
/// A message of a `log` or `value`.
std::string encode_push(std::string_view channel, const Message& message);
std::string encode_set_push(const SetPush& push);

/// Bodies.
std::string encode_count(std::uint64_t count);
std::string encode_chat(std::string_view session, std::string_view id, std::string_view nickname,
                        std::string_view text);
std::string encode_member_info(std::string_view nickname);
std::string encode_member_changes(const MemberChanges& changes);
/// Errors: Errc::bad_message.
Result<MemberChanges> decode_member_changes(std::string_view body);

}  // namespace levee::realtime
