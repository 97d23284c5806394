#include "levee/delivery/error.hpp"

#include <string>

namespace levee::delivery {
namespace {

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "levee.delivery"; }

  std::string message(int value) const override {
    switch (static_cast<Errc>(value)) {
      case Errc::head_too_large:
        return "the request's line and header fields are too long";
      case Errc::malformed_head:
        return "not an HTTP/1.1 request";
      case Errc::bare_line_feed:
        return "a line ends in LF without CR";
      case Errc::missing_host:
        return "an HTTP/1.1 request has exactly one Host field";
      case Errc::unsupported_version:
        return "this server speaks HTTP/1.1 and HTTP/1.0";
      case Errc::body_refused:
        return "requests with a body are not accepted";
    }
    return "unknown delivery error";
  }
};

}  // namespace

ErrorCode make_error_code(Errc code) {
  static const Category category;
  return {static_cast<int>(code), category};
}

unsigned status_of(Errc code) {
  switch (code) {
    case Errc::head_too_large:
      return 431;
    case Errc::unsupported_version:
      return 505;
    case Errc::body_refused:
      return 413;
    case Errc::malformed_head:
    case Errc::bare_line_feed:
    case Errc::missing_host:
      break;
  }
  return 400;
}

}  // namespace levee::delivery
