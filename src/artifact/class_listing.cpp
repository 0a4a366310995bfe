#include "artifact/class_listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "artifact/fields.hpp"
#include "digest/named_digest.hpp"

namespace assay::artifact {

namespace {

constexpr std::size_t k_most_hex = 256;
constexpr std::size_t k_most_text = 64U << 20;  ///< of a listing
constexpr int k_deepest_constant = 4;           ///< a method handle's name
constexpr int k_deepest = 16;                   ///< attributes of attributes

/// The instructions by their number.
constexpr std::string_view k_mnemonics =
    "nop aconst_null iconst_m1 iconst_0 iconst_1 iconst_2 iconst_3 iconst_4 iconst_5 lconst_0 lconst_1 fconst_0 "
    "fconst_1 "
    "fconst_2 dconst_0 dconst_1 bipush sipush ldc ldc_w ldc2_w iload lload fload dload aload iload_0 iload_1 iload_2 "
    "iload_3 lload_0 lload_1 lload_2 lload_3 fload_0 fload_1 fload_2 fload_3 dload_0 dload_1 dload_2 dload_3 aload_0 "
    "aload_1 aload_2 aload_3 iaload laload faload daload aaload baload caload saload istore lstore fstore dstore "
    "astore "
    "istore_0 istore_1 istore_2 istore_3 lstore_0 lstore_1 lstore_2 lstore_3 fstore_0 fstore_1 fstore_2 fstore_3 "
    "dstore_0 "
    "dstore_1 dstore_2 dstore_3 astore_0 astore_1 astore_2 astore_3 iastore lastore fastore dastore aastore bastore "
    "castore sastore pop pop2 dup dup_x1 dup_x2 dup2 dup2_x1 dup2_x2 swap iadd ladd fadd dadd isub lsub fsub dsub imul "
    "lmul fmul dmul idiv ldiv fdiv ddiv irem lrem frem drem ineg lneg fneg dneg ishl lshl ishr lshr iushr lushr iand "
    "land "
    "ior lor ixor lxor iinc i2l i2f i2d l2i l2f l2d f2i f2l f2d d2i d2l d2f i2b i2c i2s lcmp fcmpl fcmpg dcmpl dcmpg "
    "ifeq "
    "ifne iflt ifge ifgt ifle if_icmpeq if_icmpne if_icmplt if_icmpge if_icmpgt if_icmple if_acmpeq if_acmpne goto jsr "
    "ret tableswitch lookupswitch ireturn lreturn freturn dreturn areturn return getstatic putstatic getfield putfield "
    "invokevirtual invokespecial invokestatic invokeinterface invokedynamic new newarray anewarray arraylength athrow "
    "checkcast instanceof monitorenter monitorexit wide multianewarray ifnull ifnonnull goto_w jsr_w";

constexpr std::size_t k_instructions = 202;
constexpr std::size_t k_ldc = 18, k_iinc = 132, k_tableswitch = 170, k_lookupswitch = 171, k_wide = 196;

const std::vector<std::string_view>& mnemonics() {
  static const auto list = [] {
    std::vector<std::string_view> names;
    auto rest = k_mnemonics;
    while (!rest.empty()) {
      names.push_back(rest.substr(0, rest.find(' ')));
      rest.remove_prefix(std::min(names.back().size() + 1, rest.size()));
    }
    return names;
  }();
  return list;
}

/// How many bytes follow an instruction, and how many of those, the first ones, are an index into the pool.
struct Operands {
  std::size_t size = 0, index = 0;
};

Operands operands_of(std::size_t opcode) {
  const auto within = [&](std::size_t low, std::size_t high) { return opcode >= low && opcode <= high; };
  if (opcode == k_ldc) return {1, 1};
  if (within(19, 20) || within(178, 184) || opcode == 187 || opcode == 189 || within(192, 193)) return {2, 2};
  if (within(185, 186)) return {4, 2};
  if (opcode == 197) return {3, 2};
  if (opcode == 16 || within(21, 25) || within(54, 58) || opcode == 169 || opcode == 188) return {1, 0};
  if (opcode == 17 || opcode == k_iinc || within(153, 168) || within(198, 199)) return {2, 0};
  if (within(200, 201)) return {4, 0};
  return {};
}

/// Printable, and no two texts alike.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const auto c : text) {
    if (c >= ' ' && c < 0x7f && c != '\\' && c != '"') out += c;
    else out += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(c));
  }
  return out + "\"";
}

std::string value_text(ByteView bytes) {
  if (bytes.size() <= k_most_hex) return to_hex(bytes);
  return fmt::format("{} bytes, sha256 {}", bytes.size(), to_hex(named_digest(DigestName::sha256, bytes)));
}

/// Reading past the end yields zeros and is remembered.
class Reader {
 public:
  explicit Reader(ByteView bytes) : m_bytes(bytes) {}
  std::uint32_t number(std::size_t width) {
    const auto bytes = take(width);
    return bytes.size() == width ? static_cast<std::uint32_t>(big_endian(bytes, 0, width)) : 0;
  }
  ByteView take(std::size_t size) {
    if (size > m_bytes.size() - m_at) {
      m_good = false;
      m_at = m_bytes.size();
      return {};
    }
    m_at += size;
    return m_bytes.subspan(m_at - size, size);
  }
  std::size_t at() const noexcept { return m_at; }
  bool good() const noexcept { return m_good; }
  bool done() const noexcept { return m_good && m_at == m_bytes.size(); }
  bool more() const noexcept { return m_good && m_at < m_bytes.size(); }
  void fail() noexcept { m_good = false; }

 private:
  ByteView m_bytes;
  std::size_t m_at = 0;
  bool m_good = true;
};

class ConstantPool {
 public:
  bool read(Reader& in) {
    const auto count = in.number(2);
    m_constants.resize(count);
    for (std::uint32_t i = 1; i < count && in.good(); ++i) {
      const auto tag = in.number(1);
      const auto size = tag == 1 ? in.number(2) : size_of(tag);
      if (size == 0 && tag != 1) return false;
      m_constants[i] = {tag, in.take(size)};
      if (tag == 5 || tag == 6) ++i;  // a long and a double take two places
    }
    return in.good();
  }

  std::string_view text(std::uint32_t index) const {
    return index < m_constants.size() && m_constants[index].tag == 1 ? as_text(m_constants[index].value)
                                                                     : std::string_view{};
  }

  /// The constant with everything that it refers to.
  std::string describe(std::uint32_t index, int depth = 0) const {
    if (index == 0) return "none";
    if (index >= m_constants.size() || m_constants[index].tag == 0 || depth > k_deepest_constant ||
        m_written > k_most_text)
      return fmt::format("invalid {}", index);
    const auto tag = m_constants[index].tag;
    const auto value = m_constants[index].value;
    const auto part = [&](std::size_t at) {
      return describe(static_cast<std::uint32_t>(big_endian(value, at, 2)), depth + 1);
    };
    switch (tag) {
      case 1:
        m_written += value.size();
        return quoted(as_text(value));
      case 7:
      case 8:
      case 16:
      case 19:
      case 20:
        return fmt::format("{} {}", name_of(tag), part(0));
      case 9:
      case 10:
      case 11:
      case 12:
        return fmt::format("{} {} {}", name_of(tag), part(0), part(2));
      case 15:
        return fmt::format("{} {} {}", name_of(tag), value[0], part(1));
      case 17:
      case 18:  // the first half counts the class's bootstrap methods, which are listed in their order
        return fmt::format("{} {} {}", name_of(tag), big_endian(value, 0, 2), part(2));
      case 3:
        return fmt::format("{} {}", name_of(tag), static_cast<std::int32_t>(big_endian(value, 0, 4)));
      case 5:
        return fmt::format("{} {}", name_of(tag), static_cast<std::int64_t>(big_endian(value, 0, 8)));
      default:
        return fmt::format("{} {}", name_of(tag), to_hex(value));
    }
  }

  /// So much was described that what came last is not.
  bool overflowed() const noexcept { return m_written > k_most_text; }

  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (std::uint32_t i = 1; i < m_constants.size(); ++i)
      if (m_constants[i].tag != 0)
        all.push_back(fmt::format("constant {}{}\n", m_constants[i].tag == 1 ? "utf8 " : "", describe(i)));
    return all;
  }

 private:
  struct Constant {
    std::uint32_t tag = 0;
    ByteView value;
  };

  static std::uint32_t size_of(std::uint32_t tag) {
    static constexpr std::uint8_t k_sizes[] = {0, 0, 0, 4, 4, 8, 8, 2, 2, 4, 4, 4, 4, 0, 0, 3, 2, 4, 4, 2, 2};
    return tag < std::size(k_sizes) ? k_sizes[tag] : 0;
  }
  static std::string_view name_of(std::uint32_t tag) {
    static constexpr std::string_view k_names[] = {"",
                                                   "utf8",
                                                   "",
                                                   "int",
                                                   "float",
                                                   "long",
                                                   "double",
                                                   "class",
                                                   "string",
                                                   "field",
                                                   "method",
                                                   "interface method",
                                                   "name and type",
                                                   "",
                                                   "",
                                                   "method handle",
                                                   "method type",
                                                   "dynamic",
                                                   "invokedynamic",
                                                   "module",
                                                   "package"};
    return k_names[tag];
  }

  std::vector<Constant> m_constants;
  mutable std::size_t m_written = 0;  ///< bytes of text that were described
};

class Lister {
 public:
  explicit Lister(ByteView bytes) : m_in(bytes) {}

  std::optional<ClassListing> run() {
    if (m_in.number(4) != 0xcafebabe) return std::nullopt;
    m_listing.version = m_in.number(4);
    if (!m_pool.read(m_in)) return std::nullopt;
    line(0, fmt::format("class flags {:#06x}", m_in.number(2)));
    line(0, fmt::format("this {}", reference(m_in)));
    line(0, fmt::format("super {}", reference(m_in)));
    references(m_in, 0, "implements");
    for (const std::string_view kind : {"field", "method"}) {
      const auto count = m_in.number(2);
      line(0, fmt::format("{} {}s", count, kind));
      for (std::uint32_t i = 0; i < count && m_in.good(); ++i) member(kind);
    }
    attributes(m_in, 0);
    if (!m_in.done()) return std::nullopt;
    m_listing.constants = m_pool.lines();
    if (m_pool.overflowed()) return std::nullopt;
    return std::move(m_listing);
  }

 private:
  void line(int depth, std::string_view text) {
    m_size += text.size();
    if (m_size > k_most_text) return m_in.fail();
    m_listing.lines.push_back(fmt::format("{:{}}{}\n", "", 2 * depth, text));
  }

  std::string reference(Reader& in) const { return m_pool.describe(in.number(2)); }

  void references(Reader& in, int depth, std::string_view what) {
    const auto count = in.number(2);
    line(depth, fmt::format("{} {}", count, what));
    for (std::uint32_t i = 0; i < count && in.good(); ++i) line(depth, fmt::format("{} {}", what, reference(in)));
  }

  void member(std::string_view kind) {
    const auto flags = m_in.number(2);
    const auto name = reference(m_in);
    line(0, fmt::format("{} {} {} flags {:#06x}", kind, name, reference(m_in), flags));
    attributes(m_in, 1);
  }

  void attributes(Reader& in, int depth) {
    const auto count = in.number(2);
    if (depth > k_deepest) return in.fail();
    for (std::uint32_t i = 0; i < count && in.good(); ++i) {
      const auto index = in.number(2);
      const auto size = in.number(4);
      const auto body = in.take(size);
      line(depth, fmt::format("attribute {}", m_pool.describe(index)));
      if (in.good() && !attribute(m_pool.text(index), body, depth + 1)) in.fail();
    }
    line(depth, "end");
  }

  /// False if the attribute holds more or less than it says.
  bool attribute(std::string_view name, ByteView body, int depth) {
    Reader in{body};
    if (name == "Code") {
      code(in, depth);
    } else if (name == "ConstantValue" || name == "SourceFile" || name == "Signature" || name == "NestHost") {
      line(depth, reference(in));
    } else if (name == "Exceptions" || name == "NestMembers" || name == "PermittedSubclasses") {
      references(in, depth, "class");
    } else if (name == "LocalVariableTable" || name == "LocalVariableTypeTable") {
      table(in, depth, "nnrrn");
    } else if (name == "InnerClasses") {
      table(in, depth, "rrrn");
    } else if (name == "EnclosingMethod") {
      line(depth, reference(in));
      line(depth, reference(in));
    } else if (name == "BootstrapMethods") {
      bootstrap_methods(in, depth);
    } else if (name == "StackMapTable") {
      frames(in, depth);
    } else {  // without references, or with some that are told as they stand
      line(depth, value_text(in.take(body.size())));
    }
    return in.done();
  }

  /// Rows of numbers and references of two bytes each.
  void table(Reader& in, int depth, std::string_view columns) {
    const auto count = in.number(2);
    line(depth, fmt::format("{} rows", count));
    for (std::uint32_t i = 0; i < count && in.good(); ++i) {
      std::string row;
      for (const auto column : columns)
        row += fmt::format("[{}]", column == 'r' ? reference(in) : fmt::format("{}", in.number(2)));
      line(depth, row);
    }
  }

  void bootstrap_methods(Reader& in, int depth) {
    const auto count = in.number(2);
    line(depth, fmt::format("{} bootstrap methods", count));
    for (std::uint32_t i = 0; i < count && in.good(); ++i) {
      line(depth, reference(in));
      references(in, depth + 1, "argument");
    }
  }

  void code(Reader& in, int depth) {
    const auto stack = in.number(2);
    const auto locals = in.number(2);
    const auto size = in.number(4);
    line(depth, fmt::format("stack {}, locals {}, {} bytes", stack, locals, size));
    const auto bytes = in.take(size);
    Reader instructions{bytes};
    while (instructions.more()) instruction(instructions, depth);
    if (!instructions.done()) return in.fail();
    const auto handlers = in.number(2);
    line(depth, fmt::format("{} handlers", handlers));
    for (std::uint32_t i = 0; i < handlers && in.good(); ++i) {
      const auto from = in.number(2);
      const auto to = in.number(2);
      const auto handler = in.number(2);
      line(depth, fmt::format("{} to {}: {} catches {}", from, to, handler, reference(in)));
    }
    attributes(in, depth);
  }

  void instruction(Reader& in, int depth) {
    const auto place = in.at();
    const auto opcode = in.number(1);
    if (opcode >= k_instructions) return in.fail();
    const auto name = mnemonics()[opcode];
    if (opcode == k_tableswitch || opcode == k_lookupswitch) return switch_table(in, depth, place, opcode);
    if (opcode == k_wide) {
      const auto widened = in.number(1);
      if (widened >= k_instructions) return in.fail();
      return line(depth, fmt::format("wide {} {}", mnemonics()[widened], to_hex(in.take(widened == k_iinc ? 4 : 2))));
    }
    const auto operands = operands_of(opcode);
    std::string text{name};
    if (operands.index > 0) text += " " + m_pool.describe(in.number(operands.index));
    if (operands.size > operands.index) text += " " + to_hex(in.take(operands.size - operands.index));
    line(depth, text);
  }

  void switch_table(Reader& in, int depth, std::size_t place, std::size_t opcode) {
    const auto padding = in.take(3 - place % 4);
    const auto otherwise = in.number(4);
    const auto first = in.number(4);
    const auto second = opcode == k_tableswitch ? in.number(4) : 0;
    const std::uint64_t entries = opcode == k_tableswitch
                                      ? static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(second)} -
                                                                   static_cast<std::int32_t>(first) + 1) *
                                            4
                                      : std::uint64_t{first} * 8;
    line(depth, fmt::format("{} [{}] {} {} {}", mnemonics()[opcode], to_hex(padding), otherwise, first, second));
    line(depth, value_text(in.take(static_cast<std::size_t>(entries))));
  }

  void types(Reader& in, int depth, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count && in.good(); ++i) {
      const auto tag = in.number(1);
      line(depth, tag == 7   ? fmt::format("type {}", reference(in))
                  : tag == 8 ? fmt::format("type of new at {}", in.number(2))
                             : fmt::format("type {}", tag));
    }
  }

  void frames(Reader& in, int depth) {
    const auto count = in.number(2);
    line(depth, fmt::format("{} frames", count));
    for (std::uint32_t i = 0; i < count && in.good(); ++i) {
      const auto kind = in.number(1);
      const auto delta = kind >= 247 ? in.number(2) : 0;
      line(depth, fmt::format("frame {} {}", kind, delta));
      if (kind >= 64 && kind <= 127) types(in, depth + 1, 1);
      else if (kind == 247) types(in, depth + 1, 1);
      else if (kind >= 252 && kind <= 254) types(in, depth + 1, kind - 251);
      else if (kind == 255)
        for (int half = 0; half < 2; ++half) {
          const auto entries = in.number(2);
          line(depth, fmt::format("{} entries", entries));
          types(in, depth + 1, entries);
        }
    }
  }

  Reader m_in;
  ConstantPool m_pool;
  ClassListing m_listing;
  std::size_t m_size = 0;
};

}  // namespace

std::optional<ClassListing> list_class(ByteView bytes) {
  return Lister{bytes}.run();
}

}  // namespace assay::artifact
