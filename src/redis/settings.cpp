#include "levee/redis/settings.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <system_error>

namespace levee::redis {
namespace {

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return {};
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
    const auto low = high ? hex_digit(text[i + 2]) : std::nullopt;
    if (!low) return {};
    out += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return out;
}

template <class Number>
std::optional<Number> number(std::string_view text, Number least, Number most) {
  Number value{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || value < least || value > most)
    return {};
  return value;
}

bool read_credentials(std::string_view text, Address& address) {
  const auto colon = text.find(':');
  const auto user = percent_decoded(text.substr(0, colon));
  const auto password = colon == std::string_view::npos ? std::optional<std::string>{""}
                                                        : percent_decoded(text.substr(colon + 1));
  if (!user || !password) return false;
  address.user = *user;
  address.password = *password;
  return true;
}

std::optional<Endpoint> read_endpoint(std::string_view text, std::string port) {
  Endpoint endpoint{{}, std::move(port)};
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return {};
    endpoint.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    endpoint.host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  if (endpoint.host.empty()) return {};
  if (rest.empty()) return endpoint;
  if (!rest.starts_with(':') || !number<int>(rest.substr(1), 1, 65535)) return {};
  endpoint.port = rest.substr(1);
  return endpoint;
}

bool read_endpoints(std::string_view text, const std::string& port, std::vector<Endpoint>& out) {
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    auto endpoint = read_endpoint(text.substr(0, comma), port);
    if (!endpoint) return false;
    out.push_back(std::move(*endpoint));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return !out.empty();
}

bool read_database(std::string_view text, Address& address) {
  const auto chosen = text.empty() ? std::optional{0} : number<int>(text, 0, 1'000'000);
  address.database = chosen.value_or(0);
  return chosen.has_value();
}

/// What the hosts of a URL are.
enum class Hosts { server, sentinels, cluster };

// What comes after the first slash: a database, or with Sentinels a master and then a database. A cluster has
// one database alone.
bool read_path(std::string_view path, Hosts hosts, Address& address) {
  if (hosts == Hosts::cluster) return path.empty();
  if (hosts == Hosts::server) return read_database(path, address);
  const auto slash = std::min(path.find('/'), path.size());
  address.master = path.substr(0, slash);
  return !address.master.empty() && read_database(path.substr(std::min(slash + 1, path.size())), address);
}

// Takes the scheme off. Nothing: it is none of ours.
std::optional<Hosts> take_scheme(std::string_view& url, Address& address) {
  constexpr std::pair<Hosts, std::string_view> kKinds[] = {
      {Hosts::server, "://"}, {Hosts::sentinels, "+sentinel://"}, {Hosts::cluster, "+cluster://"}};
  for (const auto& [hosts, rest] : kKinds) {
    for (const bool tls : {false, true}) {
      const std::string scheme = (tls ? "rediss" : "redis") + std::string{rest};
      if (!url.starts_with(scheme)) continue;
      url.remove_prefix(scheme.size());
      address.tls = tls;
      return hosts;
    }
  }
  return {};
}

}  // namespace

Result<Address> parse_url(std::string_view url) {
  Address address;
  const auto kind = take_scheme(url, address);
  if (!kind) return Errc::bad_url;
  const auto slash = std::min(url.find('/'), url.size());
  const auto path = url.substr(std::min(slash + 1, url.size()));
  auto hosts = url.substr(0, slash);
  if (!read_path(path, *kind, address)) return Errc::bad_url;
  if (const auto at = hosts.rfind('@'); at != std::string_view::npos) {
    if (!read_credentials(hosts.substr(0, at), address)) return Errc::bad_url;
    hosts = hosts.substr(at + 1);
  }
  if (*kind == Hosts::sentinels) {
    if (!read_endpoints(hosts, "26379", address.sentinels)) return Errc::bad_url;
    return address;
  }
  if (*kind == Hosts::cluster) {
    if (!read_endpoints(hosts, "6379", address.cluster)) return Errc::bad_url;
    return address;
  }
  auto endpoint = read_endpoint(hosts, "6379");
  if (!endpoint) return Errc::bad_url;
  address.host = std::move(endpoint->host);
  address.port = std::move(endpoint->port);
  return address;
}

}  // namespace levee::redis
