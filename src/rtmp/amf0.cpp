#include "levee/rtmp/amf0.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <optional>

#include "levee/rtmp/error.hpp"

namespace levee::rtmp::amf0 {
namespace {

/// Source: AMF 0 section 2.1.
enum class Marker : std::uint8_t {
  number = 0x00,
  boolean = 0x01,
  string = 0x02,
  object = 0x03,
  null = 0x05,
  undefined = 0x06,
  reference = 0x07,
  ecma_array = 0x08,
  object_end = 0x09,
  strict_array = 0x0a,
  date = 0x0b,
  long_string = 0x0c,
  unsupported = 0x0d,
  xml_document = 0x0f,
  typed_object = 0x10,
};

class Decoder {
 public:
  Decoder(BytesView bytes, Limits limits) : in_{bytes}, limits_{limits} {}

  bool at_end() const { return in_.rest().empty(); }

  Result<Value> value(std::size_t depth = 0) {
    if (++values_ > limits_.values) return Errc::amf_too_many_values;
    if (depth > limits_.depth) return Errc::amf_too_deep;
    const auto marker = static_cast<Marker>(in_.u8());
    if (!in_.ok()) return Errc::amf_truncated;
    switch (marker) {
      case Marker::object:
      case Marker::typed_object:
      case Marker::ecma_array:
      case Marker::strict_array:
        return composite(marker, depth);
      default:
        return scalar(marker);
    }
  }

 private:
  Result<Value> scalar(Marker marker) {
    Value value;
    switch (marker) {
      case Marker::number:
        value = number();
        break;
      case Marker::boolean:
        value = in_.u8() != 0;
        break;
      case Marker::string:
        value = text(in_.u16());
        break;
      case Marker::long_string:
      case Marker::xml_document:
        value = text(in_.u32());
        break;
      case Marker::null:
        break;
      case Marker::reference:
        in_.u16();
        value = Undefined{};
        break;
      case Marker::undefined:
      case Marker::unsupported:
        value = Undefined{};
        break;
      case Marker::date:
        value = Date{number()};
        in_.u16();
        break;
      default:
        return Errc::amf_unknown_type;
    }
    if (!in_.ok()) return Errc::amf_truncated;
    return value;
  }

  Result<Value> composite(Marker marker, std::size_t depth) {
    if (marker == Marker::strict_array) return strict_array(depth);
    if (marker == Marker::ecma_array) in_.u32();               // a hint that some peers leave at 0
    if (marker == Marker::typed_object) in_.bytes(in_.u16());  // the class name
    auto read = properties(depth);
    if (!read) return read.error();
    if (marker == Marker::ecma_array) return Value{EcmaArray{std::move(*read)}};
    return Value{Object{std::move(*read)}};
  }

  Result<std::vector<Property>> properties(std::size_t depth) {
    std::vector<Property> read;
    for (;;) {
      const auto name = text(in_.u16());
      if (!in_.ok() || in_.rest().empty()) return Errc::amf_truncated;
      if (name.empty() && in_.rest().front() == static_cast<std::byte>(Marker::object_end)) {
        in_.u8();
        return read;
      }
      auto property = value(depth + 1);
      if (!property) return property.error();
      read.emplace_back(name, std::move(*property));
    }
  }

  Result<Value> strict_array(std::size_t depth) {
    StrictArray array;
    const auto count = in_.u32();
    if (!in_.ok()) return Errc::amf_truncated;
    for (std::uint32_t i = 0; i < count; ++i) {  // the count is the peer's: nothing is reserved by it
      auto element = value(depth + 1);
      if (!element) return element.error();
      array.values.push_back(std::move(*element));
    }
    return Value{std::move(array)};
  }

  double number() { return std::bit_cast<double>(in_.u64()); }
  std::string_view text(std::size_t size) { return as_text(in_.bytes(size)); }

  ByteReader in_;
  Limits limits_;
  std::size_t values_ = 0;
};

class Encoder {
 public:
  explicit Encoder(Bytes& out) : out_{out} {}

  void operator()(std::nullptr_t) { marker(Marker::null); }
  void operator()(Undefined) { marker(Marker::undefined); }
  void operator()(double value) {
    marker(Marker::number);
    out_.u64(std::bit_cast<std::uint64_t>(value));
  }
  void operator()(bool value) {
    marker(Marker::boolean);
    out_.u8(value ? 1 : 0);
  }
  void operator()(const std::string& value) {
    if (value.size() <= kShortString) {
      marker(Marker::string);
      short_text(value);
    } else {
      marker(Marker::long_string);
      out_.u32(static_cast<std::uint32_t>(value.size()));
      out_.text(value);
    }
  }
  void operator()(const Object& value) {
    marker(Marker::object);
    properties(value.properties);
  }
  void operator()(const EcmaArray& value) {
    marker(Marker::ecma_array);
    out_.u32(static_cast<std::uint32_t>(value.properties.size()));
    properties(value.properties);
  }
  void operator()(const StrictArray& value) {
    marker(Marker::strict_array);
    out_.u32(static_cast<std::uint32_t>(value.values.size()));
    for (const auto& element : value.values) std::visit(*this, element.storage());
  }
  void operator()(Date value) {
    marker(Marker::date);
    out_.u64(std::bit_cast<std::uint64_t>(value.milliseconds));
    out_.u16(0);
  }

 private:
  static constexpr std::size_t kShortString = std::numeric_limits<std::uint16_t>::max();

  void marker(Marker marker) { out_.u8(static_cast<std::uint8_t>(marker)); }

  void short_text(std::string_view text) {
    const auto kept = text.substr(0, kShortString);
    out_.u16(static_cast<std::uint16_t>(kept.size()));
    out_.text(kept);
  }

  void properties(const std::vector<Property>& properties) {
    for (const auto& [name, value] : properties) {
      short_text(name);
      std::visit(*this, value.storage());
    }
    short_text("");
    marker(Marker::object_end);
  }

  ByteWriter out_;
};

}  // namespace

const Value* Value::find(std::string_view name) const {
  const std::vector<Property>* properties = nullptr;
  if (const auto* object = get<Object>()) properties = &object->properties;
  if (const auto* array = get<EcmaArray>()) properties = &array->properties;
  if (!properties) return nullptr;
  const auto found = std::ranges::find(*properties, name, &Property::first);
  return found == properties->end() ? nullptr : &found->second;
}

Result<std::vector<Value>> decode(BytesView bytes, Limits limits) {
  Decoder decoder{bytes, limits};
  std::vector<Value> values;
  while (!decoder.at_end()) {
    auto value = decoder.value();
    if (!value) return value.error();
    values.push_back(std::move(*value));
  }
  return values;
}

void encode(const Value& value, Bytes& out) { std::visit(Encoder{out}, value.storage()); }

}  // namespace levee::rtmp::amf0
