#include "levee/media/error.hpp"

#include <string>

namespace levee::media {
namespace {

class Category : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "levee.media"; }

  std::string message(int code) const override {
    switch (static_cast<Errc>(code)) {
      case Errc::bad_avc_config:
        return "bad H.264 decoder configuration";
      case Errc::bad_sps:
        return "bad H.264 sequence parameter set";
      case Errc::bad_nal_lengths:
        return "H.264 NAL units do not fill their packet";
      case Errc::unsupported_nal_length:
        return "H.264 NAL lengths are not 4 bytes";
      case Errc::bad_aac_config:
        return "bad AAC configuration";
      case Errc::unsupported_aac:
        return "AAC is neither LC nor HE, or has no plain channel layout";
      case Errc::bad_adts_header:
        return "bad ADTS header";
      case Errc::not_a_transport_stream:
        return "no MPEG-TS in what the publisher sends";
      case Errc::no_supported_stream:
        return "the transport stream has neither H.264 video nor AAC (ADTS) audio";
    }
    return "unknown media error";
  }
};

}  // namespace

ErrorCode make_error_code(Errc code) {
  static const Category category;
  return {static_cast<int>(code), category};
}

}  // namespace levee::media
