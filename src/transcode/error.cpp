#include "levee/transcode/error.hpp"

#include <string>

namespace levee::transcode {

namespace {

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "transcode"; }
  std::string message(int code) const override {
    switch (static_cast<Errc>(code)) {
      case Errc::encoder_missing:
        return "libavcodec has no libx264";
      case Errc::decoder_missing:
        return "libavcodec has no decoder for this codec";
      case Errc::scaler_refused:
        return "libswscale cannot convert these pictures";
    }
    return "unknown";
  }
};

}  // namespace

ErrorCode make_error_code(Errc code) {
  static const Category category;
  return {static_cast<int>(code), category};
}

}  // namespace levee::transcode
