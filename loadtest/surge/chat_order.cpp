#include "surge/chat_order.hpp"

namespace levee::surge {

ChatOrder::Verdict ChatOrder::given(std::uint64_t offset, std::uint64_t number) {
  const auto [place, is_new] = by_offset_.try_emplace(offset, number);
  if (!is_new) return place->second == number ? Verdict::right : Verdict::other;
  by_offset_.erase(offset - kKept);
  const bool is_first = by_number_.try_emplace(number, offset).second;
  by_number_.erase(number - kKept);
  return is_first ? Verdict::right : Verdict::twice;
}

void ChatOrder::clear() {
  by_offset_.clear();
  by_number_.clear();
}

}  // namespace levee::surge
