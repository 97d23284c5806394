#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "levee/base/bytes.hpp"
#include "levee/redis/error.hpp"

struct redisReader;

namespace levee::redis {

/// What a Redis server answers.
struct Reply {
  enum class Type { nothing, text, integer, error, list };
  Type type = Type::nothing;
  std::string text;  ///< of `text` and `error`
  std::int64_t integer = 0;
  std::vector<Reply> list;

  bool is_error(std::string_view prefix = {}) const {
    return type == Type::error && text.starts_with(prefix);
  }
};

/// Appends a command as RESP.
void append_command(std::string& out, std::span<const std::string_view> words);
void append_command(std::string& out, std::span<const std::string> words);

/// Turns bytes of a server into replies; hiredis' reader inside.
///
/// Errors: Errc::protocol; the first is final.
/// Limits: an unfinished reply of kMaxReply bytes, and lists that could be whole within it.
class ReplyReader {
 public:
  static constexpr std::size_t kMaxReply = std::size_t{64} * 1024 * 1024;

  ReplyReader();

  /// Adds bytes to the input. They are copied.
  void feed(BytesView bytes);
  /// The next whole reply, or nothing until more bytes are fed.
  Result<std::optional<Reply>> next();

 private:
  struct Free {
    void operator()(redisReader* reader) const;
  };
  std::unique_ptr<redisReader, Free> reader_;
  std::size_t unfinished_ = 0;  ///< bytes fed since the last reply
  bool failed_ = false;
};

}  // namespace levee::redis
