#include "redis/slots.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include <system_error>

namespace levee::redis {
namespace {

constexpr std::array<std::uint16_t, 256> crc_table() {
  std::array<std::uint16_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
    table[byte] = static_cast<std::uint16_t>(crc);
  }
  return table;
}

constexpr auto kCrc = crc_table();

bool is_port(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port > 0 && port <= 65535;
}

bool is_slot(const Reply& reply) {
  return reply.type == Reply::Type::integer && reply.integer >= 0 &&
         reply.integer < static_cast<std::int64_t>(kSlots);
}

}  // namespace

std::string_view hash_tag(std::string_view key) {
  const auto open = key.find('{');
  if (open == std::string_view::npos) return key;
  const auto close = key.find('}', open);
  if (close == std::string_view::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

std::uint16_t slot_of(std::string_view key) {
  std::uint32_t crc = 0;
  for (const char c : hash_tag(key)) {
    const auto byte = static_cast<unsigned char>(c);
    crc = ((crc << 8) & 0xffff) ^ kCrc[(crc >> 8) ^ byte];
  }
  return static_cast<std::uint16_t>(crc % kSlots);
}

std::optional<Redirection> parse_redirection(std::string_view error) {
  using What = Redirection::What;
  if (error.starts_with("TRYAGAIN")) return Redirection{What::again, {}};
  if (error.starts_with("CLUSTERDOWN") || error.starts_with("MASTERDOWN") || error.starts_with("LOADING"))
    return Redirection{What::down, {}};
  const bool moved = error.starts_with("MOVED ");
  if (!moved && !error.starts_with("ASK ")) return {};
  // "MOVED 3999 127.0.0.1:6381"; of an IPv6 address the last colon is the port's.
  const auto at = error.substr(error.rfind(' ') + 1);
  const auto colon = at.rfind(':');
  if (colon == std::string_view::npos || !is_port(at.substr(colon + 1))) return {};
  const Endpoint to{std::string{at.substr(0, colon)}, std::string{at.substr(colon + 1)}};
  if (to.host == "?") return Redirection{What::down, {}};
  return Redirection{moved ? What::moved : What::ask, to};
}

Result<SlotMap> SlotMap::read(const Reply& answer, const Endpoint& asked) {
  if (answer.type != Reply::Type::list) return Errc::protocol;
  SlotMap map;
  for (const auto& range : answer.list) {
    if (!map.take(range, asked)) return Errc::protocol;
  }
  return map;
}

// [first, last, [host, port, id, ...], replicas...]. No slot is told twice, so that what a map costs is
// bounded whatever the server says.
bool SlotMap::take(const Reply& range, const Endpoint& asked) {
  if (range.list.size() < 3 || !is_slot(range.list[0]) || !is_slot(range.list[1])) return false;
  const auto& server = range.list[2];
  if (server.list.size() < 2) return false;
  const auto& host = server.list[0];
  const auto& port = server.list[1];
  if (host.type != Reply::Type::text && host.type != Reply::Type::nothing) return false;
  if (port.type != Reply::Type::integer || port.integer <= 0 || port.integer > 65535) return false;
  if (host.text == "?") return true;
  const auto index =
      index_of(Endpoint{host.text.empty() ? asked.host : host.text, std::to_string(port.integer)});
  if (!index) return false;
  for (auto slot = range.list[0].integer; slot <= range.list[1].integer; ++slot) {
    auto& owner = owners_[static_cast<std::size_t>(slot)];
    if (owner != kNobody) return false;
    owner = *index;
  }
  return range.list[0].integer <= range.list[1].integer;
}

std::optional<std::int16_t> SlotMap::index_of(const Endpoint& master) {
  const auto found = std::ranges::find(masters_, master);
  if (found == masters_.end() && masters_.size() >= kMaxMasters) return {};
  const auto index = static_cast<std::int16_t>(found - masters_.begin());
  if (found == masters_.end()) masters_.push_back(master);
  return index;
}

const Endpoint* SlotMap::master(std::uint16_t slot) const {
  const auto owner = owners_[slot];
  return owner == kNobody ? nullptr : &masters_[static_cast<std::size_t>(owner)];
}

ErrorCode SlotMap::assign(std::uint16_t slot, const Endpoint& master) {
  const auto index = index_of(master);
  if (!index) return Errc::protocol;
  owners_[slot] = *index;
  return {};
}

bool SlotMap::has(const Endpoint& master) const {
  return std::ranges::find(masters_, master) != masters_.end();
}

std::size_t SlotMap::covered() const {
  return kSlots - static_cast<std::size_t>(std::ranges::count(owners_, kNobody));
}

Slots SlotMap::changed(const SlotMap& before) const {
  Slots slots;
  for (std::uint16_t slot = 0; slot < kSlots; ++slot) {
    const auto* now = master(slot);
    const auto* was = before.master(slot);
    slots[slot] = (now == nullptr) != (was == nullptr) || (now != nullptr && *now != *was);
  }
  return slots;
}

}  // namespace levee::redis
