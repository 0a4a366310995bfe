#include "trace/hashing.hpp"

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/text.hpp"

namespace assay::trace {

using namespace std::string_view_literals;

namespace {

constexpr std::size_t k_head = 8192;

constexpr std::string_view k_compressed[] = {
    "\x1f\x8b"sv, "\xfd\x37zXZ\0"sv, "BZh"sv,        "\x28\xb5\x2f\xfd"sv,   "\x04\x22\x4d\x18"sv,
    "\x1f\x9d"sv, "LZIP"sv,          "PK\x03\x04"sv, "7z\xbc\xaf\x27\x1c"sv,
};

/// A value of the file at `offset` in this machine's byte order; 0 beyond the end.
template <typename Value>
Value value_at(ByteView head, std::uint64_t offset) noexcept {
  Value value{};
  if (offset <= head.size() && head.size() - offset >= sizeof value)
    std::memcpy(&value, head.data() + offset, sizeof value);
  return value;
}

ContentKind kind_of_elf(ByteView head) noexcept {
  auto type = value_at<std::uint16_t>(head, offsetof(Elf64_Ehdr, e_type));  // the same place in both classes
  constexpr int native = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
  if (head[EI_DATA] != native) type = static_cast<std::uint16_t>(type << 8 | type >> 8);
  if (type == ET_REL) return ContentKind::object;
  return type == ET_EXEC || type == ET_DYN ? ContentKind::executable : ContentKind::binary;
}

template <typename Header, typename Segment>
std::string loader_in(ByteView head) {
  const auto header = value_at<Header>(head, 0);
  for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
    const auto segment = value_at<Segment>(head, header.e_phoff + i * sizeof(Segment));
    if (segment.p_type != PT_INTERP) continue;
    if (segment.p_offset > head.size() || segment.p_filesz > head.size() - segment.p_offset) return {};
    const auto text = as_text(head.subspan(segment.p_offset, segment.p_filesz));
    return std::string{text.substr(0, text.find('\0'))};
  }
  return {};
}

/// The "lzma alone" format has no magic number: properties, a dictionary size that is a power of two or the sum of two,
/// and a size that is unknown or sensible (lzma(5) of file(1) asks the same).
bool is_lzma_alone(ByteView head) noexcept {
  if (head.size() < 18 || head[0] != 0x5d || head[1] != 0 || head[2] != 0) return false;
  const auto size = value_at<std::uint64_t>(head, 5);
  return size == ~std::uint64_t{0} || size < (std::uint64_t{1} << 38);
}

}  // namespace

ContentKind kind_of(ByteView head) noexcept {
  if (head.empty()) return ContentKind::empty;
  const auto text = as_text(head);
  if (text.starts_with(ELFMAG) && head.size() >= sizeof(Elf32_Ehdr)) return kind_of_elf(head);
  if (text.starts_with("BC\xc0\xde"sv) || text.starts_with("\xde\xc0\x17\x0b"sv)) return ContentKind::object;
  if (text.starts_with("!<arch>\n"sv) || text.starts_with("!<thin>\n"sv)) return ContentKind::object_archive;
  for (const auto magic : k_compressed)
    if (text.starts_with(magic)) return ContentKind::compressed;
  if (is_lzma_alone(head)) return ContentKind::compressed;
  return looks_like_text(head) ? ContentKind::text : ContentKind::binary;
}

std::string loader_of(ByteView head) {
  if (!as_text(head).starts_with(ELFMAG) || head.size() < EI_NIDENT) return {};
  if (head[EI_CLASS] == ELFCLASS64) return loader_in<Elf64_Ehdr, Elf64_Phdr>(head);
  return loader_in<Elf32_Ehdr, Elf32_Phdr>(head);
}

std::string loader_of(const char* program) {
  const UniqueFd file{::open(program, O_RDONLY | O_CLOEXEC)};
  Bytes head(k_head);
  const auto got = file ? ::pread(file.get(), head.data(), head.size(), 0) : 0;
  return got > 0 ? loader_of(ByteView{head}.first(static_cast<std::size_t>(got))) : std::string{};
}

std::optional<Content> Hasher::hash(int descriptor, std::uint64_t most) {
  const auto facts = facts_of(descriptor);
  if (!facts) return std::nullopt;
  if (facts->stamp.size > most) return std::nullopt;
  Content content;
  m_hasher.begin(facts->stamp.size);
  for (;;) {
    const auto got = ::pread(descriptor, m_buffer.data(), m_buffer.size(), static_cast<off_t>(content.size));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    const auto part = ByteView{m_buffer}.first(static_cast<std::size_t>(got));
    if (content.size == 0) content.kind = kind_of(part.first(std::min(part.size(), k_head)));
    if (got == 0) break;
    m_hasher.update(part);
    content.size += part.size();
    if (content.size > facts->stamp.size) break;
  }
  const auto digests = m_hasher.finish();  // in any case: it begins anew after it
  if (content.size != facts->stamp.size) return std::nullopt;
  content.sha256 = digests.sha256;
  content.gitoid = digests.git_oid;
  return content;
}

}  // namespace assay::trace
