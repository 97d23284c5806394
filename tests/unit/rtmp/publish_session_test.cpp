#include "levee/rtmp/publish_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "levee/rtmp/error.hpp"

#include "unit/rtmp/peer.hpp"

namespace levee::rtmp {
namespace {

using testing::commands;
using testing::concat;
using ::testing::ElementsAre;
using testing::kConnected;
using testing::kRandom;
using testing::messages;
using testing::Outcome;
using testing::said;

constexpr std::size_t kHandshakeOutput = 1 + 2 * Handshake::kPacketSize;

/// A fake publisher at some point of its session.
class Peer {
 public:
  explicit Peer(PublishSettings settings = {}) : session_{std::move(settings), kRandom} {}

  Peer& shake_hands() {
    send(testing::handshake());
    return *this;
  }
  Peer& connect() {
    send(testing::connect());
    return *this;
  }
  Peer& publish() {
    send(concat({testing::create_stream(), testing::publish()}));
    return *this;
  }

  /// Feeds, and takes all events (a publisher is accepted at once) and the output.
  Outcome send(const Bytes& bytes) { return testing::run(session_, bytes); }
  /// The commands among the answers to `bytes`.
  std::vector<std::vector<amf0::Value>> ask(const Bytes& bytes) {
    session_.feed(bytes);
    Outcome outcome;
    testing::drain(session_, outcome);
    error_ = outcome.error;
    return decode(outcome.output);
  }
  /// Our output goes on from what the client has seen: the chunk size has been set once connected.
  std::vector<std::vector<amf0::Value>> decode(BytesView output) {
    std::vector<std::vector<amf0::Value>> found;
    decoder_.feed(output);
    for (;;) {
      auto message = decoder_.next();
      if (!message || !*message) return found;
      if ((*message)->type == MessageType::command_amf0) found.push_back(*amf0::decode((*message)->body));
    }
  }
  ErrorCode error() const { return error_; }
  PublishSession& session() { return session_; }

 private:
  PublishSession session_;
  ChunkDecoder decoder_{ChunkLimits{}};
  ErrorCode error_;
};

Bytes whole_session() {
  return concat({testing::handshake(), testing::connect(), testing::create_stream(), testing::publish(),
                 testing::media(MessageType::video, 0, testing::avc_header()),
                 testing::media(MessageType::audio, 0, testing::aac_header()),
                 testing::media(MessageType::video, 0, testing::avc_frame(true)),
                 testing::media(MessageType::audio, 21, testing::aac_frame()),
                 testing::command({"FCUnpublish", 6.0, nullptr, "key"}),
                 testing::command({"deleteStream", 7.0, nullptr, 1.0})});
}

TEST(PublishSession, GivesWhatWasPublishedInOrder) {
  const auto outcome = testing::run(whole_session());
  ASSERT_FALSE(outcome.error) << outcome.error.message();
  ASSERT_EQ(outcome.events.size(), 6u);
  const auto& request = std::get<PublishRequested>(outcome.events[0]);
  EXPECT_EQ(request.app, "live");
  EXPECT_EQ(request.key, "key?token=x");
  EXPECT_EQ(request.tc_url, "rtmp://host/live");
  EXPECT_EQ(std::get<media::TrackConfig>(outcome.events[1]).codec, media::Codec::h264);
  EXPECT_EQ(std::get<media::TrackConfig>(outcome.events[2]).codec, media::Codec::aac);
  EXPECT_TRUE(std::get<media::Packet>(outcome.events[3]).key);
  EXPECT_EQ(std::get<media::Packet>(outcome.events[4]).dts, 21 * 90);
  EXPECT_TRUE(std::holds_alternative<Finished>(outcome.events[5]));
}

TEST(PublishSession, IsTheSameWhereverTheBytesAreCut) {
  const auto sent = whole_session();
  const auto whole = testing::run(sent);
  const auto expect_same = [&](const Outcome& outcome) {
    ASSERT_EQ(outcome.error, whole.error);
    ASSERT_EQ(outcome.events.size(), whole.events.size());
    for (std::size_t i = 0; i < whole.events.size(); ++i)
      ASSERT_EQ(outcome.events[i].index(), whole.events[i].index());
    ASSERT_EQ(outcome.output, whole.output);
  };
  const BytesView view{sent};
  for (std::size_t cut = 0; cut <= view.size(); ++cut) {
    SCOPED_TRACE(cut);
    PublishSession session{{}, kRandom};
    auto outcome = testing::run(session, view.first(cut));
    auto rest = testing::run(session, view.subspan(cut));
    std::ranges::move(rest.events, std::back_inserter(outcome.events));
    outcome.output.insert(outcome.output.end(), rest.output.begin(), rest.output.end());
    outcome.error = rest.error;
    expect_same(outcome);
    if (HasFatalFailure()) return;
  }
  expect_same(testing::run(sent, 1));
}

TEST(PublishSession, AnswersConnectAsFlashMediaServerDoes) {
  Peer peer;
  peer.shake_hands();
  const auto output = peer.send(testing::connect()).output;
  const auto answers = messages(output);
  ASSERT_EQ(answers.size(), 3u);  // Set Chunk Size is obeyed by our decoder and not given out
  EXPECT_EQ(answers[0].type, MessageType::window_ack_size);
  EXPECT_EQ(answers[0].body, testing::bytes(0, 0x26, 0x25, 0xa0));
  EXPECT_EQ(answers[1].type, MessageType::set_peer_bandwidth);
  EXPECT_EQ(answers[1].body, testing::bytes(0, 0x26, 0x25, 0xa0, 2));
  EXPECT_EQ(answers[0].chunk_stream, 2u);
  EXPECT_EQ(answers[0].stream, 0u);

  const auto result = commands(output);
  ASSERT_EQ(result.size(), 1u);
  EXPECT_EQ(result[0][0], amf0::Value{"_result"});
  EXPECT_EQ(result[0][1], amf0::Value{1.0});
  EXPECT_EQ(said(result[0], "code"), "NetConnection.Connect.Success");
  EXPECT_EQ(said(result[0], "level"), "status");
}

TEST(PublishSession, AnswersPublishOnItsStreamOnceItIsAccepted) {
  PublishSession session{{}, kRandom};
  session.feed(concat({testing::handshake(), testing::connect(), testing::create_stream()}));
  ASSERT_FALSE(session.next()->has_value());
  session.take_output();

  session.feed(testing::publish());
  const auto event = session.next();
  ASSERT_TRUE(event.has_value() && event->has_value());
  EXPECT_TRUE(std::holds_alternative<PublishRequested>(**event));
  EXPECT_TRUE(session.take_output().empty());

  session.accept();
  const auto answers = messages(session.take_output(), kConnected);
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0].type, MessageType::user_control);
  EXPECT_EQ(answers[0].body, testing::bytes(0, 0, 0, 0, 0, 1));  // Stream Begin 1
  EXPECT_EQ(answers[1].stream, 1u);
  const auto status = *amf0::decode(answers[1].body);
  EXPECT_EQ(status[0], amf0::Value{"onStatus"});
  EXPECT_EQ(said(status, "code"), "NetStream.Publish.Start");
}

TEST(PublishSession, GivesNothingOutUntilThePublisherIsAccepted) {
  PublishSession session{{}, kRandom};
  session.feed(concat({testing::handshake(), testing::connect(), testing::create_stream(), testing::publish(),
                       testing::media(MessageType::video, 0, testing::avc_header())}));
  ASSERT_TRUE(session.next()->has_value());
  EXPECT_FALSE(session.next()->has_value());
  EXPECT_FALSE(session.next()->has_value());
  session.accept();
  const auto event = session.next();
  ASSERT_TRUE(event.has_value() && event->has_value());
  EXPECT_TRUE(std::holds_alternative<media::TrackConfig>(**event));
}

TEST(PublishSession, TellsARejectedPublisherWhy) {
  PublishSession session{{}, kRandom};
  session.feed(
      concat({testing::handshake(), testing::connect(), testing::create_stream(), testing::publish()}));
  ASSERT_TRUE(session.next()->has_value());
  session.take_output();
  session.reject("The stream key is not known here");
  const auto answers = commands(session.take_output(), kConnected);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0][0], amf0::Value{"onStatus"});
  EXPECT_EQ(said(answers[0], "level"), "error");
  EXPECT_EQ(said(answers[0], "code"), "NetStream.Publish.BadName");
  EXPECT_EQ(said(answers[0], "description"), "The stream key is not known here");

  session.feed(testing::media(MessageType::video, 0, testing::avc_header()));
  EXPECT_FALSE(session.next()->has_value());
}

TEST(PublishSession, TellsAPublisherThatItsStreamWasTakenOver) {
  Peer peer;
  peer.shake_hands().connect().publish();
  peer.session().reject("Taken over by another connection");
  const auto answers = commands(peer.session().take_output(), kConnected);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(said(answers[0], "code"), "NetStream.Publish.BadName");
}

TEST(PublishSession, RefusesAnotherApplication) {
  for (const auto* app : {"other", "", "live2", "live/x"}) {
    Peer peer;
    const auto outcome = peer.shake_hands().send(testing::connect(app));
    EXPECT_EQ(outcome.error, Errc::unknown_app);
    const auto answers = commands(outcome.output);
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_EQ(answers[0][0], amf0::Value{"_error"});
    EXPECT_EQ(said(answers[0], "code"), "NetConnection.Connect.Rejected");
    EXPECT_THAT(said(answers[0], "description"), ::testing::HasSubstr("rtmp://HOST/live"));
    EXPECT_EQ(said(answers[0], "description"), peer.session().detail());
  }
}

TEST(PublishSession, AcceptsTheApplicationWithASlashOrAQuery) {
  for (const auto* app : {"live/", "live?token=x"}) {
    Peer peer;
    EXPECT_FALSE(peer.shake_hands().send(testing::connect(app)).error) << app;
  }
}

TEST(PublishSession, AnswersEveryCommandThatWantsAnAnswer) {
  Peer peer;
  peer.shake_hands();
  peer.ask(testing::connect());
  const auto first_words = [&](const char* name, double transaction) {
    std::vector<std::string> words;
    for (const auto& answer : peer.ask(testing::command({name, transaction, nullptr, "key"})))
      words.push_back(*answer[0].get<std::string>());
    return words;
  };
  EXPECT_THAT(first_words("releaseStream", 2), ElementsAre("_result"));
  EXPECT_THAT(first_words("FCPublish", 3), ElementsAre("_result", "onFCPublish"));
  EXPECT_THAT(first_words("createStream", 4), ElementsAre("_result"));
  EXPECT_THAT(first_words("_checkbw", 5), ElementsAre("_result"));
  EXPECT_THAT(first_words("getStreamLength", 6), ElementsAre("_error"));
  EXPECT_THAT(first_words("FCSubscribe", 7), ElementsAre("_error"));
  EXPECT_THAT(first_words("somethingElse", 8), ElementsAre("_error"));
  EXPECT_THAT(first_words("FCUnpublish", 9), ElementsAre("onFCUnpublish", "_result"));
  EXPECT_THAT(first_words("deleteStream", 10), ElementsAre("onStatus", "_result"));
  EXPECT_THAT(first_words("_result", 1), ElementsAre());
  // GStreamer numbers them 0: no result is wanted.
  EXPECT_THAT(first_words("releaseStream", 0), ElementsAre());
  EXPECT_THAT(first_words("FCPublish", 0), ElementsAre("onFCPublish"));
  EXPECT_FALSE(peer.error());
}

TEST(PublishSession, NumbersStreamsFromOne) {
  Peer peer;
  peer.shake_hands();
  peer.ask(testing::connect());
  EXPECT_EQ(peer.ask(testing::create_stream())[0].back(), amf0::Value{1.0});
  EXPECT_EQ(peer.ask(testing::create_stream())[0].back(), amf0::Value{2.0});
}

TEST(PublishSession, RefusesToPlay) {
  Peer peer;
  peer.shake_hands();
  peer.ask(testing::connect());
  const auto answers = peer.ask(testing::command({"play", 0.0, nullptr, "name", -2000.0}, 1));
  EXPECT_EQ(peer.error(), Errc::play_refused);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(said(answers[0], "code"), "NetStream.Play.StreamNotFound");
  EXPECT_THAT(said(answers[0], "description"), ::testing::HasSubstr("HLS"));
}

TEST(PublishSession, RefusesAStreamKeyThatIsMissingOrTooLong) {
  for (const auto& key : {std::string{}, std::string(513, 'k')}) {
    Peer peer;
    peer.shake_hands();
    peer.ask(testing::connect());
    const auto answers = peer.ask(testing::publish(key));
    EXPECT_EQ(peer.error(), Errc::bad_stream_key);
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_EQ(said(answers[0], "code"), "NetStream.Publish.BadName");
  }
}

TEST(PublishSession, RefusesCommandsOutOfOrder) {
  EXPECT_EQ(Peer{}.shake_hands().send(testing::publish()).error, Errc::unexpected_command);
  EXPECT_EQ(Peer{}.shake_hands().connect().send(testing::connect()).error, Errc::unexpected_command);
  EXPECT_EQ(
      Peer{}.shake_hands().connect().send(testing::media(MessageType::audio, 0, testing::aac_header())).error,
      Errc::media_before_publish);
}

TEST(PublishSession, RefusesASecondPublishAndGoesOn) {
  Peer peer;
  peer.shake_hands();
  peer.ask(testing::connect());
  peer.ask(testing::publish());
  const auto answers = peer.ask(testing::publish("another"));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(said(answers[0], "code"), "NetStream.Publish.BadName");
  EXPECT_FALSE(peer.send(testing::media(MessageType::audio, 0, testing::aac_header())).events.empty());
}

TEST(PublishSession, ReadsCommandsInAmf3Messages) {
  Message message{.chunk_stream = 3, .type = MessageType::command_amf3, .body = testing::bytes(0)};
  for (const amf0::Value& value :
       {amf0::Value{"connect"}, amf0::Value{1.0}, amf0::Value{amf0::Object{{{"app", "live"}}}}})
    amf0::encode(value, message.body);
  EXPECT_EQ(commands(Peer{}.shake_hands().send(testing::chunks(message)).output).size(), 1u);
}

TEST(PublishSession, EndsOnceByWhicheverCommandComesFirst) {
  for (const auto* name : {"FCUnpublish", "deleteStream", "closeStream"}) {
    Peer peer;
    peer.shake_hands().connect().publish();
    EXPECT_EQ(peer.send(testing::command({name, 6.0, nullptr})).all<Finished>().size(), 1u) << name;
    EXPECT_TRUE(peer.send(testing::command({"deleteStream", 7.0, nullptr, 1.0})).events.empty());
    const auto late = peer.send(testing::media(MessageType::audio, 0, testing::aac_header()));
    EXPECT_TRUE(late.events.empty());
    EXPECT_FALSE(late.error);
  }
}

TEST(PublishSession, DoesNotEndWhenAnotherStreamIsDeleted) {
  Peer peer;
  peer.shake_hands().connect().publish();
  EXPECT_TRUE(peer.send(testing::command({"deleteStream", 7.0, nullptr, 2.0})).events.empty());
}

TEST(PublishSession, TellsMetadataOnlyWhenItChanged) {
  const auto metadata = [](double rate, bool with_set = true) {
    Message message{.chunk_stream = 4, .type = MessageType::data_amf0, .stream = 1, .body = {}};
    if (with_set) amf0::encode("@setDataFrame", message.body);
    amf0::encode("onMetaData", message.body);
    amf0::encode(amf0::EcmaArray{{{"framerate", rate}, {"videocodecid", 7.0}, {"encoder", "OBS\n29"}}},
                 message.body);
    return testing::chunks(message);
  };
  Peer peer;
  peer.shake_hands().connect().publish();
  const auto first = peer.send(metadata(30)).all<media::SourceInfo>();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].encoder, "OBS?29");
  EXPECT_EQ(first[0].frame_rate, (media::FrameRate{30, 1}));
  EXPECT_TRUE(first[0].expects_video);
  EXPECT_FALSE(first[0].expects_audio);
  EXPECT_TRUE(peer.send(metadata(30)).events.empty());
  EXPECT_TRUE(peer.send(metadata(30, false)).events.empty());
  EXPECT_EQ(peer.send(metadata(29.97)).all<media::SourceInfo>().at(0).frame_rate,
            (media::FrameRate{30000, 1001}));
  EXPECT_EQ(peer.send(metadata(23.976)).all<media::SourceInfo>().at(0).frame_rate,
            (media::FrameRate{24000, 1001}));
  EXPECT_EQ(peer.send(metadata(12.5)).all<media::SourceInfo>().at(0).frame_rate,
            (media::FrameRate{12500, 1000}));
  EXPECT_EQ(peer.send(metadata(-1)).all<media::SourceInfo>().at(0).frame_rate, media::FrameRate{});
}

TEST(PublishSession, SurvivesMetadataThatCannotBeRead) {
  Peer peer;
  peer.shake_hands().connect().publish();
  const auto outcome = peer.send(testing::chunks({.chunk_stream = 4,
                                                  .type = MessageType::data_amf0,
                                                  .stream = 1,
                                                  .body = testing::bytes(2, 0, 50, 'x')}));
  EXPECT_FALSE(outcome.error);
  EXPECT_TRUE(outcome.events.empty());
}

TEST(PublishSession, TakesAggregateMessagesApart) {
  Bytes body;
  ByteWriter writer{body};
  const auto add = [&](MessageType type, std::uint32_t timestamp, const Bytes& tag) {
    writer.u8(static_cast<std::uint8_t>(type));
    writer.u24(static_cast<std::uint32_t>(tag.size()));
    writer.u24(timestamp & 0xffffff);
    writer.u8(static_cast<std::uint8_t>(timestamp >> 24));
    writer.u24(0);
    writer.bytes(tag);
    writer.u32(static_cast<std::uint32_t>(tag.size() + 11));
  };
  add(MessageType::video, 0x01000000, testing::avc_header());
  add(MessageType::video, 0x01000000, testing::avc_frame(true));
  add(MessageType::data_amf0, 0x01000001, testing::bytes(5));
  add(MessageType::video, 0x01000021, testing::avc_frame(false));
  Peer peer;
  peer.shake_hands().connect().publish();
  const auto outcome = peer.send(testing::media(MessageType::aggregate, 5000, body));
  ASSERT_FALSE(outcome.error) << outcome.error.message();
  EXPECT_EQ(outcome.all<media::TrackConfig>().size(), 1u);
  const auto packets = outcome.all<media::Packet>();
  ASSERT_EQ(packets.size(), 2u);
  EXPECT_EQ(packets[0].dts, 5000 * 90);
  EXPECT_EQ(packets[1].dts, 5033 * 90);
  EXPECT_EQ(peer.session().buffered_bytes(), 0u);

  body.resize(body.size() - 10);
  EXPECT_EQ(peer.send(testing::media(MessageType::aggregate, 5000, body)).error, Errc::bad_aggregate);
}

TEST(PublishSession, KeepsTimestampsBeyondTheirExtensionAndTheirWrap) {
  Peer peer;
  peer.shake_hands().connect().publish();
  peer.send(testing::media(MessageType::video, 0, testing::avc_header()));
  for (const std::uint32_t timestamp : {0xfffffeu, 0xffffffu, 0x1000000u, 0xffffffffu, 0u}) {
    const auto packets = peer.send(testing::media(MessageType::video, timestamp, testing::avc_frame(true)))
                             .all<media::Packet>();
    ASSERT_EQ(packets.size(), 1u);
    EXPECT_EQ(packets[0].dts, media::MediaTime{timestamp} * 90);
  }
}

TEST(PublishSession, AcknowledgesTwiceInThePeersWindow) {
  Peer peer;
  peer.shake_hands().connect().publish();
  Message window{.type = MessageType::window_ack_size, .body = testing::bytes(0, 0, 0x20, 0)};
  const auto first = messages(peer.send(testing::chunks(window)).output);
  EXPECT_TRUE(first.empty());  // the window counts from where it was told
  std::size_t acknowledgements = 0;
  for (int i = 0; i < 100; ++i)
    for (const auto& message :
         messages(peer.send(testing::media(MessageType::audio, 0, testing::aac_header())).output))
      acknowledgements += message.type == MessageType::acknowledgement ? 1 : 0;
  EXPECT_EQ(acknowledgements, 1u);  // handshake and 1900 bytes more, in pieces of 4096
}

TEST(PublishSession, AnswersPings) {
  Peer peer;
  peer.shake_hands().connect().publish();
  Message ping{.type = MessageType::user_control, .body = testing::bytes(0, 6, 1, 2, 3, 4)};
  const auto answers = messages(peer.send(testing::chunks(ping)).output);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].type, MessageType::user_control);
  EXPECT_EQ(answers[0].body, testing::bytes(0, 7, 1, 2, 3, 4));
}

TEST(PublishSession, SaysWhatGarbageLooksLike) {
  const auto detail = [](const Bytes& sent) {
    PublishSession session{{}, kRandom};
    session.feed(sent);
    EXPECT_EQ(session.next().error(), Errc::not_rtmp);
    EXPECT_TRUE(session.take_output().empty());
    return session.detail();
  };
  EXPECT_THAT(detail(testing::bytes(0x16, 3, 1)), ::testing::HasSubstr("TLS"));
  EXPECT_THAT(detail(testing::bytes('G', 'E', 'T')), ::testing::HasSubstr("HTTP"));
  EXPECT_THAT(detail(testing::bytes(6)), ::testing::HasSubstr("RTMPE"));
  EXPECT_THAT(detail(testing::bytes(0)), ::testing::HasSubstr("version 3"));
}

TEST(PublishSession, TellsThePublisherWhatWasWrong) {
  Peer peer;
  peer.shake_hands();
  peer.ask(testing::connect());
  peer.ask(testing::publish());
  const auto answers =
      peer.ask(testing::media(MessageType::video, 0, testing::bytes(0x90, 'h', 'v', 'c', '1', 0)));
  EXPECT_EQ(peer.error(), Errc::unsupported_video_codec);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(said(answers[0], "code"), "NetStream.Publish.Rejected");
  EXPECT_EQ(said(answers[0], "description"), "video codec HEVC (hvc1) is not supported; expected H.264");
  EXPECT_EQ(peer.session().detail(), said(answers[0], "description"));
}

TEST(PublishSession, RefusesAMessageTypeThatDoesNotExist) {
  const auto outcome =
      Peer{}.shake_hands().connect().send(testing::chunks({.type = MessageType{99}, .body = {}}));
  EXPECT_EQ(outcome.error, Errc::unknown_message_type);
}

TEST(PublishSession, HoldsLittleBeforeThePublisherIsAccepted) {
  Peer peer;
  peer.shake_hands().connect();
  // Every chunk stream there may be begins the largest message there may be, and none ends.
  ErrorCode error;
  for (int id = 3; id < 64; ++id) {
    const auto header = testing::bytes(id, 0, 0, 0, 0, 0xff, 0xff, 20, 0, 0, 0, 0);
    error = peer.send(concat({header, Bytes(128)})).error;
    if (error) break;
    EXPECT_LE(peer.session().buffered_bytes(), 128u * 1024 + 18);
  }
  EXPECT_EQ(error, Errc::too_much_buffered);
}

TEST(PublishSession, RefusesAMediaSizedMessageBeforeThePublisherIsAccepted) {
  Peer peer;
  peer.shake_hands().connect();
  EXPECT_EQ(peer.send(testing::bytes(3, 0, 0, 0, 1, 0, 1, 20, 0, 0, 0, 0)).error, Errc::message_too_large);
}

TEST(PublishSession, RefusesMuchInputWhileItIsBeingDecided) {
  PublishSession session{{}, kRandom};
  session.feed(
      concat({testing::handshake(), testing::connect(), testing::create_stream(), testing::publish()}));
  ASSERT_TRUE(session.next()->has_value());
  for (int i = 0; i < 100; ++i) session.feed(Bytes(4096));
  EXPECT_LE(session.buffered_bytes(), 128u * 1024);
  EXPECT_EQ(session.next().error(), Errc::too_much_buffered);
}

TEST(PublishSession, RefusesAPeerThatAsksAndNeverTakesTheAnswers) {
  PublishSession session{{}, kRandom};
  session.feed(concat({testing::handshake(), testing::connect()}));
  const auto question = testing::create_stream();
  ErrorCode error;
  for (int i = 0; i < 10'000 && !error; ++i) {
    session.feed(question);
    const auto event = session.next();
    if (!event) error = event.error();
  }
  EXPECT_EQ(error, Errc::output_overflow);
  EXPECT_LT(session.take_output().size(), 66u * 1024);
}

TEST(PublishSession, TakesALargeKeyFrameOnceAccepted) {
  auto frame = testing::bytes(0x17, 1, 0, 0, 0, 0, 0x30, 0, 0, 0x65);
  frame.resize(9 + 0x300000);
  const auto outcome =
      testing::run(concat({testing::handshake(), testing::connect(), testing::create_stream(),
                           testing::publish(), testing::media(MessageType::video, 0, testing::avc_header()),
                           testing::media(MessageType::video, 0, frame)}));
  ASSERT_FALSE(outcome.error) << outcome.error.message();
  const auto packets = outcome.all<media::Packet>();
  ASSERT_EQ(packets.size(), 1u);
  EXPECT_EQ(packets[0].data->size(), 4u + 0x300000);
}

TEST(PublishSession, BeginsItsOutputWithTheHandshake) {
  const auto outcome = testing::run(testing::handshake());
  EXPECT_EQ(outcome.output.size(), kHandshakeOutput);
}

}  // namespace
}  // namespace levee::rtmp
