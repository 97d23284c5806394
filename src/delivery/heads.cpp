#include "delivery/heads.hpp"

#include <array>
#include <utility>

#include <spdlog/fmt/fmt.h>

namespace levee::delivery {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kMethods = "GET, HEAD, OPTIONS";

std::string_view reason(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 416:
      return "Range Not Satisfiable";
    case 426:
      return "Upgrade Required";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Internal Server Error";
  }
}

Head make_error(unsigned status) {
  switch (status) {
    case 405:
      return make_head(status, kText, kNoStore, fmt::format("Allow: {}\r\n", kMethods));
    case 426:
      return make_head(status, kText, kNoStore, "Upgrade: websocket\r\n");
    case 503:
      return make_head(status, kText, kNoStore, "Retry-After: 1\r\n");
    default:
      return make_head(status, kText, kNoStore);
  }
}

const Head& error_head(unsigned status) {
  static const std::array kHeads = [] {
    constexpr std::array<unsigned, 10> kStatuses{500, 400, 404, 405, 413, 416, 426, 431, 503, 505};
    std::array<Head, kStatuses.size()> heads;
    for (std::size_t i = 0; i < heads.size(); ++i) heads[i] = make_error(kStatuses[i]);
    return heads;
  }();
  for (const Head& head : kHeads) {
    if (head.status == status) return head;
  }
  return kHeads.front();
}

}  // namespace

std::string cache_for(std::uint32_t seconds) { return fmt::format("public, max-age={}", seconds); }

Head make_head(unsigned status, std::string_view content_type, std::string_view cache_control,
               std::string_view fields) {
  std::string text = fmt::format("HTTP/1.1 {} {}\r\n", status, reason(status));
  if (!content_type.empty()) text += fmt::format("Content-Type: {}\r\n", content_type);
  text += fmt::format("Cache-Control: {}\r\n", cache_control);
  text +=
      "Access-Control-Allow-Origin: *\r\n"
      "Access-Control-Expose-Headers: Age, Date, Content-Length, Content-Range, Retry-After, Levee-Wait-Ms, "
      "Levee-Ticket\r\n"
      "X-Content-Type-Options: nosniff\r\n";
  text += fields;
  return {status, std::move(text)};
}

Response plain(unsigned status, std::string_view text, RequestKind kind) {
  Response response;
  response.head = &error_head(status);
  response.body = Body{nullptr, as_bytes(text)};
  response.kind = kind;
  return response;
}

const Head& options_head() {
  static const Head kHead = make_head(
      204, {}, "public, max-age=86400",
      fmt::format("Allow: {0}\r\nAccess-Control-Allow-Methods: {0}\r\nAccess-Control-Allow-Headers: Range\r\n"
                  "Access-Control-Max-Age: 86400\r\n",
                  kMethods));
  return kHead;
}

}  // namespace levee::delivery
