#include "levee/realtime/topic.hpp"

#include <utility>

#include "realtime/log_topic.hpp"
#include "realtime/set_topic.hpp"
#include "realtime/state_topic.hpp"
#include "realtime/value_topic.hpp"

namespace levee::realtime {

std::unique_ptr<Topic> Topic::make(Kind kind, std::string channel, Context context) {
  switch (kind) {
    case Kind::log:
      return std::make_unique<LogTopic>(std::move(channel), context);
    case Kind::value:
      return std::make_unique<ValueTopic>(std::move(channel), context);
    case Kind::set:
      return std::make_unique<SetTopic>(std::move(channel), context);
    case Kind::state:
    case Kind::track:
      return std::make_unique<StateTopic>(kind, std::move(channel), context);
  }
  return nullptr;
}

}  // namespace levee::realtime
