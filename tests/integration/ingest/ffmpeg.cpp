#include "ffmpeg.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <spawn.h>
#include <stdexcept>
#include <thread>
#include <unistd.h>

#include <sys/wait.h>

namespace levee::test {

Ffmpeg::Ffmpeg(const std::vector<std::string>& arguments) {
  std::array<char, 32> name{"/tmp/levee-ffmpeg-XXXXXX"};
  const int file = ::mkstemp(name.data());
  if (file < 0) throw std::runtime_error{"no temporary file"};
  log_ = name.data();

  std::vector<std::string> all{"ffmpeg", "-nostdin", "-hide_banner"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (auto& argument : all) pointers.push_back(argument.data());
  pointers.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, file, STDERR_FILENO);
  const int error = ::posix_spawnp(&pid_, "ffmpeg", &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(file);
  if (error != 0) throw std::runtime_error{"ffmpeg does not start"};
}

Ffmpeg::~Ffmpeg() {
  kill();
  ::unlink(log_.c_str());
}

int Ffmpeg::wait() {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (pid_ > 0 && std::chrono::steady_clock::now() < end) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  return -1;
}

void Ffmpeg::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string Ffmpeg::messages() const {
  std::ifstream in{log_};
  return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace levee::test
