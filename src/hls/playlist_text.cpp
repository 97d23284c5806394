#include "hls/playlist_text.hpp"

#include <charconv>
#include <chrono>

namespace levee::hls {
namespace {

/// Appends `number` in decimal with zeros in front up to `width` digits.
void append_padded(std::string& out, std::uint64_t number, std::size_t width) {
  char digits[20];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
  const auto size = static_cast<std::size_t>(end - digits);
  if (size < width) out.append(width - size, '0');
  out.append(digits, size);
}

}  // namespace

void append_number(std::string& out, std::uint64_t number) { append_padded(out, number, 1); }

void append_seconds(std::string& out, media::MediaTime time) {
  constexpr std::uint64_t kUnits = 100'000;
  const auto ticks = static_cast<std::uint64_t>(time < 0 ? 0 : time);
  const auto whole = ticks / media::kTimescale;
  const auto fraction = (ticks % media::kTimescale * kUnits + media::kTimescale / 2) / media::kTimescale;
  // The fraction may round up to a whole second.
  append_number(out, whole + fraction / kUnits);
  out += '.';
  append_padded(out, fraction % kUnits, 5);
}

void append_short_seconds(std::string& out, media::MediaTime time) {
  append_seconds(out, time);
  while (out.ends_with('0') && !out.ends_with(".0")) out.pop_back();
}

void append_date_time(std::string& out, WallTime time) {
  using namespace std::chrono;
  const auto moment = floor<milliseconds>(time);
  const auto day = floor<days>(moment);
  const year_month_day date{day};
  const hh_mm_ss clock{moment - day};
  append_padded(out, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_padded(out, static_cast<std::uint64_t>(clock.hours().count()), 2);
  out += ':';
  append_padded(out, static_cast<std::uint64_t>(clock.minutes().count()), 2);
  out += ':';
  append_padded(out, static_cast<std::uint64_t>(clock.seconds().count()), 2);
  out += '.';
  append_padded(out, static_cast<std::uint64_t>(clock.subseconds().count()), 3);
  out += 'Z';
}

std::string preamble(const Settings& settings, int version) {
  const auto target = settings.target_duration() * media::kTimescale;
  std::string out = "#EXTM3U\n#EXT-X-VERSION:";
  append_number(out, static_cast<std::uint64_t>(version));
  out += "\n#EXT-X-TARGETDURATION:";
  append_number(out, settings.target_duration());
  out += "\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=";
  append_short_seconds(out, 6 * target);
  out += ",HOLD-BACK=";
  append_short_seconds(out, 3 * target);
  out += ",PART-HOLD-BACK=";
  append_short_seconds(out, settings.part_hold_back());
  out += "\n#EXT-X-PART-INF:PART-TARGET=";
  append_short_seconds(out, settings.part_target());
  out += '\n';
  return out;
}

}  // namespace levee::hls
