#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

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
      if (encode_chat("u", publish->id, "n", publish->text).empty()) std::abort();
    }
  }
  const auto changes = decode_member_changes(text);
  if (changes && !decode_member_changes(encode_member_changes(*changes))) std::abort();
  return 0;
}
