// How strings of a model are shown: quoted, with everything escaped that a terminal would act on.
#pragma once

#include <string>
#include <string_view>

namespace tsx::engine {

/// As Python's repr: 'text', or "text" when it holds a single quote and no double one.
std::string quote(std::string_view text);

/// The text without quotes; control characters and what isn't printable as \n, \x1b, \u202e.
std::string escape(std::string_view text);

/// As Python's ascii() makes it of a repr: everything beyond ASCII as \xe4, \u20ac, \U0001f600.
std::string ascii(std::string_view text);

}  // namespace tsx::engine
