#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "levee/realtime/track_trail.hpp"
#include "levee/redis/resp.hpp"

#include "cuts.hpp"
#include "redis/slots.hpp"

using namespace levee;
using namespace levee::redis;

namespace {

void check_map(const Reply& reply) {
  const Endpoint asked{"asked", "1"};
  auto map = SlotMap::read(reply, asked);
  if (!map) return;
  std::size_t covered = 0;
  for (std::uint16_t slot = 0; slot < kSlots; ++slot) {
    const auto* master = map->master(slot);
    if (master == nullptr) continue;
    ++covered;
    if (master->host.empty() || !map->has(*master)) std::abort();
  }
  if (covered != map->covered() || map->changed(*map).any()) std::abort();
  if (map->changed(SlotMap{}).count() != covered) std::abort();
}

void check_text(const std::string& text) {
  if (hash_tag(hash_tag(text)).size() > text.size() || slot_of(text) >= kSlots) std::abort();
  const auto redirection = parse_redirection(text);
  if (!redirection) return;
  using What = Redirection::What;
  const bool elsewhere = redirection->what == What::moved || redirection->what == What::ask;
  if (elsewhere == redirection->to.port.empty()) std::abort();
}

void check_place(const std::string& text) {
  const auto place = realtime::decode_point(text);
  if (!place) return;
  const auto again = realtime::decode_point(realtime::encode_point(*place));
  if (!again || again->version != place->version || again->fix.time_ms != place->fix.time_ms) std::abort();
}

}  // namespace

// What a server may answer, in pieces: who has which slots, where else to go, and where a device was.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Cuts cuts{data, size};
  ReplyReader reader;
  while (cuts.more()) {
    reader.feed(cuts.next());
    for (;;) {
      const auto reply = reader.next();
      if (!reply) return 0;
      if (!*reply) break;
      check_map(**reply);
      check_text((*reply)->text);
      check_place((*reply)->text);
    }
  }
  return 0;
}
