#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "levee/base/bytes.hpp"
#include "levee/delivery/response.hpp"

namespace levee::delivery {

/// The pages, scripts and styles of `web/`, held in memory with their heads and compressed forms.
///
/// A file `DIR/index.html` is found as "/index.html", one in `DIR/assets` as "/assets/...", one of the client
/// library in `DIR/client/src` as "/assets/client/...". The libraries of the player and of the map are taken
/// from `DIR/node_modules` and found as "/assets/hls.min.js", "/assets/leaflet.js" and "/assets/leaflet.css".
/// Limits: files above 8 MiB are left out, with a line in the log.
/// Thread: any; it never changes.
class WebAssets {
 public:
  WebAssets() = default;

  /// Reads all of `root`; an empty path means no pages. What is missing is logged, not fatal: the server is
  /// of use without pages. Blocks: call it at start.
  static WebAssets load(const std::filesystem::path& root);

  /// Adds a file under its URL path. `path` ends in what tells its type: ".html", ".js", ...
  void add(std::string path, Bytes content);

  /// The file at a URL path as a response: 200 or 304, compressed if the request allows it; 404 if there is
  /// none.
  Response get(std::string_view path, const RequestView& request) const;

  std::size_t size() const { return assets_.size(); }

 private:
  struct Form {
    Head head;
    Head not_modified;
    std::string etag;
    Bytes bytes;
  };
  struct Asset {
    Form plain;
    Form gzip;  ///< without bytes when it would not be smaller
  };

  static Form make_form(std::string_view path, std::string etag, Bytes bytes, bool compressed);
  void load_folder(const std::filesystem::path& folder, const std::string& prefix);

  std::map<std::string, std::shared_ptr<const Asset>, std::less<>> assets_;
};

}  // namespace levee::delivery
