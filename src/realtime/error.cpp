#include "levee/realtime/error.hpp"

#include <string>

namespace levee::realtime {
namespace {

const char* text_of(Errc code) {
  switch (code) {
    case Errc::bad_message:
      return "not a message of this protocol";
    case Errc::hello_expected:
      return "hello comes first, and once";
    case Errc::nickname_needed:
      return "choose a nickname first";
    case Errc::bad_token:
      return "this identity is not valid, or not any more";
    case Errc::not_allowed:
      return "only moderators may do this";
    case Errc::banned:
      return "you can't write in this chat";
    case Errc::not_for_all:
      return "only some can write in this chat at the moment";
    case Errc::bad_words:
      return "this text is not wanted here";
    case Errc::slow_mode:
      return "this chat is in slow mode";
    case Errc::busy:
      return "many are coming at once, a moment please";
    case Errc::not_publishable:
      return "this channel can't be published to";
    case Errc::unknown_channel:
      return "no such channel";
    case Errc::not_publisher:
      return "you may not publish here";
    case Errc::stale_quote:
      return "stale quote";
    case Errc::newer_source:
      return "a newer source has this feed";
    case Errc::feed_lost:
      return "the feed was lost: begin with src, and say all again";
    case Errc::not_subscribed:
      return "not subscribed to this channel";
    case Errc::bad_nickname:
      return "a nickname has 1 to 24 characters and no control characters";
    case Errc::bad_text:
      return "a message has 1 to 500 characters and no control characters";
    case Errc::bad_id:
      return "an id has 1 to 64 of A-Z a-z 0-9 _ - .";
    case Errc::chat_rate:
      return "you write too fast";
    case Errc::request_rate:
      return "too many requests";
    case Errc::too_many_channels:
      return "too many channels";
    case Errc::bus_down:
      return "busy: not sent, try again";
    case Errc::bus_timeout:
      return "busy: it may not have been sent, try again";
  }
  return "unknown error";
}

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "realtime"; }
  std::string message(int code) const override { return text_of(static_cast<Errc>(code)); }
};

}  // namespace

const boost::system::error_category& error_category() {
  static const Category category;
  return category;
}

}  // namespace levee::realtime
