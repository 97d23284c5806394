#include "levee/ingest/error.hpp"

#include <string>

namespace levee::ingest {
namespace {

class Category : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "levee.ingest"; }

  std::string message(int code) const override {
    switch (static_cast<Errc>(code)) {
      case Errc::publisher_finished:
        return "finished by the publisher";
      case Errc::no_publish_in_time:
        return "did not publish in time";
      case Errc::silent_publisher:
        return "the publisher fell silent";
      case Errc::slow_reader:
        return "the publisher does not take our answers";
      case Errc::stopping:
        return "the server is going down";
      case Errc::too_many_connections:
        return "too many connections";
      case Errc::too_many_from_address:
        return "too many connections from this address that have not published";
      case Errc::bad_stream_id:
        return "the stream id is neither publish:KEY nor #!::m=publish,r=KEY";
      case Errc::not_a_publisher:
        return "the stream id does not ask to publish";
    }
    return "unknown ingest error";
  }
};

}  // namespace

ErrorCode make_error_code(Errc code) {
  static const Category category;
  return {static_cast<int>(code), category};
}

}  // namespace levee::ingest
