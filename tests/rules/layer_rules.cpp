#include "layer_rules.hpp"

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

namespace levee::rules {
namespace {

// What an include's name says about the library it is of. The first match counts; a header that matches
// nothing (the standard library, Boost.System) is free to all, and so is fmt: it only writes text.
struct Library {
  std::string_view prefix;
  std::string_view name;
};
constexpr std::array kLibraries{
    Library{"boost/asio/ip/", "sockets"},
    Library{"boost/asio/ssl", "OpenSSL"},
    Library{"boost/asio/local/", "sockets"},
    Library{"boost/asio", "Asio"},
    Library{"boost/beast", "Beast"},
    Library{"openssl/", "OpenSSL"},
    Library{"nlohmann/", "nlohmann/json"},
    Library{"toml++/", "toml++"},
    Library{"nghttp2/", "nghttp2"},
    Library{"srt/", "libsrt"},
    Library{"hiredis/", "hiredis"},
    Library{"libav", "libav*"},
    Library{"libsw", "libav*"},
    Library{"zlib", "zlib"},
    Library{"spdlog/fmt/", ""},
    Library{"spdlog/", "spdlog"},
    Library{"sys/socket", "sockets"},
    Library{"sys/epoll", "sockets"},
    Library{"netinet/", "sockets"},
    Library{"arpa/inet", "sockets"},
    Library{"netdb", "sockets"},
};

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in{line};
  std::string cell;
  std::getline(in, cell, '|');
  while (std::getline(in, cell, '|')) {
    const auto first = cell.find_first_not_of(' ');
    const auto last = cell.find_last_not_of(' ');
    cells.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
  }
  return cells;
}

// The words of a cell, without commas and backticks.
std::set<std::string> words_of(std::string cell) {
  for (char& c : cell) {
    if (c == ',' || c == '`') c = ' ';
  }
  std::istringstream in{cell};
  std::set<std::string> words;
  for (std::string word; in >> word;) words.insert(word);
  return words;
}

std::string_view library_of(std::string_view include) {
  for (const auto& library : kLibraries) {
    if (include.starts_with(library.prefix)) return library.name;
  }
  return {};
}

// The folder of ours that a quoted include names, or nothing.
std::string included_folder(const Include& include, const LayerTable& table) {
  std::string_view name = include.name;
  if (!include.quoted) return {};
  if (name.starts_with("levee/")) name.remove_prefix(std::string_view{"levee/"}.size());
  const std::string folder{name.substr(0, name.find('/'))};
  return table.contains(folder) || include.name.starts_with("levee/") ? folder : std::string{};
}

}  // namespace

LayerTable read_layer_table(std::string_view markdown) {
  LayerTable table;
  std::istringstream lines{std::string{markdown}};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| ")) continue;
    const auto cells = cells_of(line);
    if (cells.size() < 5 || cells[0].size() != 1 || cells[0][0] < '1' || cells[0][0] > '9') continue;
    const auto folder = words_of(cells[1]);
    if (folder.size() != 1) continue;
    table[*folder.begin()] = {cells[0][0] - '0', words_of(cells[3]), words_of(cells[4])};
  }
  return table;
}

std::string folder_of(std::string_view path) {
  if (path.starts_with("loadtest/surge/")) return "surge";
  if (path.starts_with("loadtest/sim/")) return "sim";
  if (path.starts_with("loadtest/fanout/")) return "fanout";
  if (path.starts_with("loadtest/fetch/")) return "fetch";
  if (path.starts_with("loadtest/tracks/")) return "tracks";
  for (const std::string_view top : {"include/levee/", "src/"}) {
    if (!path.starts_with(top)) continue;
    path.remove_prefix(top.size());
    const auto slash = path.find('/');
    return slash == std::string_view::npos ? "app" : std::string{path.substr(0, slash)};
  }
  return {};
}

std::vector<Finding> check_table(const LayerTable& table, const std::set<std::string>& folders_on_disk) {
  std::vector<Finding> findings;
  const auto found = [&](std::string what) {
    findings.push_back({"docs/architecture.md", 0, std::move(what)});
  };
  for (const auto& [folder, layer] : table) {
    for (const auto& below : layer.may_include) {
      if (below == "all") continue;
      const auto row = table.find(below);
      if (row == table.end()) {
        found(folder + " may include " + below + ", which has no row");
      } else if (row->second.floor >= layer.floor) {
        found(folder + " may include " + below + ", which is not below it");
      }
    }
  }
  for (const auto& folder : folders_on_disk) {
    if (!table.contains(folder)) found("the folder " + folder + " has no row");
  }
  return findings;
}

std::vector<Finding> check_layers(const SourceFile& file, const LayerTable& table) {
  std::vector<Finding> findings;
  const auto folder = folder_of(file.path);
  const auto row = table.find(folder);
  if (row == table.end()) return findings;
  const Layer& layer = row->second;
  for (const auto& include : file.includes()) {
    const auto other = included_folder(include, table);
    const bool allowed = other.empty() || other == folder || layer.may_include.contains("all") ||
                         layer.may_include.contains(other);
    if (!allowed) findings.push_back({file.path, include.line, folder + " may not include " + other});
    if (include.quoted) continue;
    const std::string library{library_of(include.name)};
    if (!library.empty() && !layer.outside.contains(library))
      findings.push_back({file.path, include.line, folder + " may not name " + library});
  }
  return findings;
}

}  // namespace levee::rules
