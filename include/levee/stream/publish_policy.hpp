#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "levee/stream/publish.hpp"

namespace levee::stream {

/// Whether `name` can be a stream's: 1 to 64 of A-Z a-z 0-9 _ - that begin with a letter or digit.
bool is_stream_name(std::string_view name);

/// For development: anybody may publish, and the stream is named as the key.
///
/// Thread: any.
class OpenPolicy final : public PublishPolicy {
 public:
  void authorize(const PublishRequest& request, std::function<void(Result<std::string>)> answer) override;
};

/// Who knows one of the configured keys may publish the stream that it is for.
///
/// A key is compared with every configured one in full, so that the time taken tells nothing of their bytes.
/// Thread: any.
class KeyListPolicy final : public PublishPolicy {
 public:
  struct Key {
    std::string name;  ///< of the stream
    std::string key;   ///< the secret; several keys may be for one stream
  };

  explicit KeyListPolicy(std::vector<Key> keys) : keys_{std::move(keys)} {}
  void authorize(const PublishRequest& request, std::function<void(Result<std::string>)> answer) override;

 private:
  std::vector<Key> keys_;
};

}  // namespace levee::stream
