#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace levee {

/// A number that only grows. It is a member of the class that counts.
///
/// Thread: written and read from any; a reader may see it a little late.
class Counter {
 public:
  void add(std::uint64_t amount = 1) { value_.fetch_add(amount, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// A number that goes up and down. Thread: any, as `Counter`.
class Gauge {
 public:
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t amount) { value_.fetch_add(amount, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// Writes metrics as Prometheus reads them, grouping the samples of one name whatever order they come in.
///
/// Names carry the `levee_` prefix and base units (seconds, bytes); labels are few and bounded: never a
/// session, an address or a token.
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4).
class MetricsText {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  void counter(std::string_view name, std::string_view help, std::uint64_t value, Labels labels = {});
  void gauge(std::string_view name, std::string_view help, double value, Labels labels = {});

  /// The whole text, families in the order they were first named.
  std::string text() const;

 private:
  struct Family {
    std::string name;
    std::string head;
    std::string samples;
  };

  void sample(std::string_view name, std::string_view help, std::string_view type, std::string_view value,
              Labels labels);

  std::vector<Family> families_;
};

}  // namespace levee
