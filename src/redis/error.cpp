#include "levee/redis/error.hpp"

#include <string>

namespace levee::redis {
namespace {

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "redis"; }
  std::string message(int code) const override {
    switch (static_cast<Errc>(code)) {
      case Errc::bad_url:
        return "a Redis URL is redis://[user:password@]host[:port][/database], or one of +sentinel:// or "
               "+cluster://";
      case Errc::no_master:
        return "no Sentinel tells a master of this name";
      case Errc::protocol:
        return "the server does not speak RESP2";
      case Errc::refused:
        return "the server refused us";
      case Errc::timeout:
        return "no answer in time";
      case Errc::too_many_waiting:
        return "too many commands wait";
      case Errc::no_server:
        return "no server of the cluster has this slot now";
    }
    return "unknown error";
  }
};

}  // namespace

const boost::system::error_category& error_category() {
  static const Category category;
  return category;
}

}  // namespace levee::redis
