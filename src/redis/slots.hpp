#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "levee/redis/resp.hpp"
#include "levee/redis/settings.hpp"

namespace levee::redis {

/// A cluster's keys lie in this many slots, each of which one master has.
inline constexpr std::size_t kSlots = 16384;
using Slots = std::bitset<kSlots>;

/// What stands between a key's first brace and the next closing one, if that is anything; else the key: what
/// decides on its slot.
std::string_view hash_tag(std::string_view key);

/// Source: Redis cluster specification, "Key distribution model": CRC16 (XMODEM) of the hash tag.
std::uint16_t slot_of(std::string_view key);

/// Why a server of a cluster did not carry out a command: another one has it to do.
struct Redirection {
  enum class What {
    moved,  ///< for good
    ask,    ///< this once, with ASKING before it
    again,  ///< later: some of its keys are on their way
    down,   ///< nobody, for now
  };
  What what = What::down;
  Endpoint to;  ///< of `moved` and `ask`; an empty host: that of the server that answered
};

/// Reads the text of an error; nothing when it is another one.
/// Source: Redis cluster specification, "MOVED Redirection" and "ASK redirection".
std::optional<Redirection> parse_redirection(std::string_view error);

/// Which master has which slots.
class SlotMap {
 public:
  /// Masters; a cluster has fewer, says its specification.
  static constexpr std::size_t kMaxMasters = 1000;

  /// Nobody has any.
  SlotMap() : owners_(kSlots, kNobody) {}

  /// Reads what `asked` answered to CLUSTER SLOTS. A master that tells no host has that of `asked`; of one
  /// whose host is not known ("?") the slots are nobody's.
  /// Errors: Errc::protocol. Limits: kMaxMasters.
  static Result<SlotMap> read(const Reply& answer, const Endpoint& asked);

  /// Null: nobody has it.
  const Endpoint* master(std::uint16_t slot) const;
  /// Errors: Errc::protocol, beyond kMaxMasters: nothing is changed.
  ErrorCode assign(std::uint16_t slot, const Endpoint& master);

  bool has(const Endpoint& master) const;
  /// Those that have slots, and those that had some before `assign`.
  const std::vector<Endpoint>& masters() const { return masters_; }
  /// How many slots somebody has.
  std::size_t covered() const;
  /// The slots that others have than in `before`.
  Slots changed(const SlotMap& before) const;

 private:
  static constexpr std::int16_t kNobody = -1;

  std::optional<std::int16_t> index_of(const Endpoint& master);
  bool take(const Reply& range, const Endpoint& asked);

  std::vector<Endpoint> masters_;
  std::vector<std::int16_t> owners_;  ///< of each slot, in `masters_`
};

}  // namespace levee::redis
