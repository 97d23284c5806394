#include "levee/ingest/stream_id.hpp"

#include <string>

#include <gtest/gtest.h>

namespace levee::ingest {
namespace {

std::string key_of(std::string_view text) {
  const auto id = parse_stream_id(text);
  return id ? id->key : "error: " + id.error().message();
}

ErrorCode error_of(std::string_view text) {
  const auto id = parse_stream_id(text);
  return id ? ErrorCode{} : id.error();
}

TEST(StreamId, PlainForm) {
  EXPECT_EQ(key_of("publish:mystream"), "mystream");
  EXPECT_EQ(key_of("publish:live/cam1:secret"), "live/cam1:secret");
  EXPECT_EQ(error_of("publish:"), Errc::bad_stream_id);
}

TEST(StreamId, KeyedFormInAnyOrder) {
  EXPECT_EQ(key_of("#!::m=publish,r=cam1"), "cam1");
  EXPECT_EQ(key_of("#!::r=live/cam1,m=publish,u=obs"), "live/cam1");
  EXPECT_EQ(parse_stream_id("#!::r=live/cam1,m=publish,u=obs")->user, "obs");
  EXPECT_EQ(key_of("#!::h=example.org,t=stream,m=publish,r=a=b"), "a=b");
}

TEST(StreamId, KeyedFormThatFfmpegSendsPercentEncoded) {
  EXPECT_EQ(key_of("%23!::m=publish,r=cam1"), "cam1");
  EXPECT_EQ(key_of("%23!%3A%3Am%3Dpublish%2cr%3Dcam%201"), "cam 1");
  EXPECT_EQ(error_of("%23!::m=publish,r=%4"), Errc::bad_stream_id);
  EXPECT_EQ(error_of("%23!::m=publish,r=%zz"), Errc::bad_stream_id);
}

TEST(StreamId, OnlyPublishersMayCall) {
  EXPECT_EQ(error_of("#!::r=cam1"), Errc::not_a_publisher) << "the default mode is request";
  EXPECT_EQ(error_of("#!::m=request,r=cam1"), Errc::not_a_publisher);
  EXPECT_EQ(error_of("read:cam1"), Errc::not_a_publisher);
}

TEST(StreamId, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(error_of(""), Errc::bad_stream_id);
  EXPECT_EQ(error_of("cam1"), Errc::bad_stream_id);
  EXPECT_EQ(error_of("#!::"), Errc::not_a_publisher);
  EXPECT_EQ(error_of("#!::m=publish"), Errc::bad_stream_id);
  EXPECT_EQ(error_of("#!::m=publish,r="), Errc::bad_stream_id);
  EXPECT_EQ(error_of("#!::m=publish,cam1"), Errc::bad_stream_id);
  EXPECT_EQ(error_of("#!:{m=publish,r=cam1}"), Errc::bad_stream_id);
  EXPECT_EQ(error_of("publish:a\nb"), Errc::bad_stream_id);
  EXPECT_EQ(error_of("publish:" + std::string(505, 'a')), Errc::bad_stream_id) << "513 bytes";
  EXPECT_EQ(key_of("publish:" + std::string(504, 'a')), std::string(504, 'a'));
}

}  // namespace
}  // namespace levee::ingest
