#include "levee/rtmp/handshake.hpp"

#include <algorithm>

#include "levee/rtmp/error.hpp"

namespace levee::rtmp {
namespace {

constexpr std::byte kVersion{3};

}  // namespace

Handshake::Handshake(Random random) {
  reply_.reserve(1 + 2 * kPacketSize);
  reply_.push_back(kVersion);
  reply_.resize(1 + 8);  // S1's time, and zero where a digest handshake would have its version
  reply_.insert(reply_.end(), random.begin(), random.end());
}

Result<std::size_t> Handshake::consume(BytesView bytes) {
  std::size_t consumed = 0;
  if (seen_ == 0 && !bytes.empty()) {
    if (bytes[0] != kVersion) return Errc::not_rtmp;
    consumed = seen_ = 1;
  }
  if (seen_ < kC1End) {
    const auto c1 = bytes.subspan(consumed).first(std::min(bytes.size() - consumed, kC1End - seen_));
    reply_.insert(reply_.end(), c1.begin(), c1.end());  // S2 echoes C1
    consumed += c1.size();
    seen_ += c1.size();
    if (seen_ == kC1End) output_ = std::exchange(reply_, {});
  }
  if (seen_ >= kC1End) {
    const auto c2 = std::min(bytes.size() - consumed, kTotal - seen_);
    consumed += c2;
    seen_ += c2;
  }
  return consumed;
}

}  // namespace levee::rtmp
