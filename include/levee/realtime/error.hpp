#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "levee/base/result.hpp"

namespace levee::realtime {

/// Why a request of a client failed. The values are the codes that clients are told (docs/protocol.md).
enum class Errc {
  bad_message = 4000,        ///< no JSON object, a wrong type, an unknown op, a field missing, too deep
  hello_expected = 4001,     ///< hello is missing, or came twice
  nickname_needed = 4010,    ///< only who has a nickname may do this
  bad_token = 4011,          ///< an identity's token is forged, too old or not understood
  not_publishable = 4030,    ///< clients do not publish to this kind of channel
  not_allowed = 4031,        ///< a moderator's right is missing
  banned = 4032,             ///< from this chat, for a while or for good
  not_for_all = 4033,        ///< only some may write in this chat at the moment
  not_publisher = 4034,      ///< this identity may not publish here, or has not begun to
  unknown_channel = 4040,    ///< unknown prefix or a bad name
  not_subscribed = 4042,     ///< the connection has no such subscription
  stale_quote = 4090,        ///< what was acted on is stale, superseded or unknown
  newer_source = 4091,       ///< a source that started later has this feed
  feed_lost = 4092,          ///< the bus lost the feed, and with it the source's session
  bad_nickname = 4220,       ///< length or characters
  bad_text = 4221,           ///< length or characters
  bad_id = 4222,             ///< length or characters of a publication's id
  bad_words = 4223,          ///< the word filter refused a text
  chat_rate = 4290,          ///< chat messages come too fast
  request_rate = 4291,       ///< requests come too fast
  too_many_channels = 4292,  ///< on this connection, or on this node
  slow_mode = 4293,          ///< this person may write again later
  bus_down = 5030,           ///< the bus is away or full: nothing was published, or it is not known
  busy = 5031,               ///< too many come at once
  bus_timeout = 5040,        ///< the bus did not answer in time: not known whether it was published
};

const boost::system::error_category& error_category();
inline ErrorCode make_error_code(Errc code) { return {static_cast<int>(code), error_category()}; }

}  // namespace levee::realtime

template <>
struct boost::system::is_error_code_enum<levee::realtime::Errc> : std::true_type {};
