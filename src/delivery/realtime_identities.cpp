#include "levee/delivery/realtime_identities.hpp"

#include <array>
#include <charconv>
#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <system_error>

namespace levee::delivery {
namespace {

constexpr std::size_t kSessionBytes = 16;

}  // namespace

std::string RealtimeIdentities::new_session() {
  // 62 letters from 256 values: those above the last multiple of 62 are drawn again.
  constexpr std::string_view kLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  constexpr unsigned char kUsable = 248;
  std::string name;
  while (name.size() < kSessionBytes) {
    std::array<unsigned char, 24> random{};
    if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
      throw std::runtime_error{"no random numbers to be had"};
    for (const auto byte : random) {
      if (byte < kUsable && name.size() < kSessionBytes) name += kLetters[byte % kLetters.size()];
    }
  }
  return name;
}

std::string RealtimeIdentities::resume_token(std::string_view session, std::int64_t expires_ms) {
  const auto claim = std::string{session} + "." + std::to_string(expires_ms);
  return claim + "." + signature(claim);
}

std::optional<std::string> RealtimeIdentities::verify(std::string_view token, std::int64_t now_ms) {
  const auto last = token.rfind('.');
  if (last == std::string_view::npos) return {};
  const auto claim = token.substr(0, last);
  const auto expected = signature(claim);
  const auto given = token.substr(last + 1);
  if (given.size() != expected.size() || CRYPTO_memcmp(given.data(), expected.data(), given.size()) != 0)
    return {};
  const auto dot = claim.find('.');
  if (dot == std::string_view::npos) return {};
  std::int64_t expires_ms = 0;
  const auto read = std::from_chars(claim.data() + dot + 1, claim.data() + claim.size(), expires_ms);
  if (read.ec != std::errc{} || now_ms >= expires_ms) return {};
  return std::string{claim.substr(0, dot)};
}

std::string RealtimeIdentities::signature(std::string_view text) const {
  const auto message = "realtime-resume:" + std::string{text};  // no other use of the secret signs the same
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(), &size);
  std::string hex;
  for (unsigned int i = 0; i < 16; ++i) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

}  // namespace levee::delivery
