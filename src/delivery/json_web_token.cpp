#include "levee/delivery/json_web_token.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <nlohmann/json.hpp>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include "levee/realtime/error.hpp"

namespace levee::delivery {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kEd25519Bytes = 32;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::shared_ptr<EVP_PKEY> read_pem(const std::string& text) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> input{
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
  return {PEM_read_bio_PUBKEY(input.get(), nullptr, nullptr, nullptr), EVP_PKEY_free};
}

std::shared_ptr<EVP_PKEY> read_key(const std::string& text) {
  std::shared_ptr<EVP_PKEY> key;
  if (text.starts_with("-----BEGIN")) {
    key = read_pem(text);
  } else {
    std::string base64 = text;
    std::ranges::replace(base64, '+', '-');
    std::ranges::replace(base64, '/', '_');
    base64.erase(std::min(base64.find('='), base64.size()));
    const auto raw = from_base64url(base64);
    if (raw && raw->size() == kEd25519Bytes)
      key = {EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(*raw), raw->size()),
             EVP_PKEY_free};
  }
  if (!key || EVP_PKEY_base_id(key.get()) != EVP_PKEY_ED25519)
    throw std::invalid_argument{"not an Ed25519 public key, in PEM or base64"};
  return key;
}

}  // namespace

JsonWebTokens::JsonWebTokens(const TokenKeys& keys) : secret_{keys.hs256_secret} {
  if (!keys.ed25519_public_key.empty()) key_ = read_key(keys.ed25519_public_key);
}

Result<std::string> JsonWebTokens::claims(std::string_view token) const {
  const auto first = token.find('.');
  const auto last = token.rfind('.');
  if (token.size() > kMaxToken || first == last) return realtime::Errc::bad_token;
  const auto head = from_base64url(token.substr(0, first));
  auto claims = from_base64url(token.substr(first + 1, last - first - 1));
  const auto signature = from_base64url(token.substr(last + 1));
  if (!head || !claims || !signature) return realtime::Errc::bad_token;
  const auto json = nlohmann::json::parse(*head, nullptr, false);
  // An extension that must be understood is not (RFC 7515 section 4.1.11).
  if (!json.is_object() || json.contains("crit")) return realtime::Errc::bad_token;
  const auto algorithm = json.find("alg");
  if (algorithm == json.end() || !algorithm->is_string()) return realtime::Errc::bad_token;
  const auto text = token.substr(0, last);
  const bool good = *algorithm == "HS256"   ? signed_with_secret(text, *signature)
                    : *algorithm == "EdDSA" ? signed_with_key(text, *signature)
                                            : false;
  if (!good) return realtime::Errc::bad_token;
  return std::move(*claims);
}

bool JsonWebTokens::signed_with_secret(std::string_view text, std::string_view signature) const {
  if (secret_.empty()) return false;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()), bytes_of(text), text.size(),
       digest.data(), &size);
  return signature.size() == size && CRYPTO_memcmp(signature.data(), digest.data(), size) == 0;
}

bool JsonWebTokens::signed_with_key(std::string_view text, std::string_view signature) const {
  if (!key_) return false;
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
  return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text),
                          text.size()) == 1;
}

std::string to_base64url(std::string_view bytes) {
  std::string out;
  unsigned int bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (held += 8; held >= 6; held -= 6) out += kAlphabet[bits >> (held - 6) & 63];
  }
  if (held > 0) out += kAlphabet[bits << (6 - held) & 63];
  return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string out;
  unsigned int bits = 0;
  int held = 0;
  for (const char c : text) {
    const auto value = kAlphabet.find(c);
    if (value == std::string_view::npos) return {};
    bits = bits << 6 | static_cast<unsigned int>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>(bits >> held & 255);
    }
  }
  // What is left over must be nothing: each text has one form only.
  if (held >= 6 || (bits & ((1u << held) - 1)) != 0) return {};
  return out;
}

}  // namespace levee::delivery
