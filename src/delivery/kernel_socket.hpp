#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "levee/base/clock.hpp"
#include "levee/base/result.hpp"

namespace levee::delivery {

/// What Linux knows of a socket beyond what Asio asks, by the socket's descriptor. Every call is one system
/// call that does not block.

/// Asks for a congestion control by name ("cubic"); of a listening socket it is handed to all its
/// connections. Errors: of the system, when the kernel does not have it or does not allow it.
ErrorCode set_congestion_control(int socket, const std::string& name);
/// The one in force; empty when it can't be told.
std::string congestion_control(int socket);

/// Lets the kernel end connections whose peer has not acknowledged anything for `limit`, and look after
/// silent ones; of a listening socket it is handed to all its connections.
void end_dead_peers(int socket, Duration limit);

/// Takes the next connection off the queue of a non-blocking listening socket, non-blocking itself. Its
/// descriptor, or -1 with the reason in errno (EAGAIN: the queue is empty).
int accept_connection(int listening_socket);

/// How many connections wait to be accepted; 0 when it can't be told.
std::uint32_t accept_queue(int listening_socket);

/// What was written and is not acknowledged by the peer yet; 0 when it can't be told.
std::uint64_t unacknowledged_bytes(int socket);

/// What the calling thread has used of a processor since it started.
Duration thread_cpu_time();

/// How many processors this process may run on; at least 1.
std::size_t usable_cores();

/// The lowest descriptor that is free, which is about the number of open ones; nothing when none is free.
/// Takes it for a moment.
std::optional<std::size_t> lowest_free_descriptor();

/// How many connections the kernel has dropped since it started because an accept queue was full, of all
/// sockets of this network namespace: ListenOverflows. `netstat` is the text of /proc/net/netstat.
std::optional<std::uint64_t> listen_overflows(std::string_view netstat);
/// The same, read from the system. Reads a file of the kernel's: no disk.
std::optional<std::uint64_t> listen_overflows();

}  // namespace levee::delivery
