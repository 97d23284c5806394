#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <gtest/gtest.h>

#include "levee/delivery/origin.hpp"

#include "support/fake_rendition.hpp"

namespace levee::delivery {

inline std::string body_of(const Response& response) {
  std::string text;
  for (std::size_t i = 0; i < response.body.pieces(); ++i) text += as_text(response.body.piece(i));
  return text;
}

/// PART-TARGET is 350 ms and the target duration 3 s: nine parts are the Advance Part Limit, 9 s the longest
/// wait.
class OriginTest : public testing::Test {
 protected:
  explicit OriginTest(bool sessions = true) : site{settings(sessions), {}, ViewerTokens{"secret"}, {}, {}} {}

  static Settings settings(bool sessions) {
    Settings out;
    out.sessions = sessions;
    return out;
  }

  void show(std::shared_ptr<const hls::RenditionView> rendition) {
    view = test::stream_of({std::move(rendition), test::rendition_at(1, 0, "240p")});
    shelf.put(prepare(view, nullptr, kReady), "");
  }

  Answer ask(std::string_view target, Patience patience = Patience::may_park) {
    request.target = target;
    return origin.answer(request, {now, wall}, patience);
  }
  Response get(std::string_view target, Patience patience = Patience::may_park) {
    auto answer = ask(target, patience);
    auto* response = std::get_if<Response>(&answer);
    if (response == nullptr) ADD_FAILURE() << "parked: " << target;
    return response == nullptr ? Response{} : std::move(*response);
  }
  unsigned status(std::string_view target) {
    const auto answer = ask(target);
    const auto* response = std::get_if<Response>(&answer);
    return response == nullptr ? 0 : response->head->status;
  }
  static constexpr unsigned kParked = 0;

  unsigned playlist(const std::string& query) { return status("/live/show/480p/index.m3u8?" + query); }

  static constexpr TimePoint kReady{std::chrono::hours{1}};
  TimePoint now{};
  WallTime wall = test::show_start();
  RequestView request;
  Site site;
  Shelf shelf{2};
  ShardState state{site, shelf};
  Origin origin{site, state};
  std::shared_ptr<stream::StreamView> view;
};

}  // namespace levee::delivery
