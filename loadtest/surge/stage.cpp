#include "surge/stage.hpp"

#include <chrono>
#include <utility>

#include "surge/playlist.hpp"

namespace levee::surge {

using std::chrono::milliseconds;

void Stage::turn() {
  context.restart();
  context.run_for(milliseconds{1});
  network.wheel().advance(Clock::now());
}

std::string Knock::ask(const Target& target, Duration patience) {
  const auto deadline = Clock::now() + patience;
  connection_.set_target(target.endpoint, &received_);
  for (;;) {
    HttpRequest request;
    request.text = "GET " + target.path + " HTTP/1.1\r\nHost: " + target.host + "\r\n\r\n";
    request.keep_body = true;
    request.patience = std::chrono::seconds{5};
    fault_.reset();
    connection_.exchange(std::move(request));
    while (!fault_) stage_.turn();
    if (fault_->empty() || Clock::now() >= deadline) break;
    for (const auto again = Clock::now() + milliseconds{250}; Clock::now() < again;) stage_.turn();
  }
  connection_.close(false);
  stage_.turn();  // what the connection was waiting for is told, while it is still there
  return *fault_;
}

void Knock::exchanged(HttpConnection&, const Response& response) {
  if (response.end != ExchangeEnd::complete) {
    fault_ = "no answer";
  } else if (response.status == 503 && response.retry_after_s) {
    fault_ = "";
  } else if (response.status != 200) {
    fault_ = "status " + std::to_string(response.status);
  } else {
    const auto parsed = parse_playlist(response.body);
    fault_ = parsed.media || parsed.multivariant ? "" : "no playlist";
  }
}

}  // namespace levee::surge
