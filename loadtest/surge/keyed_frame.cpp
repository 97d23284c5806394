#include "surge/keyed_frame.hpp"

#include <charconv>
#include <chrono>
#include <functional>

#include <nlohmann/json.hpp>

namespace levee::surge {
namespace {

using nlohmann::json;

template <class Value>
std::optional<Value> number_of(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer()) return {};
  return found->get<Value>();
}

std::optional<std::size_t> key_of(const json& record) {
  const auto found = record.find("k");
  if (found == record.end() || !found->is_string()) return {};
  const auto& name = found->get_ref<const std::string&>();
  std::size_t number = 0;
  if (name.empty()) return {};
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
  if (error != std::errc{} || end != name.data() + name.size()) return {};
  return number;
}

std::optional<KeyedRecord> record_of(const json& from) {
  if (!from.is_object()) return {};
  const auto key = key_of(from);
  if (!key) return {};
  KeyedRecord record;
  record.key = *key;
  if (const auto q = from.find("q"); q != from.end() && q->is_array() && q->size() == 2)
    record.version = {q->at(0).get<std::uint64_t>(), q->at(1).get<std::uint64_t>()};
  record.time_ms = number_of<std::int64_t>(from, "t");
  record.vouched_ms = number_of<std::int64_t>(from, "v");
  record.ttl_ms = number_of<std::int64_t>(from, "ttl");
  record.marked = from.contains("x");
  if (const auto value = from.find("d"); value != from.end() && value->is_object()) {
    record.has_value = true;
    record.number = number_of<std::uint64_t>(*value, "n");
  }
  return record;
}

void read_sync(const json& sync, KeyedFrame& frame) {
  const auto heartbeat = number_of<std::int64_t>(sync, "hb");
  frame.kind = sync.contains("n") ? KeyedFrame::Kind::begins : KeyedFrame::Kind::ends;
  frame.epoch = sync.value("e", std::string{});
  frame.offset = sync.value("o", std::uint64_t{0});
  frame.recovered = sync.value("recovered", false);
  frame.heartbeat = std::chrono::milliseconds{heartbeat.value_or(0)};
}

void read_beat(const json& beat, KeyedFrame& frame) {
  const auto top = beat.find("top");
  if (top == beat.end() || !top->is_object() || top->size() != 1) return;
  const auto& place = top->begin().value();
  frame.kind = KeyedFrame::Kind::heartbeat;
  frame.epoch = place.at(0).get<std::string>();
  frame.offset = place.at(1).get<std::uint64_t>();
}

void read_records(const json& all, KeyedFrame& frame) {
  frame.kind = all.contains("s") ? KeyedFrame::Kind::snapshot : KeyedFrame::Kind::push;
  frame.offset = all.value("o", std::uint64_t{0});
  frame.previous = all.value("p", std::uint64_t{0});
  frame.vouched_ms = number_of<std::int64_t>(all, "v");
  for (const auto& one : all.at("r")) {
    if (auto record = record_of(one)) frame.records.push_back(std::move(*record));
  }
}

KeyedFrame read_frame(std::string_view text) {
  KeyedFrame frame;
  try {
    const auto all = json::parse(text);
    if (all.contains("sync")) {
      read_sync(all.at("sync"), frame);
    } else if (all.contains("hb")) {
      read_beat(all.at("hb"), frame);
    } else if (all.contains("r")) {
      read_records(all, frame);
    }
  } catch (const json::exception&) {
    return {};
  }
  return frame;
}

}  // namespace

const KeyedFrame& KeyedFrames::read(std::string_view text) {
  auto& known = known_[std::hash<std::string_view>{}(text) % known_.size()];
  if (known.text != text) {
    known.frame = read_frame(text);
    known.text = text;
  }
  return known.frame;
}

}  // namespace levee::surge
