// Planning of single commands, shared by the files that know them: filters_*.cpp. Internal to filters.hpp's function.
#pragma once
#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/script/filters.hpp"

namespace assay::inspect::filters {

using Arguments = std::vector<std::string>;

/// The options of a command, getopt(3) style: `with_value` lists the letters that take one.
struct Options {
  std::map<std::string, std::string, std::less<>> values;  ///< "d" → "", "bytes" → "3"
  std::vector<std::size_t> operands;
  bool has(std::string_view name) const { return values.find(name) != values.end(); }
  bool has_any(std::initializer_list<std::string_view> names) const {
    return std::any_of(names.begin(), names.end(), [&](auto name) { return has(name); });
  }
  std::string_view value(std::initializer_list<std::string_view> names) const {
    for (const auto name : names)
      if (const auto it = values.find(name); it != values.end()) return it->second;
    return {};
  }
};

Options parse_options(const Arguments& arguments, std::string_view with_value,
                      std::initializer_list<std::string_view> long_with_value = {});

/// The words with a blank between them, cut.
std::string joined(const Arguments& arguments, std::size_t from = 0);
/// The same for people: with quotes where there is a reason for them.
std::string shown(const Arguments& arguments);

struct Count {
  std::uint64_t number = 0;
  char sign = 0;
};
/// `1024`, `+1025`, `-3`, `4k`, `1M`, `2b`, `1KiB`.
std::optional<Count> parse_count(std::string_view text);

FilterOutput whole(std::string bytes, std::string_view input);
FilterPlan passing(const Options& options, std::string what);
FilterPlan decoding(Decoder decoder, const Arguments& arguments, const Options& options);

/// What base64 (6 bits) and base32 (5) mean; characters beyond `alphabet` are skipped, padding ends a group.
std::string decode_alphabet(std::string_view input, std::string_view alphabet, unsigned bits);
std::string decode_base64(std::string_view input);
/// Hexadecimal digits; `plain` false: a dump as xxd writes it.
std::string decode_hex(std::string_view input, bool plain);
std::string decode_uu(std::string_view input);

using Plan = std::optional<FilterPlan>;
Plan plan_head(const Arguments& arguments);
Plan plan_tail(const Arguments& arguments);
Plan plan_dd(const Arguments& arguments);
Plan plan_cut(const Arguments& arguments);
Plan plan_strings(const Arguments& arguments);
Plan plan_rev(const Arguments& arguments);
Plan plan_sort(const Arguments& arguments);
Plan plan_tac(const Arguments& arguments);
Plan plan_uniq(const Arguments& arguments);
Plan plan_paste(const Arguments& arguments);
Plan plan_tar(const Arguments& arguments);
Plan plan_unzip(const Arguments& arguments);
Plan plan_cpio(const Arguments& arguments);
Plan plan_7z(const Arguments& arguments);
Plan plan_tr(const Arguments& arguments);
Plan plan_sed(const Arguments& arguments);
Plan plan_grep(const Arguments& arguments);
bool is_compressor(std::string_view name) noexcept;
Plan plan_compressor(const Arguments& arguments);
Plan plan_base64(const Arguments& arguments);
Plan plan_xxd(const Arguments& arguments);
Plan plan_uudecode(const Arguments& arguments);
Plan plan_openssl(const Arguments& arguments);
Plan plan_awk(const Arguments& arguments);
Plan plan_script_language(const Arguments& arguments);

}  // namespace assay::inspect::filters
