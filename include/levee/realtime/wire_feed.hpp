#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "levee/realtime/error.hpp"
#include "levee/realtime/feed_session.hpp"
#include "levee/realtime/track_fix.hpp"
#include "levee/realtime/track_rates.hpp"

/// What publishers of feeds, people who act, and devices say, and what they are answered.
namespace levee::realtime {

/// Begins a source session.
struct OpenSource {
  std::string channel;
  std::uint64_t epoch = 0;
};

/// Records of a feed. Limits: as many as fit into a message.
struct PublishItems {
  std::string channel;
  std::optional<std::int64_t>
      sent_ms;  ///< by the source's clock, as the items' times are; unset: the server's
  std::vector<FeedItem> items;
};

/// Records of a source that has no connection.
struct PostedItems {
  std::uint64_t epoch = 0;
  PublishItems items;
};

/// Reads `{"e":…,"now":…,"r":[…]}`. Errors: Errc::bad_message.
Result<PostedItems> decode_posted(std::string_view json);

/// The source has said all it has (`synced`), or is there (`alive`).
struct SourceState {
  std::string channel;
  bool synced = false;
};

/// Something that a person wants done by what was seen.
struct Act {
  std::string channel;
  std::string id;
  std::string key;
  Version seen;
  std::string body;  ///< JSON
};

/// Reports of a device, newest first.
struct ReportFixes {
  std::string channel;
  std::string device;
  std::uint64_t boot = 0;
  std::optional<std::int64_t>
      sent_ms;  ///< by the device's clock, as the fixes' times are; unset: the server's
  std::optional<std::uint64_t>
      from;  ///< the lowest sequence that the device still has; unset: the lowest here
  bool backlog = false;
  std::vector<TrackFix> fixes;
};

/// When something was by the server's clock: the sender's own two times tell its age, whatever its clock
/// says. Never later than `wall_ms`.
std::int64_t server_time(std::int64_t time_ms, const std::optional<std::int64_t>& sent_ms,
                         std::int64_t wall_ms);

/// `keys` maps the feed's keys to their versions; the first hundred.
std::string encode_source_opened(std::uint64_t number, std::string_view channel, const FeedView& view);
std::string encode_taken(std::string_view channel, std::size_t taken, std::size_t old);
std::string encode_acted(std::uint64_t number, const Act& act, Duration age, std::int64_t wall_ms);
/// When one with this id was accepted already. It may have named another quote: that is not told.
std::string encode_acted_before(std::uint64_t number, const Act& act);
/// What is kept of an accepted act: who did what, and what that person saw.
std::string encode_act(const Act& act, const Judgement& judgement, std::string_view user);
std::string encode_stale_quote(std::uint64_t number, const Judgement& judgement);
/// `ack`: all up to this sequence are kept.
std::string encode_directive(std::uint64_t number, std::string_view channel, std::uint64_t ack,
                             const RateDirective& directive);

}  // namespace levee::realtime
