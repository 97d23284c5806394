#include "levee/delivery/web_assets.hpp"

#include <array>
#include <fstream>
#include <iterator>
#include <utility>

#include <openssl/evp.h>
#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include "levee/delivery/prepared.hpp"

#include "delivery/heads.hpp"

namespace levee::delivery {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxFileSize = std::uintmax_t{8} << 20U;

struct Type {
  std::string_view extension;
  std::string_view content_type;
  bool compressible;
};

constexpr std::array kTypes{
    Type{".html", "text/html; charset=utf-8", true},
    Type{".js", "text/javascript; charset=utf-8", true},
    Type{".mjs", "text/javascript; charset=utf-8", true},
    Type{".css", "text/css; charset=utf-8", true},
    Type{".json", "application/json", true},
    Type{".map", "application/json", true},
    Type{".webmanifest", "application/manifest+json", true},
    Type{".svg", "image/svg+xml", true},
    Type{".txt", "text/plain; charset=utf-8", true},
    Type{".png", "image/png", false},
    Type{".jpg", "image/jpeg", false},
    Type{".webp", "image/webp", false},
    Type{".ico", "image/x-icon", false},
    Type{".woff2", "font/woff2", false},
};

/// What comes from npm: the file under node_modules, and its name among the assets.
constexpr std::array kLibraries{
    std::pair<std::string_view, std::string_view>{"hls.js/dist/hls.min.js", "hls.min.js"},
    std::pair<std::string_view, std::string_view>{"leaflet/dist/leaflet.js", "leaflet.js"},
    std::pair<std::string_view, std::string_view>{"leaflet/dist/leaflet.css", "leaflet.css"},
};

Type type_of(std::string_view path) {
  for (const Type& type : kTypes) {
    if (path.ends_with(type.extension)) return type;
  }
  return {"", "application/octet-stream", false};
}

std::string digest(BytesView bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, EVP_sha256(), nullptr);
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) text += fmt::format("{:02x}", out[i]);
  return text;
}

Bytes read_file(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  const auto bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

/// Whether an If-None-Match field names `etag`. Source: RFC 9110 section 13.1.2 (weak comparison).
bool names(std::string_view field, std::string_view etag) {
  return field == "*" || field.find(etag) != std::string_view::npos;
}

}  // namespace

WebAssets::Form WebAssets::make_form(std::string_view path, std::string etag, Bytes bytes, bool compressed) {
  const Type type = type_of(path);
  std::string fields = fmt::format("ETag: {}\r\n", etag);
  if (type.compressible) fields += "Vary: Accept-Encoding\r\n";
  Form form;
  form.not_modified = make_head(304, {}, kRevalidate, fields);
  if (compressed) fields += "Content-Encoding: gzip\r\n";
  form.head = make_head(200, type.content_type, kRevalidate, fields);
  form.etag = std::move(etag);
  form.bytes = std::move(bytes);
  return form;
}

void WebAssets::add(std::string path, Bytes content) {
  auto asset = std::make_shared<Asset>();
  const std::string name = digest(content);
  if (type_of(path).compressible) {
    Bytes compressed = gzip(as_text(content));
    if (compressed.size() < content.size())
      asset->gzip = make_form(path, fmt::format("\"{}-gz\"", name), std::move(compressed), true);
  }
  asset->plain = make_form(path, fmt::format("\"{}\"", name), std::move(content), false);
  assets_[std::move(path)] = std::move(asset);
}

void WebAssets::load_folder(const fs::path& folder, const std::string& prefix) {
  std::error_code error;
  for (fs::recursive_directory_iterator it{folder, error}, end; !error && it != end; it.increment(error)) {
    if (!it->is_regular_file(error)) continue;
    if (it->file_size(error) > kMaxFileSize) {
      spdlog::warn("asset={} left out: larger than {} bytes", it->path().string(), kMaxFileSize);
      continue;
    }
    add(prefix + fs::relative(it->path(), folder).generic_string(), read_file(it->path()));
  }
}

WebAssets WebAssets::load(const fs::path& root) {
  WebAssets assets;
  if (root.empty()) return assets;
  std::error_code error;
  for (fs::directory_iterator it{root, error}, end; !error && it != end; it.increment(error)) {
    if (it->is_regular_file(error) && it->path().extension() == ".html")
      assets.add("/" + it->path().filename().string(), read_file(it->path()));
  }
  assets.load_folder(root / "assets", "/assets/");
  assets.load_folder(root / "client/src", "/assets/client/");
  for (const auto& [path, name] : kLibraries) {
    const fs::path file = root / "node_modules" / path;
    if (fs::is_regular_file(file, error)) assets.add("/assets/" + std::string{name}, read_file(file));
  }
  if (!assets.assets_.contains("/index.html"))
    spdlog::warn("web_root={} has no index.html: no pages are served", root.string());
  return assets;
}

Response WebAssets::get(std::string_view path, const RequestView& request) const {
  const auto found = assets_.find(path);
  if (found == assets_.end()) return plain(404, "no such page\n", RequestKind::page);
  const Asset& asset = *found->second;
  const Form& form = request.accepts_gzip && !asset.gzip.bytes.empty() ? asset.gzip : asset.plain;
  Response response;
  response.kind = RequestKind::page;
  if (!request.if_none_match.empty() && names(request.if_none_match, form.etag)) {
    response.head = &form.not_modified;
    return response;
  }
  response.head = &form.head;
  response.body = Body{found->second, form.bytes};
  return response;
}

}  // namespace levee::delivery
