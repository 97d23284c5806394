#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace levee::runtime {

/// Awaits an Asio operation and gives its error as a value: `const auto [error, size] = co_await s.read(...,
/// use_result);`
inline constexpr auto use_result = boost::asio::as_tuple(boost::asio::use_awaitable);

}  // namespace levee::runtime
