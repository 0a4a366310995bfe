// What a setup.py spells out for setuptools' setup(): strings and lists of them, read as they stand. Nothing is run.
#pragma once
#include <string_view>
#include <vector>

namespace assay::provenance {

/// The strings that the program's call of setup() gets for `keyword`; none if it gets no such argument. False if code makes them, or
/// if which call it is, or what that gets, is not spelled out.
bool spelled_in_call(std::string_view setup_py, std::string_view keyword, std::vector<std::string_view>& strings);

/// The keys of the dictionary that it gets for `keyword`; the same else.
bool keys_spelled_in_call(std::string_view setup_py, std::string_view keyword, std::vector<std::string_view>& keys);

}  // namespace assay::provenance
