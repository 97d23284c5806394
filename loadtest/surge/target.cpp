#include "surge/target.hpp"

#include <boost/asio/io_context.hpp>

namespace levee::surge {
namespace {

ErrorCode invalid() { return make_error_code(boost::system::errc::invalid_argument); }

std::string usual_port(std::string_view scheme) {
  if (scheme == "https" || scheme == "wss") return "443";
  return scheme == "rtmp" ? "1935" : "80";
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return invalid();
  Url url;
  url.scheme = text.substr(0, scheme_end);
  text.remove_prefix(scheme_end + 3);
  const auto slash = text.find('/');
  auto authority = text.substr(0, slash);
  url.path = slash == std::string_view::npos ? "/" : std::string{text.substr(slash)};
  if (authority.starts_with('[')) {
    const auto bracket = authority.find(']');
    if (bracket == std::string_view::npos) return invalid();
    url.host = authority.substr(1, bracket - 1);
    authority.remove_prefix(bracket + 1);
  } else {
    url.host = authority.substr(0, authority.find(':'));
    authority.remove_prefix(url.host.size());
  }
  if (authority.starts_with(':')) authority.remove_prefix(1);
  url.port = authority.empty() ? usual_port(url.scheme) : std::string{authority};
  if (url.host.empty() || url.port.find_first_not_of("0123456789") != std::string::npos) return invalid();
  return url;
}

Result<Target> resolve_target(std::string_view text) {
  const auto url = parse_url(text);
  if (!url) return url.error();
  if (url->scheme != "http") return invalid();
  boost::asio::io_context context;
  boost::asio::ip::tcp::resolver resolver{context};
  ErrorCode error;
  const auto found = resolver.resolve(url->host, url->port, error);
  if (error) return error;
  const bool address = url->host.find(':') != std::string::npos;
  return Target{*found.begin(), (address ? "[" + url->host + "]" : url->host) + ":" + url->port, url->path};
}

}  // namespace levee::surge
