#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "levee/realtime/message.hpp"

namespace levee::realtime {

/// The newest record of each key of a `state` or `track`, in memory. Only ever goes forward.
///
/// Limits: kMaxKeys. Thread: one at a time.
class RecordStore {
 public:
  /// What became of some records.
  struct Outcome {
    std::vector<Record> taken;  ///< whole, with the body that stays when only the mark changed
    std::size_t old = 0;
    std::size_t full = 0;
  };

  /// Takes those that are news, by the rule of BusClient::put; `offset` is that of their message.
  Outcome put(std::vector<Record> records, std::uint64_t offset);

  std::vector<StoredRecord> records() const;
  bool empty() const { return records_.empty(); }

 private:
  std::map<std::string, StoredRecord> records_;
};

}  // namespace levee::realtime
