#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/intrusive/list.hpp>

#include "levee/admission/turn.hpp"
#include "levee/delivery/prepared.hpp"
#include "levee/delivery/release_fronts.hpp"
#include "levee/delivery/response.hpp"

namespace levee::delivery {

/// What is live as one shard knows it, and the requests that wait on that shard for more of it.
///
/// Thread: its shard's. Lifetime: may end before its waiters; they then wait for nothing.
class Shelf {
  using Hook = boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

 public:
  /// A parked request. It leaves the shelf in its destructor.
  class Waiter : public Hook {
   public:
    /// `wake` is called once, from `Shelf::wake_some`, when what it waits for is there or can't come any
    /// more.
    Waiter(Shelf& shelf, const Park& park, std::function<void()> wake);
    ~Waiter();
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

   private:
    friend class Shelf;
    bool satisfied_by(const hls::RenditionView& view) const;

    Park::For what_;
    std::uint64_t msn_;
    std::uint64_t part_;
    admission::Turn turn_;
    std::function<void()> wake_;
    std::uint64_t release_ = 0;
    std::shared_ptr<std::size_t> parked_;
  };

  explicit Shelf(std::size_t max_parked);
  Shelf(const Shelf&) = delete;
  Shelf& operator=(const Shelf&) = delete;

  /// Null when there is no such stream.
  std::shared_ptr<const PreparedStream> find(std::string_view name) const;
  std::vector<std::shared_ptr<const PreparedStream>> all() const;

  /// Puts a stream's newest state up. Waiters for `changed` that are served by it become ready; with an empty
  /// `changed` those of all renditions are looked at.
  ///
  /// They become so in the order that `order` says, and of those whom it does not tell apart, who asked last
  /// first: it got the part before this one last. `release` numbers the change, see ReleaseFront.
  void put(std::shared_ptr<const PreparedStream> stream, std::string_view changed, std::uint64_t release = 0);
  /// In which order those who wait become ready from now on.
  void order(admission::TurnOrder order) { order_ = order; }
  admission::TurnOrder order() const { return order_; }
  /// Takes a stream down; all that wait for it become ready.
  void remove(std::string_view name);
  /// Everyone who waits becomes ready.
  void wake_all();

  /// Wakes at most `count` of those who are ready, in their order; returns whether more are.
  bool wake_some(std::size_t count);
  /// Who is next; nothing when nobody is ready.
  std::optional<ReleaseFront> front() const;
  /// Somebody who has watched for some seconds is about to be woken.
  bool settled_are_ready() const { return !ready_.empty() && ready_.front().turn_.settled; }

  std::size_t parked() const { return *parked_; }
  /// No more may be parked: answer 503.
  bool full() const { return *parked_ >= max_parked_; }

 private:
  using Waiters = boost::intrusive::list<Waiter, boost::intrusive::constant_time_size<false>>;
  struct Entry {
    std::shared_ptr<const PreparedStream> stream;
    std::map<std::string, Waiters, std::less<>> waiters;  ///< by rendition
  };

  /// Calls `is_ready` for each of `waiters`, last come first, and makes those ready for which it holds, in
  /// order.
  template <class IsReady>
  void make_ready(Waiters& waiters, std::uint64_t release, IsReady is_ready);

  std::size_t max_parked_;
  std::shared_ptr<std::size_t> parked_ = std::make_shared<std::size_t>(0);
  std::map<std::string, Entry, std::less<>> streams_;
  Waiters ready_;
  admission::TurnOrder order_ = admission::TurnOrder::by_seniority;
  std::vector<Waiter*> sorting_;  ///< those who become ready at once; empty between
};

}  // namespace levee::delivery
