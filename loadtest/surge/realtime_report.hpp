#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "surge/histogram.hpp"

namespace levee::surge {

/// What became of the connections of realtime clients.
struct ConnectionReport {
  std::uint64_t planned = 0;    ///< clients that were due
  std::uint64_t connected = 0;  ///< of these, welcomed at least once
  std::uint64_t lost = 0;       ///< connections that ended unasked
  std::uint64_t dropped = 0;    ///< connections that the harness broke off
  std::uint64_t returned = 0;   ///< welcomes after the first
  std::uint64_t resumed = 0;    ///< of these, as the same session
  std::uint64_t waits = 0;      ///< hellos that were told to come later
  std::uint64_t refused = 0;    ///< requests refused with an error of their own
  Histogram connect;            ///< from when it was due to the welcome
  Histogram back;               ///< from the loss to having all that was missed
  Histogram late;               ///< how late the generator began with what was due: to connect, to send
  bool operator==(const ConnectionReport&) const = default;
};

/// What the chat clients lived through.
struct ChatReport : ConnectionReport {
  std::uint64_t sent = 0;          ///< messages
  std::uint64_t received = 0;      ///< messages, all clients
  std::uint64_t missed = 0;        ///< offsets that a client never got, and was not told of
  std::uint64_t duplicates = 0;    ///< messages that a client got twice, or that are in the log twice
  std::uint64_t out_of_order = 0;  ///< a message where another client was given another one
  std::uint64_t left_out = 0;      ///< messages that the server said it leaves out
  std::uint64_t unrecovered = 0;   ///< returns at which the log did not reach back
  Histogram delivery;              ///< from when a message was due to be sent to each client's receipt
  bool operator==(const ChatReport&) const = default;
};

/// What publishers, watchers and those who act on feeds lived through.
struct FeedReport : ConnectionReport {
  std::uint64_t sent = 0;        ///< records, of all publishers
  std::uint64_t old_sent = 0;    ///< of these, older ones sent once more on purpose
  std::uint64_t received = 0;    ///< records with a value, all watchers
  std::uint64_t missed = 0;      ///< holes that a watcher found: by `p`, or by a heartbeat's top
  std::uint64_t duplicates = 0;  ///< values that a watcher was pushed twice
  std::uint64_t out_of_order =
      0;                     ///< values that came after a newer one of their key, or are not what was said
  std::uint64_t judged = 0;  ///< looks at a key, all watchers
  std::uint64_t live = 0;    ///< of these, shown as live
  std::uint64_t stale_as_live = 0;  ///< of these, wrongly
  std::uint64_t acts = 0;           ///< on what was seen live
  std::uint64_t acts_accepted = 0;
  std::uint64_t stale_acts = 0;  ///< on what was known to be old, on purpose
  std::uint64_t stale_acts_accepted = 0;
  Histogram delivery;    ///< from when a record was due to be sent to each watcher's receipt
  Histogram stale_told;  ///< from the loss of a publisher to each watcher's showing its keys as stale
  bool operator==(const FeedReport&) const = default;
};

/// What devices and those who watch them lived through.
struct TrackReport : ConnectionReport {
  std::uint64_t sent = 0;          ///< reports
  std::uint64_t backlog = 0;       ///< of these, made while offline and sent after newer ones
  std::uint64_t acknowledged = 0;  ///< of all that were sent
  std::uint64_t received = 0;      ///< fixes, all watchers
  std::uint64_t missed = 0;        ///< as in a feed
  std::uint64_t duplicates = 0;
  std::uint64_t out_of_order = 0;
  std::uint64_t past_as_present = 0;  ///< fixes of a backlog that a watcher was shown
  std::uint64_t judged = 0;           ///< looks at a device, all watchers
  std::uint64_t live = 0;             ///< of these, shown as live
  std::uint64_t stale_as_live = 0;    ///< shown as fresher than their age allows: live, or aging
  std::uint64_t live_as_stale = 0;    ///< shown as less fresh, with all that is needed to know better
  Histogram delivery;                 ///< from a report's sending to each watcher's receipt
  Histogram next;                     ///< how long the server told devices to wait
  bool operator==(const TrackReport&) const = default;
};

/// A counter or a distribution of one of the reports above, with its name in files and thresholds.
template <class Of>
struct ReportCounter {
  std::string_view name;
  std::string_view meaning;
  std::uint64_t Of::*member;
};
template <class Of>
struct ReportTimes {
  std::string_view name;
  std::string_view meaning;
  Histogram Of::*member;
};

/// All there is in a report, for files, merging and thresholds. Specialised for each below.
template <class Of>
struct ReportFields;

template <>
struct ReportFields<ConnectionReport> {
  using Of = ConnectionReport;
  static constexpr std::array kCounters{
      ReportCounter<Of>{"planned", "clients that were due", &Of::planned},
      ReportCounter<Of>{"connected", "clients that got in", &Of::connected},
      ReportCounter<Of>{"lost", "connections that ended unasked", &Of::lost},
      ReportCounter<Of>{"dropped", "connections that the harness broke off", &Of::dropped},
      ReportCounter<Of>{"returned", "connections made again and welcomed", &Of::returned},
      ReportCounter<Of>{"resumed", "of these, as the same session", &Of::resumed},
      ReportCounter<Of>{"waits", "hellos that were told to come later", &Of::waits},
      ReportCounter<Of>{"refused", "requests refused with an error", &Of::refused},
  };
  static constexpr std::array kTimes{
      ReportTimes<Of>{"connect", "from when it was due to the welcome", &Of::connect},
      ReportTimes<Of>{"back", "from a connection's loss to having all that was missed", &Of::back},
      ReportTimes<Of>{"late", "how late the generator itself began to connect, or to send", &Of::late},
  };
};

template <>
struct ReportFields<ChatReport> {
  using Of = ChatReport;
  static constexpr std::array kCounters{
      ReportCounter<Of>{"sent", "messages sent", &Of::sent},
      ReportCounter<Of>{"received", "messages received, all clients", &Of::received},
      ReportCounter<Of>{"missed", "messages that a client never got, and was not told of", &Of::missed},
      ReportCounter<Of>{"duplicates", "messages that came twice", &Of::duplicates},
      ReportCounter<Of>{"out_of_order", "messages where other clients were given others", &Of::out_of_order},
      ReportCounter<Of>{"left_out", "messages that the server said it leaves out", &Of::left_out},
      ReportCounter<Of>{"unrecovered", "returns at which the log did not reach back", &Of::unrecovered},
  };
  static constexpr std::array kTimes{
      ReportTimes<Of>{"delivery", "from when a message was due to each receipt", &Of::delivery},
  };
};

template <>
struct ReportFields<FeedReport> {
  using Of = FeedReport;
  static constexpr std::array kCounters{
      ReportCounter<Of>{"sent", "records sent", &Of::sent},
      ReportCounter<Of>{"old_sent", "of these, older ones sent again on purpose", &Of::old_sent},
      ReportCounter<Of>{"received", "values received, all watchers", &Of::received},
      ReportCounter<Of>{"missed", "holes that watchers found", &Of::missed},
      ReportCounter<Of>{"duplicates", "values pushed twice to a watcher", &Of::duplicates},
      ReportCounter<Of>{"out_of_order", "values after a newer one of their key, or not as said",
                        &Of::out_of_order},
      ReportCounter<Of>{"judged", "looks at a key, all watchers", &Of::judged},
      ReportCounter<Of>{"live", "of these, shown as live", &Of::live},
      ReportCounter<Of>{"stale_as_live", "of these, older than the key's limit, or long superseded",
                        &Of::stale_as_live},
      ReportCounter<Of>{"acts", "acts on what was seen live", &Of::acts},
      ReportCounter<Of>{"acts_accepted", "of these, accepted", &Of::acts_accepted},
      ReportCounter<Of>{"stale_acts", "acts on what was old, on purpose", &Of::stale_acts},
      ReportCounter<Of>{"stale_acts_accepted", "of these, accepted", &Of::stale_acts_accepted},
  };
  static constexpr std::array kTimes{
      ReportTimes<Of>{"delivery", "from when a record was due to each receipt", &Of::delivery},
      ReportTimes<Of>{"stale_told", "from a publisher's loss to each watcher's showing it", &Of::stale_told},
  };
};

template <>
struct ReportFields<TrackReport> {
  using Of = TrackReport;
  static constexpr std::array kCounters{
      ReportCounter<Of>{"sent", "reports sent", &Of::sent},
      ReportCounter<Of>{"backlog", "of these, made offline and sent after newer ones", &Of::backlog},
      ReportCounter<Of>{"acknowledged", "reports that the server has", &Of::acknowledged},
      ReportCounter<Of>{"received", "fixes received, all watchers", &Of::received},
      ReportCounter<Of>{"missed", "holes that watchers found", &Of::missed},
      ReportCounter<Of>{"duplicates", "fixes pushed twice to a watcher", &Of::duplicates},
      ReportCounter<Of>{"out_of_order", "fixes after a newer one of their device", &Of::out_of_order},
      ReportCounter<Of>{"past_as_present", "fixes of a backlog shown as the present", &Of::past_as_present},
      ReportCounter<Of>{"judged", "looks at a device, all watchers", &Of::judged},
      ReportCounter<Of>{"live", "of these, shown as live", &Of::live},
      ReportCounter<Of>{"stale_as_live", "of these, live or aging though older than that",
                        &Of::stale_as_live},
      ReportCounter<Of>{"live_as_stale", "of these, less than live though fresh", &Of::live_as_stale},
  };
  static constexpr std::array kTimes{
      ReportTimes<Of>{"delivery", "from a report's sending to each receipt", &Of::delivery},
      ReportTimes<Of>{"next", "how long devices were told to wait", &Of::next},
  };
};

/// Calls `take` with every counter, then with every distribution, those of the connections first.
template <class Of, class Take>
void for_each_field(Take take) {
  for (const auto& field : ReportFields<ConnectionReport>::kCounters)
    take(ReportCounter<Of>{field.name, field.meaning, field.member});
  for (const auto& field : ReportFields<Of>::kCounters) take(field);
  for (const auto& field : ReportFields<ConnectionReport>::kTimes)
    take(ReportTimes<Of>{field.name, field.meaning, field.member});
  for (const auto& field : ReportFields<Of>::kTimes) take(field);
}

}  // namespace levee::surge
