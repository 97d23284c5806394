#include "levee/redis/resp.hpp"

#include <utility>

#include <hiredis/hiredis.h>

namespace levee::redis {
namespace {

/// No element of a list takes less: ":0\r\n".
constexpr std::size_t kLeastElement = 4;

template <class Words>
void append_words(std::string& out, const Words& words) {
  out += '*' + std::to_string(words.size()) + "\r\n";
  for (const auto& word : words) {
    out += '$' + std::to_string(word.size()) + "\r\n";
    out += word;
    out += "\r\n";
  }
}

Reply converted(const redisReply& raw) {
  Reply reply;
  switch (raw.type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      reply.type = Reply::Type::text;
      reply.text.assign(raw.str, static_cast<std::size_t>(raw.len));
      break;
    case REDIS_REPLY_ERROR:
      reply.type = Reply::Type::error;
      reply.text.assign(raw.str, static_cast<std::size_t>(raw.len));
      break;
    case REDIS_REPLY_INTEGER:
      reply.type = Reply::Type::integer;
      reply.integer = raw.integer;
      break;
    case REDIS_REPLY_ARRAY:
      reply.type = Reply::Type::list;
      for (std::size_t i = 0; i < raw.elements; ++i) reply.list.push_back(converted(*raw.element[i]));
      break;
    default:
      break;
  }
  return reply;
}

const redisReplyObjectFunctions& usual_functions() {
  static const redisReplyObjectFunctions usual = [] {
    const std::unique_ptr<redisReader, decltype(&redisReaderFree)> any{redisReaderCreate(), redisReaderFree};
    return *any->fn;
  }();
  return usual;
}

// hiredis makes room for as many elements as are announced, before any has come.
void* make_list(const redisReadTask* task, int count) {
  if (std::cmp_greater(count, ReplyReader::kMaxReply / kLeastElement)) return nullptr;
  return usual_functions().createArray(task, count);
}

redisReader* make_reader() {
  static redisReplyObjectFunctions functions = [] {
    redisReplyObjectFunctions out = usual_functions();
    out.createArray = make_list;
    return out;
  }();
  redisReader* const reader = redisReaderCreate();
  reader->fn = &functions;
  return reader;
}

}  // namespace

void append_command(std::string& out, std::span<const std::string_view> words) { append_words(out, words); }
void append_command(std::string& out, std::span<const std::string> words) { append_words(out, words); }

ReplyReader::ReplyReader() : reader_{make_reader()} {}

void ReplyReader::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

void ReplyReader::feed(BytesView bytes) {
  if (failed_) return;
  unfinished_ += bytes.size();
  failed_ =
      unfinished_ > kMaxReply ||
      redisReaderFeed(reader_.get(), reinterpret_cast<const char*>(bytes.data()), bytes.size()) != REDIS_OK;
}

Result<std::optional<Reply>> ReplyReader::next() {
  void* raw = nullptr;
  if (failed_ || redisReaderGetReply(reader_.get(), &raw) != REDIS_OK) {
    failed_ = true;
    return Errc::protocol;
  }
  if (raw == nullptr) return std::optional<Reply>{};
  unfinished_ = 0;
  const std::unique_ptr<void, decltype(&freeReplyObject)> owner{raw, freeReplyObject};
  return converted(*static_cast<const redisReply*>(raw));
}

}  // namespace levee::redis
