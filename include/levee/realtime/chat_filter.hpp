#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace levee::realtime {

/// Looks at every chat message before it is published. A port: an operator's own judge goes here.
///
/// Thread: any; must not block.
class ChatFilter {
 public:
  virtual ~ChatFilter() = default;
  /// Whether the message may be published. Moderators and the streamer are not asked about.
  virtual bool allows(std::string_view channel, std::string_view user, std::string_view text) const = 0;
};

/// Refuses messages that have one of the given words in them, as a word of its own and whatever its case
/// (of ASCII letters; others must be written as they are meant).
class WordFilter final : public ChatFilter {
 public:
  explicit WordFilter(const std::vector<std::string>& words);
  bool allows(std::string_view channel, std::string_view user, std::string_view text) const override;

 private:
  std::vector<std::string> words_;
};

}  // namespace levee::realtime
