#include "surge/progress_line.hpp"

#include <unistd.h>

#include <spdlog/fmt/fmt.h>
#include <sys/ioctl.h>

#include "surge/quantity.hpp"

namespace levee::surge {
namespace {

constexpr Duration kLate = std::chrono::milliseconds{10};
constexpr std::size_t kPlainWidth = 400;

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

std::string clock_text(Duration time) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string count_text(std::uint64_t count) {
  return write_quantity(static_cast<double>(count), Unit::count);
}

std::size_t width_of(std::FILE* stream) {
  winsize size{};
  if (ioctl(fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col < 40) return 80;
  return size.ws_col;
}

}  // namespace

std::string progress_text(const Progress& progress, std::size_t width) {
  auto text =
      fmt::format("{:<10} {}/{}", progress.phase, clock_text(progress.at), clock_text(progress.length));
  // The generator's own trouble comes first: with it, the rest means little.
  if (progress.lag > kLate)
    text += fmt::format("  GENERATOR LATE {}", write_quantity(seconds(progress.lag), Unit::time));
  text += fmt::format("  incumbents {}", count_text(progress.incumbents));
  if (progress.incumbents_stalled > 0)
    text += fmt::format(" ({} stalled)", count_text(progress.incumbents_stalled));
  if (progress.newcomers + progress.newcomers_waiting > 0)
    text += fmt::format("  newcomers {}, {} waiting", count_text(progress.newcomers),
                        count_text(progress.newcomers_waiting));
  text += fmt::format("  {}", write_quantity(progress.bits_per_second, Unit::rate));
  if (progress.media_p99 > Duration{0})
    text += fmt::format("  media p99 {}", write_quantity(seconds(progress.media_p99), Unit::time));
  if (progress.refused > 0) text += fmt::format("  refused {}", count_text(progress.refused));
  text += fmt::format("  errors {}", count_text(progress.errors));
  if (text.size() > width) text = text.substr(0, width);
  return text;
}

ProgressLine::ProgressLine(std::FILE* stream) : stream_{stream}, terminal_{isatty(fileno(stream)) == 1} {}

ProgressLine::~ProgressLine() {
  if (terminal_ && shown_) std::fputc('\n', stream_);
}

void ProgressLine::show(const Progress& progress) {
  if (terminal_) {
    std::fprintf(stream_, "\r\033[K%s", progress_text(progress, width_of(stream_) - 1).c_str());
    std::fflush(stream_);
    shown_ = true;
    return;
  }
  const bool due = !shown_ || progress.phase != phase_ || progress.at - plain_at_ >= kPlainEvery;
  if (!due) return;
  std::fprintf(stream_, "%s\n", progress_text(progress, kPlainWidth).c_str());
  std::fflush(stream_);
  shown_ = true;
  phase_ = progress.phase;
  plain_at_ = progress.at;
}

}  // namespace levee::surge
