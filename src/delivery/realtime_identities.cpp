#include "levee/delivery/realtime_identities.hpp"

#include <array>
#include <stdexcept>

#include <nlohmann/json.hpp>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace levee::delivery {
namespace {

// 89 random bits; a letter more, and every session's name would take memory of its own.
constexpr std::size_t kSessionBytes = 15;

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

std::string RealtimeIdentities::resume_token(const realtime::Resumption& session, std::int64_t expires_ms) {
  nlohmann::json claim{{"s", session.session}, {"e", expires_ms}};
  if (session.identity.known()) claim["i"] = realtime::encode_claims(session.identity);
  const auto text = to_base64url(claim.dump());
  return text + "." + signature(text);
}

std::optional<realtime::Resumption> RealtimeIdentities::verify(std::string_view token, std::int64_t now_ms) {
  const auto dot = token.rfind('.');
  if (dot == std::string_view::npos) return {};
  const auto text = token.substr(0, dot);
  const auto given = token.substr(dot + 1);
  const auto expected = signature(text);
  if (given.size() != expected.size() || CRYPTO_memcmp(given.data(), expected.data(), given.size()) != 0)
    return {};
  // Signed by us: it is what we wrote.
  const auto claim = nlohmann::json::parse(from_base64url(text).value_or(""), nullptr, false);
  if (!claim.is_object() || now_ms >= claim.value("e", std::int64_t{0})) return {};
  realtime::Resumption known{claim.value("s", std::string{}), {}};
  if (!claim.contains("i")) return known;
  auto identity = realtime::decode_claims(claim.value("i", std::string{}), now_ms);
  if (!identity) return {};
  known.identity = std::move(*identity);
  return known;
}

Result<realtime::Identity> RealtimeIdentities::identify(std::string_view token, std::int64_t now_ms) {
  const auto claims = tokens_.claims(token);
  if (!claims) return claims.error();
  return realtime::decode_claims(*claims, now_ms);
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
