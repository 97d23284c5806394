#pragma once

#include <string_view>
#include <vector>

namespace levee::surge {

/// A file that the build put into the program.
struct EmbeddedFile {
  std::string_view name;  ///< "surge_ll.toml"
  std::string_view text;
};

/// loadtest/scenarios/*.toml, by name.
std::vector<EmbeddedFile> embedded_scenarios();
/// loadtest/surge/page/*: what the report's page is put together from.
std::vector<EmbeddedFile> embedded_page();

}  // namespace levee::surge
