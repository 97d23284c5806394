#include "ingest/srt_connection.hpp"

#include <utility>
#include <variant>

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include "levee/base/log.hpp"
#include "levee/ingest/error.hpp"
#include "levee/runtime/use_result.hpp"

namespace levee::ingest {

namespace asio = boost::asio;
using runtime::use_result;

SrtConnection::SrtConnection(std::shared_ptr<SrtLink> link, stream::Registry& registry,
                             const SrtSettings& settings, IngestCounters& counters)
    : link_{std::move(link)},
      registry_{registry},
      settings_{settings},
      counters_{counters},
      opened_{Clock::now()} {}

asio::awaitable<void> SrtConnection::serve() {
  const auto reason = co_await exchange();
  if (publication_) {
    demuxer_.finish();
    drain();
  }
  publication_.reset();
  link_->unwanted = true;
  counters_.damaged_units.add(demuxer_.counts().damaged_units);
  counters_.ended(reason, rejected_);
  log_end(reason);
}

asio::awaitable<ErrorCode> SrtConnection::exchange() {
  const auto refused = co_await publish();
  if (refused) co_return refused;
  for (auto deadline = Clock::now() + settings_.idle_timeout;;) {
    if (revoked_) co_return revoked_;
    if (!link_->input.empty()) {
      const auto wrong = take_input();
      if (wrong) co_return wrong;
      deadline = Clock::now() + settings_.idle_timeout;
      continue;
    }
    if (link_->ended) co_return link_->ended;
    link_->wake.expires_at(deadline);
    const auto [interrupted] = co_await link_->wake.async_wait(use_result);
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) co_return Errc::stopping;
    if (!interrupted) co_return Errc::silent_publisher;
  }
}

asio::awaitable<ErrorCode> SrtConnection::publish() {
  stream::PublishRequest request;
  request.key = link_->key;
  request.protocol = "srt";
  request.peer = link_->peer;
  request.timestamp_wrap = media::kTsWrap;
  auto publication = co_await registry_.publish(std::move(request));
  if (!publication) {
    rejected_ = true;
    co_return publication.error();
  }
  publication_ = std::move(*publication);
  publication_->on_revoked([this](ErrorCode reason) {
    revoked_ = reason;
    link_->wake.cancel();
  });
  stream_name_ = publication_->stream_name();
  counters_.publications.add();
  spdlog::info("publisher accepted protocol=srt stream={} peer={}", log::value(stream_name_), link_->peer);
  co_return ErrorCode{};
}

ErrorCode SrtConnection::take_input() {
  const auto bytes = std::move(link_->input.front());
  link_->input.pop_front();
  link_->waiting_bytes -= bytes.size();
  bytes_ += bytes.size();
  counters_.bytes.add(bytes.size());
  demuxer_.feed(bytes);
  return drain();
}

ErrorCode SrtConnection::drain() {
  for (;;) {
    auto event = demuxer_.next();
    if (!event) return event.error();
    if (!*event) return {};
    deliver(std::move(**event));
  }
}

void SrtConnection::deliver(media::TsDemuxer::Event event) {
  if (auto* packet = std::get_if<media::Packet>(&event)) {
    publication_->packet(std::move(*packet));
  } else if (const auto* config = std::get_if<media::TrackConfig>(&event)) {
    publication_->config(*config);
  } else if (const auto* info = std::get_if<media::SourceInfo>(&event)) {
    publication_->info(*info);
  } else if (const auto* left_out = std::get_if<media::UnsupportedStream>(&event)) {
    spdlog::warn("publisher sends what is left out protocol=srt stream={} what={}", log::value(stream_name_),
                 log::value(left_out->name));
  }
}

void SrtConnection::log_end(const ErrorCode& reason) const {
  const std::chrono::duration<double> duration = Clock::now() - opened_;
  spdlog::info("publisher gone protocol=srt stream={} peer={} reason={} bytes={} duration_seconds={:.1f}",
               stream_name_.empty() ? "-" : log::value(stream_name_), link_->peer,
               log::value(reason.message()), bytes_, duration.count());
}

}  // namespace levee::ingest
