#include <string>

#include <boost/system/error_category.hpp>

#include "levee/stream/publish.hpp"

namespace levee::stream {
namespace {

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "levee.stream"; }

  std::string message(int value) const override {
    switch (static_cast<Errc>(value)) {
      case Errc::unknown_key:
        return "unknown stream key";
      case Errc::name_taken:
        return "the stream is being published by another connection";
      case Errc::bad_name:
        return "not a stream name";
      case Errc::too_many_streams:
        return "the limit of streams is reached";
      case Errc::stopping:
        return "the server is going down";
      case Errc::taken_over:
        return "another connection took the stream over";
      case Errc::failed:
        return "the stream can't be processed here";
    }
    return "unknown error";
  }
};

}  // namespace

ErrorCode make_error_code(Errc code) {
  static const Category category;
  return {static_cast<int>(code), category};
}

}  // namespace levee::stream
