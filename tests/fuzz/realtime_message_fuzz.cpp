#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "levee/realtime/identity.hpp"
#include "levee/realtime/text_rules.hpp"
#include "levee/realtime/wire.hpp"

using namespace levee::realtime;

// What is understood must keep the limits, and be fit to be written again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  auto decoded = decode_request(text);
  if (auto* request = std::get_if<Request>(&decoded)) {
    if (size > kMaxMessageBytes) std::abort();
    if (auto* hello = std::get_if<Hello>(&request->what)) {
      if (hello->subscriptions.size() > kMaxChannels) std::abort();
    } else if (auto* publish = std::get_if<Publish>(&request->what)) {
      if (!count_code_points(publish->text)) std::abort();
      if (encode_chat({"u", publish->id, "n", Standing::guest, publish->text}).empty()) std::abort();
    } else if (auto* items = std::get_if<PublishItems>(&request->what)) {
      for (const auto& item : items->items) {
        const FeedKey key{item.key, {1, item.sequence},      0, item.ttl, KeyMark::none,
                          1,        item.body.value_or("{}")};
        if (std::get<FeedKey>(from_record(to_record(key)).value()) != key) std::abort();
      }
    } else if (auto* report = std::get_if<ReportFixes>(&request->what)) {
      if (report->fixes.empty()) std::abort();
      for (const auto& fix : report->fixes) {
        const bool on_earth = std::abs(fix.place.latitude) <= 90 && std::abs(fix.place.longitude) <= 180;
        if (!on_earth || encode_fix(fix).empty()) std::abort();
      }
    } else if (auto* moderate = std::get_if<Moderate>(&request->what)) {
      const auto again = decode_moderation(encode_moderation(moderate->moderation, "m"));
      if (again != moderate->moderation) std::abort();
    }
  }
  const auto changes = decode_member_changes(text);
  if (changes && !decode_member_changes(encode_member_changes(*changes))) std::abort();
  const auto records = decode_records(text);
  if (records && decode_records(encode_records(*records)).value() != *records) std::abort();
  if (records) {
    FeedView view{true};
    for (const auto& record : *records) view.apply(record, 1, {});
  }
  constexpr std::int64_t kNow = 1'700'000'000'000;
  const auto identity = decode_claims(text, kNow);
  if (identity && !decode_claims(encode_claims(*identity), kNow)) std::abort();
  return 0;
}
