#include "levee/rtmp/publish_session.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "levee/rtmp/error.hpp"

#include "rtmp/command.hpp"
#include "rtmp/metadata.hpp"

namespace levee::rtmp {
namespace {

constexpr std::string_view kNoPlay =
    "This server only takes streams by RTMP; watch them over HLS at /live/NAME/index.m3u8";

// User control events. Source: RTMP 1.0 section 7.1.7.
constexpr std::uint16_t kPingRequest = 6;

bool same(const media::SourceInfo& a, const media::SourceInfo& b) {
  return a.encoder == b.encoder && a.expects_video == b.expects_video && a.expects_audio == b.expects_audio &&
         a.frame_rate == b.frame_rate;
}

std::string describe_first_byte(std::byte first) {
  switch (std::to_integer<unsigned>(first)) {
    case 0x16:
      return "this is TLS; expected plain RTMP (rtmp://, not rtmps://)";
    case 'G':
    case 'P':
    case 'H':
      return "this looks like HTTP; expected RTMP";
    case 6:
    case 8:
      return "encrypted RTMP (RTMPE) is not supported; expected plain RTMP";
    default:
      return {};
  }
}

/// The application of connect without what some clients add: "live/", "live?token=x".
std::string_view plain_app(std::string_view app) {
  app = app.substr(0, app.find('?'));
  while (app.ends_with('/')) app.remove_suffix(1);
  return app;
}

}  // namespace

PublishSession::PublishSession(PublishSettings settings, Handshake::Random random)
    : settings_{std::move(settings)}, handshake_{random}, chunks_{settings_.before_accept} {}

void PublishSession::feed(BytesView bytes) {
  received_ += bytes.size();
  if (failure_ || state_ == State::closed) return;
  if (state_ == State::handshake) {
    const auto consumed = handshake_.consume(bytes);
    if (!consumed) {
      fail(consumed.error(), describe_first_byte(bytes.front()));
      return;
    }
    replies_.raw(handshake_.take_output());
    if (handshake_.done()) state_ = State::connecting;
    bytes = bytes.subspan(*consumed);
  }
  if (state_ == State::deciding &&
      chunks_.waiting_bytes() + bytes.size() > settings_.before_accept.underway_bytes) {
    fail(Errc::too_much_buffered, "too much was sent before publish was answered");
    return;
  }
  chunks_.feed(bytes);
  acknowledge();
}

/// Twice in the peer's window, so that one that stops when it is full never does.
void PublishSession::acknowledge() {
  if (peer_window_ == 0 || received_ - acknowledged_ < (peer_window_ + 1) / 2) return;
  acknowledged_ = received_;
  replies_.acknowledgement(static_cast<std::uint32_t>(received_));  // wraps, as the specification has it
}

Result<std::optional<PublishSession::Event>> PublishSession::next() {
  for (;;) {
    if (failure_) return failure_;
    if (state_ == State::handshake || state_ == State::deciding || state_ == State::closed)
      return std::nullopt;
    Given given = std::nullopt;
    if (!aggregate_.empty()) {
      given = next_of_aggregate();
    } else {
      auto message = chunks_.next();
      if (!message) return fail(message.error());
      if (!*message) return std::nullopt;
      given = handle(std::move(**message));
    }
    if (!given) return fail(given.error());
    if (replies_.size() > settings_.output_bytes) return fail(Errc::output_overflow);
    if (*given) return given;
  }
}

void PublishSession::accept() {
  if (state_ != State::deciding) return;
  state_ = State::publishing;
  chunks_.set_limits(settings_.after_accept);
  replies_.stream_begin(publish_stream_);
  replies_.status(publish_stream_, "status", "NetStream.Publish.Start", "Publishing.");
}

void PublishSession::reject(std::string_view description) {
  if (state_ == State::deciding || state_ == State::publishing)
    replies_.status(publish_stream_, "error", "NetStream.Publish.BadName", description);
  state_ = State::closed;
}

PublishSession::Given PublishSession::handle(Message message) {
  switch (message.type) {
    case MessageType::audio:
    case MessageType::video:
    case MessageType::aggregate:
      return handle_media(std::move(message));
    case MessageType::command_amf0:
    case MessageType::command_amf3:
      return handle_command(message);
    case MessageType::data_amf0:
    case MessageType::data_amf3:
      return handle_data(message);
    case MessageType::acknowledgement:
    case MessageType::shared_object_amf0:
    case MessageType::shared_object_amf3:
      return std::nullopt;
    case MessageType::user_control:
    case MessageType::window_ack_size:
    case MessageType::set_peer_bandwidth:
      return handle_control(message);
    case MessageType::set_chunk_size:  // obeyed by the decoder
    case MessageType::abort:
      return std::nullopt;
  }
  return fail(Errc::unknown_message_type, "unknown message type " +
                                              std::to_string(static_cast<unsigned>(message.type)) +
                                              ": the bytes are out of step, or not RTMP");
}

PublishSession::Given PublishSession::handle_control(const Message& message) {
  ByteReader in{message.body};
  if (message.type == MessageType::user_control) {
    const auto event = in.u16();
    const auto value = in.u32();
    if (event == kPingRequest && in.ok()) replies_.ping_response(value);
    return std::nullopt;
  }
  const auto window = in.u32();
  if (!in.ok()) return Errc::bad_control_message;
  if (message.type == MessageType::window_ack_size) {
    peer_window_ = window;
  } else if (window != settings_.window_bytes) {
    replies_.window_ack_size(settings_.window_bytes);
  }
  return std::nullopt;
}

PublishSession::Given PublishSession::handle_data(const Message& message) {
  if (state_ != State::publishing) return std::nullopt;
  const auto values = read_values(message);
  if (!values) return std::nullopt;  // only shown to people: not worth a stream
  auto info = read_metadata(*values);
  if (!info || (info_ && same(*info, *info_))) return std::nullopt;
  info_ = *info;
  return Event{std::move(*info)};
}

PublishSession::Given PublishSession::handle_command(const Message& message) {
  const auto command = read_command(message);
  if (!command) return command.error();
  const auto& name = command->name;
  if (name == "connect") return connect(*command);
  if (state_ == State::connecting)
    return fail(Errc::unexpected_command, quoted(name) + " came before connect");
  if (name == "publish") return publish(*command);
  if (name == "FCUnpublish" || name == "deleteStream" || name == "closeStream") return finish(*command);
  if (name == "play" || name == "play2") return refuse_play(*command);
  answer(*command);
  return std::nullopt;
}

PublishSession::Given PublishSession::connect(const Command& command) {
  if (state_ != State::connecting) return fail(Errc::unexpected_command, "connect came twice");
  const auto text = [&](std::string_view name) {
    const auto* value = command.object.find(name);
    const auto* found = value ? value->get<std::string>() : nullptr;
    return found ? *found : std::string{};
  };
  app_ = plain_app(text("app"));
  tc_url_ = text("tcUrl");
  if (app_ != settings_.app) {
    const auto description = "There is no application " + quoted(app_) +
                             " here; the server address is rtmp://HOST/" + settings_.app;
    replies_.error(command.transaction, "NetConnection.Connect.Rejected", description);
    state_ = State::closed;
    return fail(Errc::unknown_app, description);
  }
  replies_.window_ack_size(settings_.window_bytes);
  replies_.set_peer_bandwidth(settings_.window_bytes);
  replies_.set_chunk_size(settings_.chunk_bytes);
  replies_.connected(command.transaction);
  state_ = State::connected;
  return std::nullopt;
}

PublishSession::Given PublishSession::publish(const Command& command) {
  const auto refuse = [&](std::string_view description) {
    replies_.status(command.stream, "error", "NetStream.Publish.BadName", description);
  };
  if (state_ != State::connected) {
    refuse("This connection has published its one stream; connect again for another");
    return std::nullopt;
  }
  const auto key = command.text_argument(0);
  if (key.empty() || key.size() > settings_.key_bytes) {
    const auto description =
        key.empty() ? std::string{"The stream key is missing"}
                    : "The stream key is longer than " + std::to_string(settings_.key_bytes) + " characters";
    refuse(description);
    state_ = State::closed;
    return fail(Errc::bad_stream_key, description);
  }
  publish_stream_ = command.stream;
  state_ = State::deciding;
  return Event{PublishRequested{app_, std::string{key}, tc_url_}};
}

PublishSession::Given PublishSession::finish(const Command& command) {
  if (command.name == "FCUnpublish") {
    replies_.fc_status("onFCUnpublish", "NetStream.Unpublish.Success");
  } else {
    replies_.status(publish_stream_, "status", "NetStream.Unpublish.Success", "Stopped publishing.");
  }
  replies_.result(command.transaction, amf0::Undefined{});

  const auto* stream = command.arguments.empty() ? nullptr : command.arguments[0].get<double>();
  if (command.name == "deleteStream" && stream && *stream != publish_stream_) return std::nullopt;
  if (state_ != State::publishing) return std::nullopt;
  state_ = State::finished;
  return Event{Finished{}};
}

PublishSession::Given PublishSession::refuse_play(const Command& command) {
  replies_.status(command.stream, "error", "NetStream.Play.StreamNotFound", kNoPlay);
  state_ = State::closed;
  return fail(Errc::play_refused);
}

/// Commands that change nothing here. Each is answered: some publishers wait for it for ever.
void PublishSession::answer(const Command& command) {
  const auto& name = command.name;
  if (name == "createStream") {
    replies_.result(command.transaction, static_cast<double>(++streams_created_));
  } else if (name == "FCPublish") {
    replies_.result(command.transaction, amf0::Undefined{});
    replies_.fc_status("onFCPublish", "NetStream.Publish.Start");
  } else if (name == "releaseStream" || name == "_checkbw" || name == "checkBandwidth") {
    replies_.result(command.transaction, amf0::Undefined{});
  } else if (name == "getStreamLength" || name == "FCSubscribe") {
    replies_.error(command.transaction, "NetStream.Play.StreamNotFound", kNoPlay);
  } else if (name != "_result" && name != "_error" && name != "onStatus") {
    replies_.error(command.transaction, "NetConnection.Call.Failed",
                   "There is no method " + quoted(name) + " here");
  }
}

PublishSession::Given PublishSession::handle_media(Message message) {
  if (state_ == State::finished) return std::nullopt;
  if (state_ != State::publishing) return Errc::media_before_publish;
  if (message.type != MessageType::aggregate)
    return media_event(message.type, message.timestamp, std::move(message.body));
  aggregate_ = std::move(message.body);
  aggregate_taken_ = 0;
  aggregate_timestamp_ = message.timestamp;
  aggregate_first_.reset();
  return std::nullopt;
}

/// Source: RTMP 1.0 section 7.1.6: FLV tags, whose times count from the message's own.
PublishSession::Given PublishSession::next_of_aggregate() {
  if (state_ == State::finished || aggregate_taken_ == aggregate_.size()) {
    aggregate_ = {};
    return std::nullopt;
  }
  ByteReader in{BytesView{aggregate_}.subspan(aggregate_taken_)};
  const auto type = static_cast<MessageType>(in.u8());
  const auto size = in.u24();
  const auto low = in.u24();
  const auto timestamp = std::uint32_t{in.u8()} << 24 | low;
  in.u24();  // the message stream id
  const auto body = in.bytes(size);
  if (!in.ok()) return Errc::bad_aggregate;
  if (!in.rest().empty()) in.u32();  // the size of this tag again; some leave out the last
  if (!in.ok()) return Errc::bad_aggregate;
  aggregate_taken_ = aggregate_.size() - in.rest().size();

  if (!aggregate_first_) aggregate_first_ = timestamp;
  if (type != MessageType::audio && type != MessageType::video) return std::nullopt;
  return media_event(type, aggregate_timestamp_ + (timestamp - *aggregate_first_),
                     Bytes{body.begin(), body.end()});
}

PublishSession::Given PublishSession::media_event(MessageType type, std::uint32_t timestamp, Bytes body) {
  std::array<std::byte, 5> front{};  // to name the codec when the body is gone
  const auto front_size = std::min(front.size(), body.size());
  std::copy_n(body.begin(), front_size, front.begin());
  const auto seen = BytesView{front}.first(front_size);

  const auto video = type == MessageType::video;
  auto event = video ? tags_.video(timestamp, std::move(body)) : tags_.audio(timestamp, std::move(body));
  if (event.has_value()) {
    if (!*event) return std::nullopt;
    return std::visit([](auto&& media) -> Given { return Event{std::forward<decltype(media)>(media)}; },
                      std::move(**event));
  }
  if (event.error() == Errc::unsupported_video_codec)
    return fail(event.error(), "video codec " + video_codec_name(seen) + " is not supported; expected H.264");
  if (event.error() == Errc::unsupported_audio_codec)
    return fail(event.error(), "audio codec " + audio_codec_name(seen) + " is not supported; expected AAC");
  return event.error();
}

/// Remembers the first error and tells the peer, if it has got far enough to understand and was not told yet.
ErrorCode PublishSession::fail(ErrorCode error, std::string detail) {
  if (failure_) return failure_;
  failure_ = error;
  detail_ = detail.empty() ? error.message() : std::move(detail);
  if (state_ == State::connected || state_ == State::deciding || state_ == State::publishing)
    replies_.status(publish_stream_, "error", "NetStream.Publish.Rejected", detail_);
  return failure_;
}

}  // namespace levee::rtmp
