#include "redis_server.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
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
    if (is_free(port)) return port;
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

RedisServer::RedisServer(bool tls) : port_{free_port()}, folder_{new_folder()}, tls_{tls} {
  if (tls_) make_certificate();
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
  if (tls_) {
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
  pid_ = run(words);
  wait_for([this] { return tls_ ? accepts(port_) : answer(port_, "PING").starts_with('+'); });
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

std::string RedisServer::ask(const std::string& command) const { return answer(port_, command); }

void RedisServer::freeze() { ::kill(pid_, SIGSTOP); }
void RedisServer::thaw() { ::kill(pid_, SIGCONT); }

}  // namespace levee::test
