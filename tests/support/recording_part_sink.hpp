#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "levee/hls/part.hpp"

namespace levee::test {

/// Keeps all that a pipeline gives. Thread: the stream's home.
class RecordingPartSink final : public hls::PartSink {
 public:
  struct Rendition {
    std::vector<hls::RenditionInfo> infos;
    std::vector<SharedBytes> inits;
    std::vector<hls::Part> parts;
    std::vector<std::size_t> init_of_part;  ///< index in `inits`, for each part
    std::vector<bool> offers;

    /// init and the parts that go with it, as a player would have them after each other.
    Bytes file(std::size_t init = 0, std::uint64_t from_msn = 0) const {
      Bytes bytes = *inits.at(init);
      for (std::size_t i = 0; i < parts.size(); ++i) {
        if (init_of_part[i] != init || parts[i].gap || parts[i].msn < from_msn) continue;
        bytes.insert(bytes.end(), parts[i].data->begin(), parts[i].data->end());
      }
      return bytes;
    }
  };

  void init(const hls::RenditionInfo& info, SharedBytes init) override {
    auto& rendition = renditions[info.name];
    rendition.infos.push_back(info);
    rendition.inits.push_back(std::move(init));
  }
  void part(std::string_view name, hls::Part part) override {
    auto& rendition = renditions[std::string{name}];
    rendition.init_of_part.push_back(rendition.inits.size() - 1);
    rendition.parts.push_back(std::move(part));
  }
  void offered(std::string_view name, bool offered) override {
    renditions[std::string{name}].offers.push_back(offered);
  }

  std::map<std::string, Rendition> renditions;
};

}  // namespace levee::test
