#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "hub_fixture.hpp"

namespace levee::realtime {

/// Feeds through a hub: a source, those who watch and those who act.
class FeedsTest : public HubTest {
 protected:
  std::unique_ptr<Client> publisher(const std::string& grants) {
    return nameless(R"(,"token":"{\"sub\":\"fx\",\"exp\":9999999999,\"pub\":[)" + grants + R"(]}")");
  }
  std::unique_ptr<Client> nameless(const std::string& more) {
    auto made = std::make_unique<Client>(hub_);
    ask(*made, R"({"op":"hello")" + more + "}");
    return made;
  }
  std::unique_ptr<Client> source(std::uint64_t epoch = 100) {
    auto made =
        nameless(R"(,"token":"{\"sub\":\"fx\",\"exp\":9999999999,\"pub\":[\"feed:*\",\"track:*\"]}")");
    ask(*made, R"({"i":1,"op":"src","ch":"feed:fx","e":)" + std::to_string(epoch) + "}");
    return made;
  }
  void tell(Client& from, const std::string& key, int sequence, int bid) {
    ask(from, R"({"op":"pub","ch":"feed:fx","r":[{"k":")" + key + R"(","s":)" + std::to_string(sequence) +
                  R"(,"ttl":4000,"d":{"b":)" + std::to_string(bid) + "}}]}");
  }
  void state(Client& from, const std::string& op) { ask(from, R"({"op":")" + op + R"(","ch":"feed:fx"})"); }
  std::unique_ptr<Client> watcher(const std::string& position = "") {
    auto made = client("Ann");
    made->connection.take();
    ask(*made, R"({"i":2,"op":"sub","ch":"feed:fx")" + position + "}");
    return made;
  }
  json act(Client& by, int sequence, const std::string& id = "") {
    by.connection.take();
    ask(by, R"({"i":7,"op":"act","ch":"feed:fx","k":"EURUSD","q":[100,)" + std::to_string(sequence) + "]," +
                (id.empty() ? "" : R"("id":")" + id + R"(",)") + R"("d":{"side":"buy"}})");
    return by.connection.take().back();
  }
  /// The one record of the one frame that came.
  static json only(const std::vector<json>& messages) {
    EXPECT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages.at(0)["r"].size(), 1u) << messages.at(0);
    return messages.at(0)["r"][0];
  }
};

}  // namespace levee::realtime
