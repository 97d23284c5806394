#include "fanout/program.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <exception>
#include <istream>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include <nlohmann/json.hpp>

#include "fanout/runs.hpp"
#include "surge/descriptor_limit.hpp"

namespace levee::fanout {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kOtherFiles = 64;  ///< besides the clients'

/// "1,2" as numbers; false when there is anything else in it.
template <class Number>
bool read_list(std::string_view text, std::vector<Number>& out) {
  out.clear();
  while (!text.empty()) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return false;
    out.push_back(number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.empty() && text.front() != ',') return false;
    if (!text.empty()) text.remove_prefix(1);
  }
  return !out.empty();
}

bool take_argument(Arguments& read, std::string_view name, std::string_view value) {
  std::vector<std::size_t> one;
  if (name == "--ports") return read_list(value, read.target.ports);
  if (name == "--servers") return read_list(value, read.servers);
  if (name == "--path") return !(read.target.path = value).empty();
  if (name == "--channel") return !(read.target.channel = value).empty();
  if (name == "--plain" && value.empty()) {
    read.target.dialect = Dialect::plain;
    return true;
  }
  if (name != "--clients" || !read_list(value, one) || one.size() != 1 || one.front() == 0) return false;
  read.clients = one.front();
  return true;
}

Json carry_out(Runs& runs, std::istream& command) {
  std::string verb;
  double first = 0;
  double second = 0;
  command >> verb >> first >> second;
  const auto count = static_cast<std::size_t>(first);
  if (verb == "connect") return runs.connect(count);
  if (verb == "join") return runs.join();
  if (verb == "resume") return runs.resume(count);
  if (verb == "come_back") return runs.come_back(count);
  if (verb == "rate" && first > 0) return runs.at_rate(first, second);
  if (verb == "saturate" && count > 0) return runs.saturate(count, second);
  if (verb == "stall") return runs.stall(count, static_cast<std::size_t>(second));
  if (verb == "wake") return runs.wake();
  throw std::runtime_error{"unknown command: " + verb};
}

}  // namespace

Arguments read_arguments(std::span<const char* const> arguments) {
  Arguments read;
  for (const std::string_view argument : arguments) {
    const auto equals = std::min(argument.find('='), argument.size());
    const auto value = argument.substr(std::min(equals + 1, argument.size()));
    if (take_argument(read, argument.substr(0, equals), value)) continue;
    read.fault = "bad argument: " + std::string{argument};
    return read;
  }
  if (read.target.ports.empty()) read.fault = "--ports=PORT[,PORT] is missing";
  return read;
}

int run_program(std::span<const char* const> arguments, std::istream& in, std::ostream& out) {
  auto read = read_arguments(arguments);
  const auto files = surge::raise_descriptor_limit();
  if (read.fault.empty() && files < read.clients + kOtherFiles)
    read.fault = "only " + std::to_string(files) + " files may be open: ulimit -n";
  if (!read.fault.empty()) {
    out << Json{{"fault", read.fault}} << std::endl;
    return 2;
  }
  out << Json{{"files", files}} << std::endl;
  try {
    Swarm swarm{std::move(read.target), read.clients};
    Runs runs{swarm, std::move(read.servers)};
    for (std::string line; std::getline(in, line);) {
      std::istringstream command{line};
      out << carry_out(runs, command) << std::endl;
    }
    return 0;
  } catch (const std::exception& error) {
    out << Json{{"fault", error.what()}} << std::endl;
    return 1;
  }
}

}  // namespace levee::fanout
