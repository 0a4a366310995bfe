// Novel lines of build scripts that want to know where they are run.
#include <fmt/format.h>
#include <re2/re2.h>

#include <array>

#include "base/text.hpp"
#include "inspect/script/source.hpp"
#include "inspect/source/novel_lines.hpp"
#include "inspect/source/rules.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_kinds_needed = 3;

struct Gate {
  std::string_view what;
  const char* pattern;
};

/// What a line asks for. Each is an everyday question; the patterns want a test, not a mention.
constexpr Gate k_gates[] = {
    {"the system", R"(\buname\b[^#\n]*(\||=|\bin\b|-eq)|(test|\[)[^\n]*\bLinux\b|\bgrep\b[^\n]*linux-gnu)"},
    {"the architecture", R"((test|\[|case|grep)[^\n]*\b(x86_64|amd64|i[3-6]86|aarch64)\b)"},
    {"the compiler", R"((test|\[|grep|case)[^\n]*(\bGCC\b|\$GCC\b|=\s*x?gcc\b|\bgcc version\b|__GNUC__))"},
    {"the linker", R"((test|\[|grep|case)[^\n]*(GNU ld|\$LD\b|with_gnu_ld|\bld -v))"},
    {"a distribution's packaging",
     R"((test|\[)[^\n]*(debian/rules|RPM_ARCH|RPM_BUILD_ROOT|DEB_BUILD_\w+|/etc/debian_version|/etc/redhat-release))"},
    {"whether it was configured", R"((test|\[)[^\n]*\s-[ef]\s[^\n]*(config\.status|config\.log|libtool)\b)"},
    {"features of the loader", R"((test|\[|grep)[^\n]*(HAVE_FUNC_ATTRIBUTE_IFUNC|ifunc\b|-z,?\s?now|/lib/ld-linux))"},
    {"whether somebody watches",
     R"((test|\[)[^\n]*(\$TERM\b|\$DISPLAY\b|LD_DEBUG|LD_PROFILE|\bCI\b|SUDO_USER|\$USER\b))"},
};

const std::array<RE2, std::size(k_gates)>& patterns() {
  static const std::array<RE2, std::size(k_gates)> compiled{
      RE2{k_gates[0].pattern}, RE2{k_gates[1].pattern}, RE2{k_gates[2].pattern}, RE2{k_gates[3].pattern},
      RE2{k_gates[4].pattern}, RE2{k_gates[5].pattern}, RE2{k_gates[6].pattern}, RE2{k_gates[7].pattern}};
  return compiled;
}

bool is_comment(std::string_view line) {
  const auto start = line.find_first_not_of(" \t");
  return start == std::string_view::npos || line[start] == '#' || line.substr(start).starts_with("dnl");
}

}  // namespace

void check_environment_gates(const SourceFile& file, std::vector<Finding>& findings) {
  const auto kind = script_kind(file.path, as_bytes(file.text.substr(0, 256)));
  if (kind != ScriptKind::shell && kind != ScriptKind::m4 && kind != ScriptKind::make) return;
  std::array<bool, std::size(k_gates)> seen{};
  std::vector<Evidence> evidence;
  std::string kinds;
  std::uint64_t first = 0;
  for_each_novel_line(file, [&](std::uint64_t number, std::string_view line) {
    if (line.size() > 4096 || is_comment(line)) return;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      if (seen[i] || !RE2::PartialMatch({line.data(), line.size()}, patterns()[i])) continue;
      seen[i] = true;
      first = first == 0 ? number : first;
      kinds += fmt::format("{}{}", kinds.empty() ? "" : ", ", k_gates[i].what);
      evidence.push_back({fmt::format("line {}", number), std::string{line.substr(0, 400)}});
    }
  });
  if (evidence.size() < k_kinds_needed) return;
  findings.push_back(make_finding(k_environment_gate, {std::string{file.path}, first},
                                  fmt::format("novel lines ask for {}", kinds), std::move(evidence)));
}

}  // namespace assay::inspect
