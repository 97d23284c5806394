#include <array>
#include <cstdlib>
#include <variant>

#include "levee/rtmp/publish_session.hpp"

#include "cuts.hpp"

// A publisher after its handshake. Its memory and the answers to it stay within the limits, and nothing that
// needs a publisher's acceptance comes before it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace levee;
  static constexpr std::array<std::byte, rtmp::Handshake::kRandomSize> kRandom{};
  const rtmp::PublishSettings settings{};
  rtmp::PublishSession session{settings, kRandom};
  Bytes handshake(1 + 2 * rtmp::Handshake::kPacketSize);
  handshake[0] = std::byte{3};
  session.feed(handshake);

  bool accepted = false;
  bool failed = false;
  std::size_t unread = 18;
  for (fuzz::Cuts cuts{data, size}; cuts.more();) {
    const auto piece = cuts.next();
    session.feed(piece);
    for (;;) {
      const auto event = session.next();
      if (!event && !failed) unread += piece.size();  // an error is final: what came with it stays unread
      failed = !event;
      if (!event && session.detail().empty()) std::abort();
      if (!event || !*event) break;
      if (std::holds_alternative<rtmp::PublishRequested>(**event)) {
        if (accepted) std::abort();
        accepted = true;
        session.accept();
      } else if (!accepted) {
        std::abort();
      }
    }
    const auto limit =
        accepted ? settings.after_accept.underway_bytes : settings.before_accept.underway_bytes;
    if (session.buffered_bytes() > limit + unread) std::abort();
    if (session.take_output().size() > settings.output_bytes + 4096) std::abort();
  }
  return 0;
}
