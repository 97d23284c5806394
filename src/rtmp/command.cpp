#include "rtmp/command.hpp"

#include <algorithm>
#include <iterator>

#include "levee/rtmp/error.hpp"

namespace levee::rtmp {
namespace {

constexpr std::size_t kQuotedBytes = 64;

}  // namespace

std::string_view Command::text_argument(std::size_t index) const {
  if (index >= arguments.size()) return {};
  const auto* text = arguments[index].get<std::string>();
  return text ? std::string_view{*text} : std::string_view{};
}

Result<std::vector<amf0::Value>> read_values(const Message& message) {
  BytesView body{message.body};
  const auto amf3 = message.type == MessageType::command_amf3 || message.type == MessageType::data_amf3;
  if (amf3 && !body.empty() && body.front() == std::byte{0}) body = body.subspan(1);
  return amf0::decode(body);
}

Result<Command> read_command(const Message& message) {
  auto values = read_values(message);
  if (!values) return values.error();
  if (values->size() < 2) return Errc::bad_command;
  const auto* name = values->at(0).get<std::string>();
  const auto* transaction = values->at(1).get<double>();
  if (!name || !transaction) return Errc::bad_command;

  Command command{.name = *name, .transaction = *transaction, .object = {}, .arguments = {}, .stream = 0};
  command.stream = message.stream;
  if (values->size() > 2) {
    command.object = std::move(values->at(2));
    command.arguments.assign(std::make_move_iterator(values->begin() + 3),
                             std::make_move_iterator(values->end()));
  }
  return command;
}

std::string quoted(std::string_view text) {
  std::string shown{text.substr(0, kQuotedBytes)};
  std::ranges::replace_if(
      shown, [](char c) { return c < ' ' || c > '~'; }, '?');
  return "'" + shown + (text.size() > kQuotedBytes ? "...'" : "'");
}

}  // namespace levee::rtmp
