#include "artifact/code_diff.hpp"

#include <capstone/capstone.h>
#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "artifact/content.hpp"
#include "artifact/parts_diff.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

constexpr std::size_t k_most_runs = 4000;     ///< instructions that are looked at; more is other code
constexpr std::size_t k_sync_distance = 192;  ///< x86 code decodes in step after a few instructions
constexpr std::size_t k_around = 2;           ///< instructions that are shown behind one that changed
constexpr std::size_t k_most_listed = 200'000;

struct Machine {
  cs_arch arch;
  cs_mode mode;
};

std::optional<Machine> machine_of(const CodeDiffOptions& options) {
  const auto endian = options.big_endian ? CS_MODE_BIG_ENDIAN : CS_MODE_LITTLE_ENDIAN;
  switch (options.machine) {
    case EM_X86_64:
      return Machine{CS_ARCH_X86, CS_MODE_64};
    case EM_386:
      return Machine{CS_ARCH_X86, CS_MODE_32};
    case EM_AARCH64:
      return Machine{CS_ARCH_ARM64, endian};
    case EM_ARM:
      return Machine{CS_ARCH_ARM, endian};
    case EM_PPC64:
      return Machine{CS_ARCH_PPC, static_cast<cs_mode>(CS_MODE_64 | endian)};
    case EM_S390:
      return Machine{CS_ARCH_SYSZ, CS_MODE_BIG_ENDIAN};
    default:
      return std::nullopt;
  }
}

class Disassembler {
 public:
  explicit Disassembler(const CodeDiffOptions& options) {
    const auto machine = machine_of(options);
    if (!machine || cs_open(machine->arch, machine->mode, &m_handle) != CS_ERR_OK) return;
    m_open = true;
    m_x86 = machine->arch == CS_ARCH_X86;
    cs_option(m_handle, CS_OPT_DETAIL, CS_OPT_ON);
    m_instruction = cs_malloc(m_handle);
  }
  ~Disassembler() {
    if (m_instruction != nullptr) cs_free(m_instruction, 1);
    if (m_open) cs_close(&m_handle);
  }
  Disassembler(const Disassembler&) = delete;
  Disassembler& operator=(const Disassembler&) = delete;

  bool knows() const noexcept { return m_instruction != nullptr; }
  bool x86() const noexcept { return m_x86; }

  /// The instruction at `at`; null if the bytes are none.
  const cs_insn* decode(const CodeSide& side, std::size_t at) {
    const auto* code = reinterpret_cast<const std::uint8_t*>(side.bytes.data()) + at;
    auto left = side.bytes.size() - at;
    auto address = side.address + at;
    return cs_disasm_iter(m_handle, &code, &left, &address, m_instruction) ? m_instruction : nullptr;
  }

 private:
  csh m_handle = 0;
  bool m_open = false;
  bool m_x86 = false;
  cs_insn* m_instruction = nullptr;
};

std::string text_of(const cs_insn& instruction) {
  return fmt::format("{}{}{}", instruction.mnemonic, instruction.op_str[0] == '\0' ? "" : " ", instruction.op_str);
}

/// The same for a listing: a jump within x86 code by its distance, which does not change with what stands before it.
std::string line_of(const cs_insn& instruction, bool x86) {
  const auto* detail = instruction.detail;
  const bool jump = x86 && instruction.mnemonic[0] == 'j' && detail != nullptr && detail->x86.op_count == 1 &&
                    detail->x86.operands[0].type == X86_OP_IMM;
  if (!jump) return text_of(instruction);
  const auto distance = detail->x86.operands[0].imm - static_cast<std::int64_t>(instruction.address);
  return fmt::format("{} .{}{:#x}", instruction.mnemonic, distance < 0 ? "-" : "+",
                     distance < 0 ? -distance : distance);
}

/// What matters of an x86 instruction, copied out of capstone's buffer.
struct Decoded86 {
  std::size_t begin = 0, size = 0;
  std::string mnemonic, text;
  std::uint8_t disp_offset = 0, disp_size = 0, imm_offset = 0, imm_size = 0;
  bool rip_relative = false;
  bool branch = false;
  std::uint64_t target = 0;  ///< of a branch
  std::int64_t disp = 0, imm = 0;
};

class CodeComparison {
 public:
  CodeComparison(const CodeSide& a, const CodeSide& b, const CodeDiffOptions& options)
      : m_a(a), m_b(b), m_options(options), m_left(options), m_right(options), m_around(options) {}

  CodeDiff run() {
    std::size_t at = 0;
    std::size_t runs = 0;
    while (true) {
      at = static_cast<std::size_t>(first_difference(as_bytes(m_a.bytes), as_bytes(m_b.bytes), at));
      if (at >= m_a.bytes.size()) break;
      if (++runs > k_most_runs) {
        other_code(at);
        break;
      }
      at = instruction_at(at);
    }
    if (m_hidden > 0)
      m_result.view += fmt::format("… cut: {} more changed instructions; --diff PATH shows them\n", m_hidden);
    return std::move(m_result);
  }

 private:
  std::size_t run_end(std::size_t at) const {
    auto end = at + 1;
    while (end < m_a.bytes.size() && m_a.bytes[end] != m_b.bytes[end]) ++end;
    return end;
  }

  /// More differs than can be looked at one by one: one change for the rest.
  void other_code(std::size_t at) {
    std::uint64_t differing = 0;
    for (auto i = at; i < m_a.bytes.size(); ++i) differing += m_a.bytes[i] != m_b.bytes[i] ? 1U : 0U;
    auto change = raw_change(at, at + 1);
    change.place = fmt::format("{}+{:#x} and after", m_options.place, at);
    change.bytes = differing;
    change.reason = "too much code differs to look at each instruction";
    m_result.changes.push_back(std::move(change));
  }

  Change raw_change(std::size_t begin, std::size_t end) const {
    Change change;
    change.place = fmt::format("{}+{:#x}", m_options.place, begin);
    change.impact = Impact::code;
    change.before = m_a.bytes.substr(begin, std::min(end - begin, k_change_bytes));
    change.after = m_b.bytes.substr(begin, std::min(end - begin, k_change_bytes));
    change.bytes = end - begin;
    return change;
  }

  std::size_t instruction_at(std::size_t at) {
    if (!m_left.knows()) return plain_run(at);
    const auto left = find(m_left, m_a, at);
    const auto right = find(m_right, m_b, at);
    if (!left || !right || left->begin != right->begin || left->size != right->size) return plain_run(at);
    m_last_sync = left->begin + left->size;
    const auto end = left->begin + left->size;
    auto change = raw_change(left->begin, end);
    change.context = fmt::format("{} → {}", left->text, right->text);
    if (left->mnemonic == right->mnemonic && m_left.x86()) judge_operands(*left, *right, change);
    show(left->begin, *left, *right);
    m_result.changes.push_back(std::move(change));
    return end;
  }

  std::size_t plain_run(std::size_t at) {
    const auto end = run_end(at);
    m_result.changes.push_back(raw_change(at, end));
    return end;
  }

  /// The instruction that holds the byte at `at`: decode from a little before, where both sides are in step.
  std::optional<Decoded86> find(Disassembler& disassembler, const CodeSide& side, std::size_t at) const {
    auto begin = std::max(m_last_sync, at > k_sync_distance ? at - k_sync_distance : 0);
    while (begin <= at) {
      const auto* instruction = disassembler.decode(side, begin);
      if (instruction == nullptr) {
        ++begin;
        continue;
      }
      if (begin + instruction->size > at) return copy(disassembler, *instruction, begin);
      begin += instruction->size;
    }
    return std::nullopt;
  }

  static Decoded86 copy(const Disassembler& disassembler, const cs_insn& instruction, std::size_t begin) {
    Decoded86 decoded;
    decoded.begin = begin;
    decoded.size = instruction.size;
    decoded.mnemonic = instruction.mnemonic;
    decoded.text = text_of(instruction);
    if (!disassembler.x86() || instruction.detail == nullptr) return decoded;
    const auto& x86 = instruction.detail->x86;
    decoded.disp_offset = x86.encoding.disp_offset;
    decoded.disp_size = x86.encoding.disp_size;
    decoded.imm_offset = x86.encoding.imm_offset;
    decoded.imm_size = x86.encoding.imm_size;
    decoded.disp = x86.disp;
    for (std::uint8_t i = 0; i < x86.op_count; ++i) {
      const auto& operand = x86.operands[i];
      if (operand.type == X86_OP_MEM && operand.mem.base == X86_REG_RIP) decoded.rip_relative = true;
      if (operand.type == X86_OP_IMM) decoded.imm = operand.imm;
    }
    for (std::uint8_t i = 0; i < instruction.detail->groups_count; ++i)
      if (instruction.detail->groups[i] == X86_GRP_BRANCH_RELATIVE) decoded.branch = true;
    decoded.target = static_cast<std::uint64_t>(decoded.imm);
    return decoded;
  }

  /// True if the two differ within `[offset, offset + size)` of the instruction only.
  bool differs_only_in(const Decoded86& decoded, std::size_t offset, std::size_t size) const {
    if (size == 0) return false;
    for (std::size_t i = 0; i < decoded.size; ++i)
      if ((i < offset || i >= offset + size) && m_a.bytes[decoded.begin + i] != m_b.bytes[decoded.begin + i])
        return false;
    return true;
  }

  void judge_operands(const Decoded86& left, const Decoded86& right, Change& change) const {
    if (left.disp_offset != right.disp_offset || left.imm_offset != right.imm_offset || left.imm_size != right.imm_size)
      return;
    if (left.branch && differs_only_in(left, left.imm_offset, left.imm_size)) {
      if (m_options.corresponds(left.target, right.target)) moved(change);
      return;
    }
    if (left.rip_relative && differs_only_in(left, left.disp_offset, left.disp_size)) {
      const auto from = m_a.address + left.begin + left.size + static_cast<std::uint64_t>(left.disp);
      const auto to = m_b.address + right.begin + right.size + static_cast<std::uint64_t>(right.disp);
      if (m_options.corresponds(from, to)) moved(change);
      return;
    }
    if (!differs_only_in(left, left.imm_offset, left.imm_size) || left.imm < 0 || right.imm < 0) return;
    change.before = fmt::format("{}", left.imm);
    change.after = fmt::format("{}", right.imm);
    const auto both = [&](std::int64_t low, std::int64_t high) {
      return std::min(left.imm, right.imm) >= low && std::max(left.imm, right.imm) <= high;
    };
    // What is compared or computed with decides; only a value that is passed on as it is may be a date.
    const bool passed_on = left.mnemonic.starts_with("mov") || left.mnemonic == "push";
    change.token = !passed_on                         ? "number"
                   : both(1970, 2106)                 ? "year"
                   : both(631'152'000, 4'102'444'800) ? "epoch"
                                                      : "number";
    if (change.token == "epoch") change.context = fmt::format("{} {}", left.imm, right.imm);
  }

  static void moved(Change& change) {
    change.aspect = Aspect::offset;
    change.derived_from = "self";
    change.reason = "an operand refers to what stands elsewhere now";
  }

  void show(std::size_t at, const Decoded86& left, const Decoded86& right) {
    if (m_shown >= m_options.shown) {
      ++m_hidden;
      return;
    }
    const auto name = m_options.name ? m_options.name(m_b.address + at) : std::string{};
    m_result.view +=
        fmt::format("{}+{:#x}{}\n-  {}\n+  {}\n", m_options.place, at,
                    name.empty() ? "" : fmt::format(" ({})", escape_for_display(name)), left.text, right.text);
    m_shown += 3;
    auto next = at + right.size;
    for (std::size_t i = 0; i < k_around && next < m_b.bytes.size(); ++i) {
      const auto* instruction = m_around.decode(m_b, next);
      if (instruction == nullptr) break;
      m_result.view += fmt::format("   {}\n", text_of(*instruction));
      next += instruction->size;
      ++m_shown;
    }
  }

  const CodeSide& m_a;
  const CodeSide& m_b;
  const CodeDiffOptions& m_options;
  Disassembler m_left, m_right, m_around;
  std::size_t m_last_sync = 0;
  std::size_t m_shown = 0;   ///< lines
  std::size_t m_hidden = 0;  ///< instructions that changed and are not shown
  CodeDiff m_result;
};

}  // namespace

CodeDiff diff_code(const CodeSide& a, const CodeSide& b, const CodeDiffOptions& options) {
  return CodeComparison{a, b, options}.run();
}

std::string diff_listings(const CodeSide& a, const CodeSide& b, std::size_t at, const CodeDiffOptions& options) {
  // Twice as many as are shown leave room for what is equal.
  const auto most = std::min(k_most_listed, options.shown > k_most_listed ? k_most_listed : 2 * options.shown);
  const auto list = [&](const CodeSide& side) {
    Disassembler disassembler{options};
    std::vector<std::string> lines;
    for (auto place = at; disassembler.knows() && lines.size() < most && place < side.bytes.size();) {
      if (const auto* instruction = disassembler.decode(side, place)) {
        lines.push_back(line_of(*instruction, disassembler.x86()));
        place += instruction->size;
        continue;
      }
      // In the middle of one, or data among code: a few bytes on, it is in step again.
      lines.push_back(fmt::format(".byte {:#04x}", static_cast<unsigned char>(side.bytes[place])));
      ++place;
    }
    return lines;
  };
  const auto left = list(a);
  const auto right = list(b);
  if (left.empty() || right.empty()) return {};
  const std::vector<std::string_view> before{left.begin(), left.end()};
  const std::vector<std::string_view> after{right.begin(), right.end()};
  const PartsDiffOptions view{"instruction", options.shown};
  auto text = diff_parts(before, after, view).view;
  if (left.size() == most || right.size() == most)
    text += fmt::format("… cut: {} instructions of {} and {} bytes are looked at; --diff PATH shows more\n", most,
                        a.bytes.size(), b.bytes.size());
  return text;
}

}  // namespace assay::artifact
