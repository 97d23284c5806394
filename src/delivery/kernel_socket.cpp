#include "delivery/kernel_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <linux/sockios.h>
#include <sched.h>
#include <sstream>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace levee::delivery {
namespace {

constexpr std::size_t kLongestName = 16;  ///< TCP_CA_NAME_MAX
/// A peer that is silent for so long is asked whether it is there; it has this many chances to say so.
constexpr int kSilenceSeconds = 30;
constexpr int kAskAgainSeconds = 10;
constexpr int kChances = 3;

template <class Value>
void set(int socket, int level, int name, const Value& value) {
  ::setsockopt(socket, level, name, &value, sizeof value);
}

/// Takes the next word, separated by spaces, off the front of `line`.
std::string_view take_word(std::string_view& line) {
  const auto begin = std::min(line.find_first_not_of(' '), line.size());
  line.remove_prefix(begin);
  const auto word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  return word;
}

}  // namespace

ErrorCode set_congestion_control(int socket, const std::string& name) {
  const auto size = static_cast<socklen_t>(name.size());
  if (::setsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, name.data(), size) == 0) return {};
  return {errno, boost::system::system_category()};
}

std::string congestion_control(int socket) {
  std::array<char, kLongestName> name{};
  auto size = static_cast<socklen_t>(name.size());
  if (::getsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, name.data(), &size) != 0) return {};
  return {name.begin(), std::find(name.begin(), name.begin() + size, '\0')};
}

void end_dead_peers(int socket, Duration limit) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
  set(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<unsigned>(milliseconds));
  set(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(socket, IPPROTO_TCP, TCP_KEEPIDLE, kSilenceSeconds);
  set(socket, IPPROTO_TCP, TCP_KEEPINTVL, kAskAgainSeconds);
  set(socket, IPPROTO_TCP, TCP_KEEPCNT, kChances);
}

int accept_connection(int listening_socket) {
  return ::accept4(listening_socket, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

std::uint32_t accept_queue(int listening_socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(listening_socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
  return info.tcpi_unacked;  // of a listening socket: the length of its accept queue
}

std::uint64_t unacknowledged_bytes(int socket) {
  int bytes = 0;
  if (::ioctl(socket, SIOCOUTQ, &bytes) != 0) return 0;
  return static_cast<std::uint64_t>(bytes);
}

Duration thread_cpu_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

std::size_t usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<std::size_t>(std::max(CPU_COUNT(&set), 1));
}

std::optional<std::size_t> lowest_free_descriptor() {
  const int free = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (free < 0) return std::nullopt;
  ::close(free);
  return static_cast<std::size_t>(free);
}

std::optional<std::uint64_t> listen_overflows(std::string_view netstat) {
  // Two lines of each kind: the names, then the numbers in the same order.
  const auto names_at = netstat.find("TcpExt:");
  if (names_at == std::string_view::npos) return std::nullopt;
  const auto names_end = netstat.find('\n', names_at);
  if (names_end == std::string_view::npos) return std::nullopt;
  auto names = netstat.substr(names_at, names_end - names_at);
  auto numbers = netstat.substr(names_end + 1);
  numbers = numbers.substr(0, numbers.find('\n'));
  for (;;) {
    const auto name = take_word(names);
    const auto number = take_word(numbers);
    if (name.empty() || number.empty()) return std::nullopt;
    if (name != "ListenOverflows") continue;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc{}) return std::nullopt;
    return value;
  }
}

std::optional<std::uint64_t> listen_overflows() {
  std::ifstream file{"/proc/net/netstat"};
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) return std::nullopt;
  return listen_overflows(std::string_view{text.view()});
}

}  // namespace levee::delivery
