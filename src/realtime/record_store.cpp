#include "levee/realtime/record_store.hpp"

#include <utility>

namespace levee::realtime {

RecordStore::Outcome RecordStore::put(std::vector<Record> records, std::uint64_t offset) {
  Outcome outcome;
  for (auto& record : records) {
    const auto found = records_.find(record.key);
    if (found == records_.end()) {
      if (records_.size() >= kMaxKeys) {
        ++outcome.full;
        continue;
      }
      records_.emplace(record.key, StoredRecord{record, offset});
      outcome.taken.push_back(std::move(record));
      continue;
    }
    auto& [stored, stored_at] = found->second;
    const bool remarked = record.version == stored.version && record.mark != stored.mark;
    if (!remarked && record.version <= stored.version) {
      ++outcome.old;
      continue;
    }
    if (remarked) {
      stored.mark = std::move(record.mark);
    } else {
      stored = std::move(record);
    }
    stored_at = offset;
    outcome.taken.push_back(stored);
  }
  return outcome;
}

std::vector<StoredRecord> RecordStore::records() const {
  std::vector<StoredRecord> all;
  all.reserve(records_.size());
  for (const auto& [key, stored] : records_) all.push_back(stored);
  return all;
}

}  // namespace levee::realtime
