#include "realtime/wire_feed_decode.hpp"

#include <algorithm>
#include <cmath>

#include "levee/realtime/text_rules.hpp"

#include "realtime/json_depth.hpp"

namespace levee::realtime {
namespace {

using Json = nlohmann::json;

// Largest integer that a client's JSON numbers hold exactly (RFC 8259 section 6).
constexpr double kMaxInteger = 9007199254740992.0;
constexpr double kMaxPromiseMs = 86'400'000;

const Json* find(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

/// Takes fields off an object. One that is wrong makes the whole wrong; asked once, at the end.
class Fields {
 public:
  explicit Fields(const Json& object) : object_{object}, ok_{object.is_object()} {}

  bool has(const char* name) const { return ok_ && find(object_, name) != nullptr; }
  std::string text(const char* name) {
    const Json* found = ok_ ? find(object_, name) : nullptr;
    if (found == nullptr || !found->is_string()) return fail(std::string{});
    return found->get<std::string>();
  }
  double number(const char* name, double low, double high) {
    const Json* found = ok_ ? find(object_, name) : nullptr;
    if (found == nullptr || !found->is_number()) return fail(0.0);
    const auto value = found->get<double>();
    return value >= low && value <= high ? value : fail(0.0);
  }
  double number_or(const char* name, double otherwise, double low, double high) {
    return has(name) ? number(name, low, high) : otherwise;
  }
  std::uint64_t integer(const char* name, double high = kMaxInteger) {
    const double value = number(name, 0, high);
    return std::floor(value) == value ? static_cast<std::uint64_t>(value) : fail(std::uint64_t{0});
  }
  std::optional<std::int64_t> time(const char* name) {
    if (!has(name)) return {};
    return static_cast<std::int64_t>(integer(name));
  }
  /// An object, as text.
  std::string body(const char* name) {
    const Json* found = ok_ ? find(object_, name) : nullptr;
    if (found == nullptr || !found->is_object()) return fail(std::string{});
    auto text = found->dump(-1, ' ', false, Json::error_handler_t::replace);
    return text.size() <= kMaxFeedBody ? text : fail(std::string{});
  }
  const Json& list(const char* name) {
    static const Json kNone = Json::array();
    const Json* found = ok_ ? find(object_, name) : nullptr;
    if (found == nullptr || !found->is_array()) return fail(kNone);
    return *found;
  }
  void must(bool held) { ok_ = ok_ && held; }
  bool ok() const { return ok_; }

 private:
  template <class Value>
  const Value& fail(const Value& value) {
    ok_ = false;
    return value;
  }

  const Json& object_;
  bool ok_;
};

std::optional<FeedItem> item_of(const Json& json) {
  Fields fields{json};
  FeedItem item;
  item.key = fields.text("k");
  item.sequence = fields.integer("s");
  item.time_ms = fields.time("t");
  item.ttl = std::chrono::milliseconds{static_cast<std::int64_t>(
      fields.number_or("ttl", static_cast<double>(kFeedTtl.count()), static_cast<double>(kMinFeedTtl.count()),
                       static_cast<double>(kMaxFeedTtl.count())))};
  if (fields.has("x")) {
    fields.must(fields.text("x") == "closed");
    item.closed = true;
  }
  if (!item.closed || fields.has("d")) item.body = fields.body("d");
  fields.must(is_feed_key(item.key));
  if (!fields.ok()) return {};
  return item;
}

std::optional<TrackFix> fix_of(const Json& json) {
  Fields fields{json};
  TrackFix fix;
  fix.seq = fields.integer("s");
  fix.time_ms = static_cast<std::int64_t>(fields.integer("t"));
  fix.place = {fields.number("lat", -90, 90), fields.number("lon", -180, 180)};
  fix.accuracy_m = fields.number_or("acc", 0, 0, 100'000);
  fix.speed_mps = fields.number_or("spd", 0, 0, 1000);
  if (fields.has("hdg")) fix.heading_deg = fields.number("hdg", 0, 360);
  if (fields.has("bat")) fix.battery_percent = fields.number("bat", 0, 100);
  fix.next =
      std::chrono::milliseconds{static_cast<std::int64_t>(fields.number_or("nx", 0, 0, kMaxPromiseMs))};
  if (fields.has("m")) {
    const auto motion = motion_of(fields.text("m"));
    fields.must(motion.has_value());
    fix.motion = motion.value_or(Motion::moving);
  }
  if (fields.has("src")) {
    const auto source = fix_source_of(fields.text("src"));
    fields.must(source.has_value());
    fix.source = source.value_or(FixSource::gps);
  }
  if (!fields.ok()) return {};
  return fix;
}

template <class Item>
bool take_all(const Json& list, std::optional<Item> (*read)(const Json&), std::vector<Item>& out) {
  for (const auto& each : list) {
    auto item = read(each);
    if (!item) return false;
    out.push_back(std::move(*item));
  }
  return !out.empty();
}

}  // namespace

std::optional<OpenSource> open_source_of(const Json& json) {
  Fields fields{json};
  OpenSource wanted{fields.text("ch"), fields.integer("e")};
  if (!fields.ok()) return {};
  return wanted;
}

Result<PostedItems> decode_posted(std::string_view text) {
  if (is_too_deep(text)) return Errc::bad_message;
  const auto json = Json::parse(text, nullptr, false);
  Fields fields{json};
  PostedItems posted{fields.integer("e"), {{}, fields.time("now"), {}}};
  fields.must(take_all(fields.list("r"), item_of, posted.items.items));
  if (!fields.ok()) return Errc::bad_message;
  return posted;
}

std::optional<PublishItems> items_of(const Json& json) {
  Fields fields{json};
  PublishItems wanted{fields.text("ch"), fields.time("now"), {}};
  fields.must(take_all(fields.list("r"), item_of, wanted.items));
  if (!fields.ok()) return {};
  return wanted;
}

std::optional<SourceState> source_state_of(const Json& json, bool synced) {
  Fields fields{json};
  SourceState state{fields.text("ch"), synced};
  if (!fields.ok()) return {};
  return state;
}

std::optional<Act> act_of(const Json& json) {
  Fields fields{json};
  Act act{fields.text("ch"), {}, fields.text("k"), {}, fields.body("d")};
  if (fields.has("id")) act.id = fields.text("id");
  const auto& seen = fields.list("q");
  fields.must(is_feed_key(act.key));
  fields.must(seen.size() == 2 && seen[0].is_number_unsigned() && seen[1].is_number_unsigned());
  if (!fields.ok()) return {};
  act.seen = {seen[0].get<std::uint64_t>(), seen[1].get<std::uint64_t>()};
  return act;
}

std::optional<ReportFixes> fixes_of(const Json& json) {
  Fields fields{json};
  ReportFixes report{
      fields.text("ch"), fields.text("dev"), fields.integer("b"), fields.time("now"), {}, false, {}};
  if (fields.has("from")) report.from = fields.integer("from");
  report.backlog = fields.number_or("bf", 0, 0, 1) == 1;
  fields.must(is_identifier(report.device, kMaxFeedKey));
  fields.must(take_all(fields.list("r"), fix_of, report.fixes));
  if (!fields.ok()) return {};
  return report;
}

}  // namespace levee::realtime
