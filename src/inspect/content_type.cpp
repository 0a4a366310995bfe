#include "inspect/content_type.hpp"

#include <magic.h>

#include <algorithm>

namespace assay::inspect {

namespace {

constexpr std::size_t k_looked_at = 64 * 1024;

struct CookieDeleter {
  void operator()(magic_set* cookie) const { magic_close(cookie); }
};

constexpr std::string_view k_elf_magic{
    "\x7F"
    "ELF"};

bool begins(ByteView content, std::string_view magic) {
  return as_text(content).starts_with(magic);
}

/// An ELF header has zeros in its first twenty bytes (e_type, e_version), whatever its identification says: the kernel reads
/// little of that. A configuration file that begins with the magic number has none.
bool goes_on_as_text(ByteView content) {
  constexpr std::size_t k_header = 64;
  const auto header = as_text(content.subspan(k_elf_magic.size())).substr(0, k_header);
  return !header.empty() && std::none_of(header.begin(), header.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == '\x7F';
  });
}

/// "MZ" alone is two letters that any text may begin with; a PE file also has its header where the DOS stub says.
bool is_pe(ByteView content) {
  if (!begins(content, "MZ") || content.size() < 0x40) return false;
  const auto offset = static_cast<std::size_t>(content[0x3C]) | static_cast<std::size_t>(content[0x3D]) << 8 |
                      static_cast<std::size_t>(content[0x3E]) << 16 | static_cast<std::size_t>(content[0x3F]) << 24;
  return offset <= content.size() && begins(content.subspan(offset), std::string_view{"PE\0\0", 4});
}

/// Universal Mach-O and Java class files share their magic; the word after it is a small count in the one (of
/// architectures) and a version of at least 45 in the other, which grows by two in a year.
bool is_java_class(ByteView content) {
  constexpr std::uint8_t k_first_version = 45, k_last_version = 99;
  return begins(content, "\xCA\xFE\xBA\xBE") && content.size() >= 8 && content[6] == 0 &&
         content[7] >= k_first_version && content[7] <= k_last_version;
}

/// A header of Mach-O (<mach-o/loader.h>) or of a universal binary; four bytes that are often made up for tests are none.
bool is_macho(ByteView content) {
  constexpr std::size_t k_header = 28;
  constexpr std::uint32_t k_last_file_type = 15, k_most_architectures = 32, k_most_commands = 1U << 16;
  if (content.size() < k_header) return false;
  const auto word = [&](std::size_t at, bool big) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | content[at + (big ? i : 3 - i)];
    return value;
  };
  if (begins(content, "\xCA\xFE\xBA\xBE")) return word(4, true) >= 1 && word(4, true) <= k_most_architectures;
  const auto magic = word(0, true);
  const bool big = magic == 0xFEEDFACE || magic == 0xFEEDFACF;
  if (!big && magic != 0xCEFAEDFE && magic != 0xCFFAEDFE) return false;
  const auto file_type = word(12, big);
  return file_type >= 1 && file_type <= k_last_file_type && word(16, big) <= k_most_commands;
}

}  // namespace

struct ContentTyper::State {
  std::unique_ptr<magic_set, CookieDeleter> cookie;
};

ContentTyper::ContentTyper() : m_state(std::make_unique<State>()) {}
ContentTyper::~ContentTyper() = default;
ContentTyper::ContentTyper(ContentTyper&&) noexcept = default;
ContentTyper& ContentTyper::operator=(ContentTyper&&) noexcept = default;

Result<std::string> ContentTyper::describe(ByteView content) {
  auto& cookie = m_state->cookie;
  if (!cookie) {
    // No decompression (it would start a program), no device nodes, no following of anything.
    cookie.reset(magic_open(MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR | MAGIC_NO_CHECK_CDF | MAGIC_RAW));
    if (!cookie) return Error{ErrorCode::unsupported, "libmagic cannot be opened", {}, {}};
    if (magic_load(cookie.get(), nullptr) != 0) {
      Error error{ErrorCode::unsupported, magic_error(cookie.get()), "libmagic's database", "install libmagic-mgc"};
      cookie.reset();
      return error;
    }
  }
  const auto head = content.first(std::min(content.size(), k_looked_at));
  const char* description = magic_buffer(cookie.get(), head.data(), head.size());
  if (description == nullptr) return Error{ErrorCode::format, magic_error(cookie.get()), {}, {}};
  return std::string{description};
}

std::string_view executable_format(ByteView content) noexcept {
  if (begins(content, k_elf_magic) && !goes_on_as_text(content)) return "ELF";
  if (is_pe(content)) return "PE";
  if (is_java_class(content)) return "Java class";
  if (is_macho(content)) return "Mach-O";
  if (begins(content, std::string_view{"\0asm", 4})) return "WebAssembly";
  if (begins(content, "BC\xC0\xDE")) return "LLVM bitcode";
  if (begins(content, "\x1BLua")) return "Lua bytecode";
  // CPython: a 16-bit magic number followed by CR LF, then 12 bytes of header and a marshalled code object.
  if (content.size() >= 17 && content[2] == '\r' && content[3] == '\n' && (content[16] & 0x7F) == 0x63)
    return "Python bytecode";
  return {};
}

}  // namespace assay::inspect
