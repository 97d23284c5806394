#include "levee/delivery/viewer_token.hpp"

#include <algorithm>
#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "levee/base/bytes.hpp"

namespace levee::delivery {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kRandomKeySize = 32;
constexpr std::size_t kTokenBytes = 24;
/// What a ticket is signed for in place of a stream; no stream has such a name.
constexpr std::string_view kTicketStream = " waits";

void fill_random(void* out, std::size_t size) {
  if (RAND_bytes(static_cast<unsigned char*>(out), static_cast<int>(size)) != 1)
    throw std::runtime_error{"no randomness for viewer tokens"};
}

/// 24 bytes are 32 characters without padding.
std::string encode(BytesView bytes) {
  std::string out;
  for (std::size_t i = 0; i + 2 < bytes.size(); i += 3) {
    const unsigned group = std::to_integer<unsigned>(bytes[i]) << 16 |
                           std::to_integer<unsigned>(bytes[i + 1]) << 8 |
                           std::to_integer<unsigned>(bytes[i + 2]);
    for (const int shift : {18, 12, 6, 0}) out += kAlphabet[group >> shift & 63U];
  }
  return out;
}

/// The value of a character, 64 for one outside the alphabet.
unsigned value_of(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<unsigned>(c - 'a') + 26;
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0') + 52;
  if (c == '-') return 62;
  return c == '_' ? 63 : 64;
}

void write_identity(ByteWriter& out, const ViewerToken& token) {
  out.u64(token.id);
  out.u32(token.issued);
}

}  // namespace

bool ViewerToken::operator==(const ViewerToken& other) const {
  return id == other.id && issued == other.issued &&
         CRYPTO_memcmp(tag.data(), other.tag.data(), kTagSize) == 0;
}

ViewerTokens::ViewerTokens(std::string key) : key_{std::move(key)} {
  if (!key_.empty()) return;
  key_.resize(kRandomKeySize);
  fill_random(key_.data(), key_.size());
}

std::array<std::byte, ViewerToken::kTagSize> ViewerTokens::tag(std::string_view stream,
                                                               const ViewerToken& token) const {
  Bytes message;
  ByteWriter writer{message};
  write_identity(writer, token);
  writer.text(stream);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(), &size);
  std::array<std::byte, ViewerToken::kTagSize> out{};
  std::transform(digest.begin(), digest.begin() + out.size(), out.begin(),
                 [](unsigned char c) { return std::byte{c}; });
  return out;
}

std::string ViewerTokens::issue(std::string_view stream, WallTime now) const {
  std::uint64_t id = 0;
  fill_random(&id, sizeof id);
  return issue(stream, now, id);
}

std::string ViewerTokens::issue(std::string_view stream, WallTime now, std::uint64_t id) const {
  ViewerToken token;
  token.id = id;
  token.issued = static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
  token.tag = tag(stream, token);
  Bytes bytes;
  ByteWriter writer{bytes};
  write_identity(writer, token);
  writer.bytes(token.tag);
  return encode(bytes);
}

std::optional<ViewerToken> ViewerTokens::decode(std::string_view text) {
  if (text.size() != kLength) return std::nullopt;
  std::array<std::byte, kTokenBytes> bytes{};
  for (std::size_t i = 0; i < kLength / 4; ++i) {
    unsigned group = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const unsigned value = value_of(text[4 * i + j]);
      if (value == 64) return std::nullopt;
      group = group << 6 | value;
    }
    for (std::size_t j = 0; j < 3; ++j) bytes[3 * i + j] = static_cast<std::byte>(group >> (16 - 8 * j));
  }
  ByteReader reader{bytes};
  ViewerToken token;
  token.id = reader.u64();
  token.issued = reader.u32();
  std::copy_n(reader.rest().begin(), token.tag.size(), token.tag.begin());
  return token;
}

bool ViewerTokens::verify(std::string_view stream, const ViewerToken& token) const {
  const auto expected = tag(stream, token);
  return CRYPTO_memcmp(expected.data(), token.tag.data(), expected.size()) == 0;
}

std::string ViewerTokens::ticket(WallTime since) const {
  const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(since.time_since_epoch());
  return issue(kTicketStream, since, static_cast<std::uint64_t>(time.count()));
}

std::optional<WallTime> ViewerTokens::read_ticket(std::string_view text) const {
  const auto ticket = decode(text);
  if (!ticket || !verify(kTicketStream, *ticket)) return std::nullopt;
  return WallTime{std::chrono::milliseconds{ticket->id}};
}

}  // namespace levee::delivery
