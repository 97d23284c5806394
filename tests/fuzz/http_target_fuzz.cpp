// A request target and the fields that delivery reads as text: nothing in them may lead outside their bytes,
// and what is taken for a name is one.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "levee/delivery/target.hpp"
#include "levee/hls/media_uri.hpp"

namespace {

using namespace levee;

void expect(bool holds) {
  if (!holds) std::abort();
}

bool within(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_target(std::string_view text) {
  using Kind = delivery::Target::Kind;
  const auto target = delivery::parse_target(text);
  for (const auto part :
       {target.path, target.query, target.stream, target.token, target.rendition, target.file})
    expect(within(part, text) || part == "/");
  const bool has_stream = target.kind == Kind::multivariant || target.kind == Kind::playlist ||
                          target.kind == Kind::media || target.kind == Kind::watch_page ||
                          target.kind == Kind::map_page;
  if (has_stream) expect(delivery::is_name(target.stream));
  if (target.kind == Kind::playlist || target.kind == Kind::media)
    expect(delivery::is_name(target.rendition));
  if (target.kind == Kind::media) {
    if (const auto uri = hls::parse_media_uri(target.file)) expect(hls::to_string(*uri) == target.file);
  }
  const auto query = delivery::parse_playlist_query(target.query);
  if (query.fault == nullptr && query.query.part) expect(query.query.msn.has_value());
}

void check_fields(std::string_view text, std::uint64_t size) {
  delivery::accepts_gzip(text);
  if (const auto range = delivery::parse_range(text, size))
    expect(range->first <= range->last && range->last < size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check_target(text);
  check_fields(text, size);
  return 0;
}
