#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

namespace levee {

/// Why an operation failed. Codes are for code; `message()` is for people.
using ErrorCode = boost::system::error_code;

/// A value, or why there is none. Bad input is always a value of this kind, never an exception.
template <class T>
using Result = boost::system::result<T>;

}  // namespace levee
