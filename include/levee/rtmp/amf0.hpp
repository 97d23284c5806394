#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "levee/base/bytes.hpp"
#include "levee/base/result.hpp"

namespace levee::rtmp::amf0 {

class Value;
using Property = std::pair<std::string, Value>;

/// The undefined marker: no value, and not null either.
struct Undefined {
  bool operator==(const Undefined&) const = default;
};

/// Named values in the order sent; used for anonymous and typed objects (whose class name is dropped).
struct Object {
  std::vector<Property> properties;
  bool operator==(const Object& other) const;
};

/// The same on another marker; its count is only a hint and is not kept.
struct EcmaArray {
  std::vector<Property> properties;
  bool operator==(const EcmaArray& other) const;
};

/// Values by position.
struct StrictArray {
  std::vector<Value> values;
  bool operator==(const StrictArray& other) const;
};

/// Units: milliseconds since 1970 UTC. The time zone, reserved by the specification, is dropped.
struct Date {
  double milliseconds = 0;
  bool operator==(const Date&) const = default;
};

/// One AMF0 value.
class Value {
 public:
  using Storage = std::variant<std::nullptr_t, Undefined, double, bool, std::string, Object, EcmaArray,
                               StrictArray, Date>;

  Value() = default;  ///< null
  // NOLINTBEGIN(google-explicit-constructor): a value is written as what it holds
  Value(std::nullptr_t) {}
  Value(Undefined value) : storage_{value} {}
  Value(double value) : storage_{value} {}
  Value(bool value) : storage_{value} {}
  Value(std::string value) : storage_{std::move(value)} {}
  Value(std::string_view value) : storage_{std::string{value}} {}
  Value(const char* value) : storage_{std::string{value}} {}
  Value(Object value) : storage_{std::move(value)} {}
  Value(EcmaArray value) : storage_{std::move(value)} {}
  Value(StrictArray value) : storage_{std::move(value)} {}
  Value(Date value) : storage_{value} {}
  // NOLINTEND(google-explicit-constructor)

  /// What is held if it is a T, else null. Lifetime: that of this value.
  template <class T>
  const T* get() const {
    return std::get_if<T>(&storage_);
  }
  const Storage& storage() const { return storage_; }

  /// The property of an object or ECMA array, else null. Lifetime: that of this value.
  const Value* find(std::string_view name) const;

  bool operator==(const Value&) const = default;

 private:
  Storage storage_;
};

// These hold Values, and so can be compared only once Value is complete.
inline bool Object::operator==(const Object& other) const { return properties == other.properties; }
inline bool EcmaArray::operator==(const EcmaArray& other) const { return properties == other.properties; }
inline bool StrictArray::operator==(const StrictArray& other) const { return values == other.values; }

/// What one message may make us hold. Strings are bounded by the message itself.
struct Limits {
  std::size_t depth = 16;     ///< of objects and arrays in one another
  std::size_t values = 2048;  ///< in all
};

/// All values in `bytes`, to its end.
///
/// References and `unsupported` become Undefined, XML documents become strings.
/// Errors: Errc::amf_truncated, amf_too_deep, amf_too_many_values, amf_unknown_type.
/// Source: AMF 0 file format specification.
Result<std::vector<Value>> decode(BytesView bytes, Limits limits = {});

/// Appends `value` to `out`. Strings above 65535 bytes become long strings; a property's name is cut there.
void encode(const Value& value, Bytes& out);

}  // namespace levee::rtmp::amf0
