#include "levee/redis/resp.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "levee/redis/settings.hpp"

#include "redis/channel_state.hpp"
#include "redis/keys.hpp"

namespace levee::redis {
namespace {

std::vector<Reply> read(const std::vector<std::string>& pieces) {
  ReplyReader reader;
  std::vector<Reply> replies;
  for (const auto& piece : pieces) {
    reader.feed(as_bytes(piece));
    for (;;) {
      auto reply = reader.next();
      EXPECT_TRUE(reply) << piece;
      if (!reply || !*reply) break;
      replies.push_back(std::move(**reply));
    }
  }
  return replies;
}

TEST(Resp, ReadsTheSameRepliesWhereverTheBytesAreCut) {
  const std::string bytes = "+OK\r\n:42\r\n-NOSCRIPT no\r\n$3\r\na\r\n\r\n*2\r\n$-1\r\n*1\r\n:7\r\n";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    const auto replies = read({bytes.substr(0, cut), bytes.substr(cut)});
    ASSERT_EQ(replies.size(), 5u) << cut;
    EXPECT_EQ(replies[0].text, "OK");
    EXPECT_EQ(replies[1].integer, 42);
    EXPECT_TRUE(replies[2].is_error("NOSCRIPT"));
    EXPECT_EQ(replies[3].text, "a\r\n");
    EXPECT_EQ(replies[4].list[0].type, Reply::Type::nothing);
    EXPECT_EQ(replies[4].list[1].list[0].integer, 7);
  }
}

TEST(Resp, AfterGarbageThereIsNothingMore) {
  ReplyReader reader;
  reader.feed(as_bytes("%1\r\n"));
  EXPECT_EQ(reader.next().error(), Errc::protocol);
  reader.feed(as_bytes("+OK\r\n"));
  EXPECT_EQ(reader.next().error(), Errc::protocol);
}

TEST(Resp, MakesNoRoomForAListThatCouldNotBeWholeWithinALargestReply) {
  const auto announced = [](std::size_t elements) {
    ReplyReader reader;
    reader.feed(as_bytes("*" + std::to_string(elements) + "\r\n"));
    return reader.next();
  };
  EXPECT_EQ(announced(441'159'541).error(), Errc::protocol);
  EXPECT_EQ(announced(ReplyReader::kMaxReply / 4 + 1).error(), Errc::protocol);
  const auto fits = announced(ReplyReader::kMaxReply / 4);
  ASSERT_TRUE(fits);
  EXPECT_FALSE(*fits) << "its elements may come";
}

TEST(Resp, WritesCommands) {
  std::string out;
  const std::vector<std::string> words{"SET", "k", ""};
  append_command(out, std::span<const std::string>{words});
  EXPECT_EQ(out, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n");
}

TEST(RedisUrl, IsTakenApart) {
  const auto whole = parse_url("redis://ann:p%40ss@redis.example:7000/3").value();
  EXPECT_EQ(whole.host, "redis.example");
  EXPECT_EQ(whole.port, "7000");
  EXPECT_EQ(whole.user, "ann");
  EXPECT_EQ(whole.password, "p@ss");
  EXPECT_EQ(whole.database, 3);
  EXPECT_EQ(parse_url("redis://localhost")->port, "6379");
  EXPECT_EQ(parse_url("redis://:pw@[::1]:7000")->host, "::1");
  EXPECT_EQ(parse_url("redis://:pw@h")->password, "pw");
}

TEST(RedisUrl, IsRefusedWhenItIsNone) {
  for (const std::string url : {"", "localhost", "redis://", "redis://h:0", "redis://h:x", "redis://h/x",
                                "redis://:%4@h", "redis://[::1", "http://h"})
    EXPECT_EQ(parse_url(url).error(), Errc::bad_url) << url;
  EXPECT_TRUE(parse_url("rediss://h")->tls);
  EXPECT_FALSE(parse_url("redis://h")->tls);
  const auto watched = parse_url("redis+sentinel://:p@s1,s2:7,[::1]/mymaster/3");
  ASSERT_TRUE(watched);
  EXPECT_EQ(watched->sentinels, (std::vector<Endpoint>{{"s1", "26379"}, {"s2", "7"}, {"::1", "26379"}}));
  EXPECT_EQ(watched->master, "mymaster");
  EXPECT_EQ(watched->password, "p");
  EXPECT_EQ(watched->database, 3);
  for (const auto* bad : {"redis+sentinel://s1", "redis+sentinel:///m", "redis+sentinel://s1:x/m"})
    EXPECT_EQ(parse_url(bad).error(), Errc::bad_url) << bad;
}

TEST(RedisUrl, NamesServersOfACluster) {
  const auto address = parse_url("redis+cluster://:p@h1,[::1]:7000");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->cluster, (std::vector<Endpoint>{{"h1", "6379"}, {"::1", "7000"}}));
  EXPECT_EQ(address->password, "p");
  EXPECT_FALSE(address->tls);
  EXPECT_TRUE(parse_url("rediss+cluster://h1")->tls);
  for (const auto* bad : {"redis+cluster://", "redis+cluster://h1/3", "redis+cluster://h1:x"})
    EXPECT_EQ(parse_url(bad).error(), Errc::bad_url) << bad;
}

TEST(Keys, OfOneChannelHaveOneHashTag) {
  const Keys keys{"levee"};
  const auto meta = keys.meta("chat:a");
  const auto tag = meta.substr(0, meta.find('}') + 1);
  EXPECT_TRUE(tag.starts_with("levee:{"));
  EXPECT_TRUE(keys.stream("chat:a").starts_with(tag));
  EXPECT_EQ(keys.channel_of(keys.topic("chat:a")), "chat:a");
  EXPECT_EQ(keys.channel_of("other"), "");
}

Arrival arrival(const std::string& epoch, std::uint64_t offset) {
  return parse_arrival(epoch + " " + std::to_string(offset) + " 5 0\nbody\nof two lines");
}

realtime::Snapshot snapshot(const std::string& epoch, std::uint64_t offset) {
  realtime::Snapshot made;
  made.top = {epoch, offset};
  return made;
}

TEST(Arrival, IsReadFromItsHeadAndBody) {
  const auto read = parse_arrival("e1 7 -5 3\nx\ny");
  EXPECT_EQ(read.epoch, "e1");
  EXPECT_EQ(read.message->offset, 7u);
  EXPECT_EQ(read.message->time_ms, -5);
  EXPECT_EQ(read.message->members, 3u);
  EXPECT_EQ(read.message->body, "x\ny");
  for (const std::string bad : {"", "e1 7 5 0", "e1 x 5 0\n", "e1 7 5\n", " 7 5 0\n"})
    EXPECT_EQ(parse_arrival(bad).message, nullptr) << bad;
}

class ChannelStateTest : public testing::Test {
 protected:
  std::vector<std::uint64_t> delivered() const {
    std::vector<std::uint64_t> offsets;
    for (const auto& message : out_) offsets.push_back(message->offset);
    return offsets;
  }
  std::vector<realtime::MessagePtr> out_;
  ChannelState log_{realtime::Kind::log};
};

TEST_F(ChannelStateTest, HoldsWhatComesDuringAReadAndDropsWhatTheReadHad) {
  EXPECT_TRUE(log_.want_read());
  for (std::uint64_t offset : {4, 5, 6}) EXPECT_FALSE(log_.take(arrival("e", offset), out_));
  EXPECT_TRUE(out_.empty());
  EXPECT_FALSE(log_.take_snapshot(snapshot("e", 5), out_));
  EXPECT_EQ(delivered(), (std::vector<std::uint64_t>{6}));
}

TEST_F(ChannelStateTest, DropsWhatComesTwiceAndReadsWhereSomethingIsMissing) {
  log_.want_read();
  log_.take_snapshot(snapshot("e", 5), out_);
  EXPECT_FALSE(log_.take(arrival("e", 6), out_));
  EXPECT_FALSE(log_.take(arrival("e", 6), out_));
  EXPECT_TRUE(log_.take(arrival("e", 8), out_));
  EXPECT_TRUE(log_.want_read());
  EXPECT_FALSE(log_.take(arrival("e", 9), out_));
  EXPECT_FALSE(log_.take_snapshot(snapshot("e", 8), out_));
  EXPECT_EQ(delivered(), (std::vector<std::uint64_t>{6, 9}));
}

TEST_F(ChannelStateTest, ReadsWhenTheEpochChanged) {
  log_.want_read();
  log_.take_snapshot(snapshot("e", 5), out_);
  EXPECT_TRUE(log_.take(arrival("f", 1), out_));
  log_.want_read();
  EXPECT_FALSE(log_.take_snapshot(snapshot("f", 1), out_));
  EXPECT_TRUE(out_.empty());
}

TEST_F(ChannelStateTest, OfAValueOnlyTheNewestCounts) {
  ChannelState value{realtime::Kind::value};
  value.want_read();
  value.take_snapshot(snapshot("e", 5), out_);
  EXPECT_FALSE(value.take(arrival("e", 9), out_));
  EXPECT_EQ(delivered(), (std::vector<std::uint64_t>{9}));
  EXPECT_EQ(value.value()->offset, 9u);
}

TEST_F(ChannelStateTest, ReadsAgainWhenItWasAskedMeanwhileOrHeldTooMuch) {
  EXPECT_TRUE(log_.want_read());
  EXPECT_FALSE(log_.want_read());
  EXPECT_TRUE(log_.take_snapshot(snapshot("e", 0), out_));
  log_.want_read();
  for (std::uint64_t offset = 1; offset <= ChannelState::kMaxHeld + 1; ++offset)
    log_.take(arrival("e", offset), out_);
  EXPECT_TRUE(log_.take_snapshot(snapshot("e", 0), out_));
}

}  // namespace
}  // namespace levee::redis
