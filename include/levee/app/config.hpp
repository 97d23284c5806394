#pragma once

#include <string>
#include <vector>

#include "levee/app/command_line.hpp"
#include "levee/base/log.hpp"
#include "levee/base/settings_table.hpp"
#include "levee/delivery/json_web_token.hpp"
#include "levee/delivery/realtime_server.hpp"
#include "levee/delivery/settings.hpp"
#include "levee/ingest/settings.hpp"
#include "levee/realtime/track_trail.hpp"
#include "levee/stream/registry.hpp"
#include "levee/transcode/transcoder.hpp"

namespace levee::app {

/// A stream key that may publish, and the public name of its stream.
struct PublishKey {
  std::string key;
  std::string name;
};

/// Every setting of the process with its default. config/levee.toml says the same in words; a test compares
/// them.
struct Config {
  log::Settings log;
  std::size_t threads = 0;         ///< io threads that serve viewers; 0: one a core
  std::size_t ingest_threads = 1;  ///< io threads for publishers, and what may not wait behind viewers

  bool publish_open = false;  ///< anyone may publish, under the name that is the key, and to feeds and
                              ///< tracks: for development
  std::vector<PublishKey> publish_keys;

  ingest::Settings ingest;
  stream::Settings stream;
  transcode::Settings transcode;
  delivery::Settings delivery;

  delivery::RealtimeSettings realtime;
  realtime::TrailLimits trails;
  delivery::TokenKeys identities;          ///< what the tokens of the operator's site are signed with
  std::vector<std::string> blocked_words;  ///< of the chat's filter

  std::string bus_state_file;  ///< what the embedded bus leaves for the next process; empty: nothing
  std::string redis_ca_file;   ///< of the authorities trusted for rediss://; empty: the system's
  std::string redis_url;       ///< of the bus between nodes; empty: the embedded bus, for one node
};

/// A configuration, or everything that is wrong with it.
struct LoadedConfig {
  Config config;
  std::vector<Fault> faults;
};

/// Binds every setting to its variable in `config`. Lifetime: `config` outlives the table.
SettingsTable settings_of(Config& config);

/// Reads the file that `line` names (none: the defaults), then `environment`, then the overrides.
LoadedConfig load_config(const CommandLine& line, const char* const* environment);

}  // namespace levee::app
