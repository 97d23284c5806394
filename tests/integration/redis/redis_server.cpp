#include "redis_server.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <unistd.h>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

namespace levee::test {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool is_free(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const auto address = loopback(port);
  const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return bound;
}

// Below the kernel's own range, so that no outgoing connection takes it while the server is down.
std::uint16_t free_port() {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const auto port = static_cast<std::uint16_t>(20000 + (::getpid() * 7 + attempt * 13) % 12000);
    if (is_free(port) && is_free(static_cast<std::uint16_t>(port + 1))) return port;  // one more: a cluster's
  }
  throw std::runtime_error{"no free port"};
}

bool accepts(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const auto address = loopback(port);
  const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return connected;
}

std::string new_folder() {
  std::string pattern = std::filesystem::temp_directory_path() / "levee-redis-XXXXXX";
  return ::mkdtemp(pattern.data());
}

pid_t run(std::vector<std::string> words) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  const int null = ::open("/dev/null", O_RDWR);
  ::dup2(null, STDOUT_FILENO);
  ::dup2(null, STDERR_FILENO);
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

void wait_for(const std::function<bool()>& ready) {
  for (int i = 0; i < 500; ++i) {
    if (ready()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  throw std::runtime_error{"redis-server does not answer"};
}

std::string answer(std::uint16_t port, const std::string& command) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const auto address = loopback(port);
  const auto line = command + "\r\n";
  std::string reply(4096, '\0');
  ssize_t size = -1;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()))
    size = ::read(fd, reply.data(), reply.size());
  ::close(fd);
  reply.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  return reply;
}

}  // namespace

RedisServer::RedisServer(Mode mode, std::vector<std::string> more)
    : port_{free_port()}, folder_{new_folder()}, mode_{mode}, more_{std::move(more)} {
  if (tls()) make_certificate();
  start();
}

RedisServer::~RedisServer() {
  kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void RedisServer::make_certificate() const {
  const auto command =
      "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost "
      "-addext subjectAltName=DNS:localhost -keyout " +
      folder_ + "/key.pem -out " + certificate() + " 2>/dev/null";
  if (std::system(command.c_str()) != 0) throw std::runtime_error{"openssl made no certificate"};
}

void RedisServer::start() {
  std::vector<std::string> words{"redis-server", "--bind", "127.0.0.1", "--save", "",
                                 "--appendonly", "no",     "--dir",     folder_};
  if (tls()) {
    const std::vector<std::string> more{"--port",
                                        "0",
                                        "--tls-port",
                                        port(),
                                        "--tls-auth-clients",
                                        "no",
                                        "--tls-cert-file",
                                        certificate(),
                                        "--tls-key-file",
                                        folder_ + "/key.pem",
                                        "--tls-ca-cert-file",
                                        certificate()};
    words.insert(words.end(), more.begin(), more.end());
  } else {
    words.insert(words.end(), {"--port", port()});
  }
  if (mode_ == Mode::cluster || mode_ == Mode::tls_cluster) {
    const auto bus_port = std::to_string(port_ + 1);
    for (const auto* word : {"--cluster-enabled", "yes", "--cluster-port", bus_port.c_str(),
                             "--cluster-node-timeout", "2000", "--cluster-require-full-coverage", "no",
                             "--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0"})
      words.emplace_back(word);
  }
  if (mode_ == Mode::tls_cluster) words.insert(words.end(), {"--tls-cluster", "yes"});
  words.insert(words.end(), more_.begin(), more_.end());
  pid_ = run(words);
  wait_for([this] { return tls() ? accepts(port_) : answer(port_, "PING").starts_with('+'); });
}

RedisSentinel::RedisSentinel(const RedisServer& server) : port_{free_port()}, folder_{new_folder()} {
  const auto settings = folder_ + "/sentinel.conf";
  std::ofstream{settings} << "port " << port_ << "\nbind 127.0.0.1\ndir " << folder_
                          << "\nsentinel monitor main 127.0.0.1 " << server.port() << " 1\n";
  pid_ = run({"redis-server", settings, "--sentinel"});
  wait_for([this] { return answer(port_, "PING").starts_with('+'); });
}

RedisSentinel::~RedisSentinel() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void RedisServer::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

RedisCluster::RedisCluster()
    : servers_{RedisServer{RedisServer::Mode::cluster}, RedisServer{RedisServer::Mode::cluster},
               RedisServer{RedisServer::Mode::cluster}, RedisServer{RedisServer::Mode::cluster}} {
  const std::size_t third = 16384 / kMasters;
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    const auto& server = servers_[i];
    server.ask("CLUSTER SET-CONFIG-EPOCH " + std::to_string(i + 1));
    if (i > 0)
      server.ask("CLUSTER MEET 127.0.0.1 " + servers_[0].port() + ' ' +
                 std::to_string(std::stoi(servers_[0].port()) + 1));
    if (i == kMasters) continue;
    const auto last = i + 1 == kMasters ? 16383 : (i + 1) * third - 1;
    server.ask("CLUSTER ADDSLOTSRANGE " + std::to_string(i * third) + ' ' + std::to_string(last));
  }
  const auto all_say = [this](const std::string& what) {
    return std::ranges::all_of(servers_, [&](const RedisServer& server) {
      return server.ask("CLUSTER INFO").find(what) != std::string::npos;
    });
  };
  wait_for([&] { return all_say("cluster_known_nodes:4") && all_say("cluster_slots_assigned:16384"); });
  wait_for([&] { return replica().ask("CLUSTER REPLICATE " + id(kMasters - 1)).starts_with('+'); });
  wait_for(
      [&] { return replica().ask("INFO replication").find("master_link_status:up") != std::string::npos; });
  wait_for([&] { return all_say("cluster_state:ok"); });
}

std::size_t RedisCluster::owner(const std::string& key) const {
  std::size_t index = 0;
  while (index + 1 < kMasters && servers_[index].ask("EXISTS " + key).starts_with("-MOVED")) ++index;
  return index;
}

// "$40\r\nthe id\r\n"
std::string RedisCluster::id(std::size_t index) const {
  const auto answer = servers_[index].ask("CLUSTER MYID");
  return answer.substr(answer.find('\n') + 1, 40);
}

void RedisCluster::begin_move(const std::string& key, std::size_t to) {
  const auto answer = servers_[0].ask("CLUSTER KEYSLOT " + key);  // ":123\r\n"
  move_ = {answer.substr(1, answer.find('\r') - 1), owner(key), to};
  servers_[to].ask("CLUSTER SETSLOT " + move_.slot + " IMPORTING " + id(move_.from));
  servers_[move_.from].ask("CLUSTER SETSLOT " + move_.slot + " MIGRATING " + id(to));
}

std::size_t RedisCluster::move_keys(std::size_t count) const {
  const auto& from = servers_[move_.from];
  std::string keys;
  std::istringstream lines{from.ask("CLUSTER GETKEYSINSLOT " + move_.slot + ' ' + std::to_string(count))};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('*') && !line.starts_with('$')) keys += ' ' + line.substr(0, line.size() - 1);
  }
  if (!keys.empty()) from.ask("MIGRATE 127.0.0.1 " + servers_[move_.to].port() + " \"\" 0 2000 KEYS" + keys);
  return std::stoul(from.ask("CLUSTER COUNTKEYSINSLOT " + move_.slot).substr(1));  // ":3\r\n"
}

void RedisCluster::finish_move() {
  while (move_keys(50) > 0) {
  }
  const auto owner = id(move_.to);
  for (const auto index : {move_.to, move_.from})
    servers_[index].ask("CLUSTER SETSLOT " + move_.slot + " NODE " + owner);
}

void RedisCluster::flush() const {
  for (const auto& server : servers_) server.ask("FLUSHALL");
}

std::string RedisServer::ask(const std::string& command) const { return answer(port_, command); }

void RedisServer::freeze() { ::kill(pid_, SIGSTOP); }
void RedisServer::thaw() { ::kill(pid_, SIGCONT); }

}  // namespace levee::test
