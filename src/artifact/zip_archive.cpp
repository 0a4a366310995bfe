#include "artifact/zip_archive.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "artifact/fields.hpp"
#include "artifact/tokens.hpp"

namespace assay::artifact {

namespace {

class ZipParser {
 public:
  ZipParser(const Content& content, const Limits& limits)
      : m_content(content), m_bytes(content.bytes()), m_limits(limits) {}

  ZipFile parse() {
    if (!find_end()) return fail("has no end record that can be read");
    auto at = m_file.directory;
    while (at < m_file.directory_end) {
      if (m_file.members.size() >= m_limits.max_entries) return fail("has more members than the limit entries allows");
      if (!read_entry(at)) return fail("has a damaged central directory");
    }
    for (auto& member : m_file.members)
      if (!read_local(member)) return fail("has a member whose own header is damaged");
    for (auto& member : m_file.members) decode_member(member);
    return std::move(m_file);
  }

 private:
  ZipFile fail(std::string problem) {
    m_file.problem = std::move(problem);
    return std::move(m_file);
  }

  bool find_end() {
    if (m_bytes.size() < 22) return false;
    const auto lowest = m_bytes.size() > 22 + 65535 ? m_bytes.size() - 22 - 65535 : 0;
    for (auto at = m_bytes.size() - 22;; --at) {
      if (little_endian(m_bytes, at, 4) == 0x06054b50 && at + 22 + little_endian(m_bytes, at + 20, 2) == m_bytes.size())
        return take_end(at);
      if (at == lowest) return false;
    }
  }

  bool take_end(std::size_t at) {
    auto size = little_endian(m_bytes, at + 12, 4);
    auto offset = little_endian(m_bytes, at + 16, 4);
    m_file.end = at;
    m_file.comment = m_bytes.subspan(at + 22);
    if ((offset == 0xffffffff || size == 0xffffffff) && at >= 20 && little_endian(m_bytes, at - 20, 4) == 0x07064b50) {
      const auto record = little_endian(m_bytes, at - 12, 8);
      if (record > m_bytes.size() - 56 || little_endian(m_bytes, static_cast<std::size_t>(record), 4) != 0x06064b50)
        return false;
      size = little_endian(m_bytes, static_cast<std::size_t>(record) + 40, 8);
      offset = little_endian(m_bytes, static_cast<std::size_t>(record) + 48, 8);
    }
    if (offset > at || size > at - offset) return false;
    m_file.directory = offset;
    m_file.directory_end = offset + size;
    m_file.plain = little_endian(m_bytes, at + 4, 4) == 0 &&
                   little_endian(m_bytes, at + 8, 2) == little_endian(m_bytes, at + 10, 2);
    return true;
  }

  bool read_entry(std::uint64_t& position) {
    const auto at = static_cast<std::size_t>(position);
    if (position + 46 > m_file.directory_end || little_endian(m_bytes, at, 4) != 0x02014b50) return false;
    const auto name = static_cast<std::size_t>(little_endian(m_bytes, at + 28, 2));
    const auto extra = static_cast<std::size_t>(little_endian(m_bytes, at + 30, 2));
    const auto comment = static_cast<std::size_t>(little_endian(m_bytes, at + 32, 2));
    if (position + 46 + name + extra + comment > m_file.directory_end) return false;
    ZipMember member;
    member.made_by = static_cast<std::uint16_t>(little_endian(m_bytes, at + 4, 2));
    member.needed = static_cast<std::uint16_t>(little_endian(m_bytes, at + 6, 2));
    member.flags = static_cast<std::uint16_t>(little_endian(m_bytes, at + 8, 2));
    member.method = static_cast<std::uint16_t>(little_endian(m_bytes, at + 10, 2));
    member.dos_time = static_cast<std::uint32_t>(little_endian(m_bytes, at + 12, 4));
    member.crc = static_cast<std::uint32_t>(little_endian(m_bytes, at + 16, 4));
    member.packed = little_endian(m_bytes, at + 20, 4);
    member.size = little_endian(m_bytes, at + 24, 4);
    member.internal = static_cast<std::uint16_t>(little_endian(m_bytes, at + 36, 2));
    member.attributes = static_cast<std::uint32_t>(little_endian(m_bytes, at + 38, 4));
    member.local = little_endian(m_bytes, at + 42, 4);
    member.name = as_text(m_bytes.subspan(at + 46, name));
    member.extra = m_bytes.subspan(at + 46 + name, extra);
    member.comment = m_bytes.subspan(at + 46 + name + extra, comment);
    member.encrypted = (member.flags & 1) != 0;
    member.plain = little_endian(m_bytes, at + 34, 2) == 0;
    take_zip64(member);
    position += 46 + name + extra + comment;
    m_file.members.push_back(std::move(member));
    return true;
  }

  static void take_zip64(ZipMember& member) {
    auto extra = member.extra;
    while (extra.size() >= 4) {
      const auto size = static_cast<std::size_t>(little_endian(extra, 2, 2));
      if (size > extra.size() - 4) return;
      if (little_endian(extra, 0, 2) == 1) {
        std::size_t at = 4;
        for (auto* field : {&member.size, &member.packed, &member.local}) {
          if (*field != 0xffffffff || at + 8 > 4 + size) continue;
          *field = little_endian(extra, at, 8);
          at += 8;
        }
      }
      extra = extra.subspan(4 + size);
    }
  }

  /// The member's own header says nothing that the directory does not say.
  bool is_plain_local(const ZipMember& member, std::size_t at) const {
    const bool deferred = (member.flags & 8) != 0;
    const auto agrees = [&](std::size_t offset, std::uint64_t value) {
      const auto own = little_endian(m_bytes, at + offset, 4);
      return own == value || own == 0xffffffff || (deferred && own == 0);
    };
    return little_endian(m_bytes, at + 8, 2) == member.method && little_endian(m_bytes, at + 4, 2) == member.needed &&
           agrees(14, member.crc) && agrees(18, member.packed) && agrees(22, member.size);
  }

  bool is_plain_descriptor(const ZipMember& member, std::size_t at, std::size_t size) const {
    const std::size_t width = size >= 20 ? 8 : 4;
    const auto begin = at + (size % 8 == 0 ? 4 : 0);
    return little_endian(m_bytes, begin, 4) == member.crc &&
           little_endian(m_bytes, begin + 4, width) == member.packed &&
           little_endian(m_bytes, begin + 4 + width, width) == member.size;
  }

  bool read_local(ZipMember& member) {
    if (member.local > m_bytes.size() || m_bytes.size() - member.local < 30) return false;
    const auto at = static_cast<std::size_t>(member.local);
    if (little_endian(m_bytes, at, 4) != 0x04034b50) return false;
    member.plain = member.plain && is_plain_local(member, at);
    const auto name = little_endian(m_bytes, at + 26, 2);
    const auto extra = little_endian(m_bytes, at + 28, 2);
    member.data = member.local + 30 + name + extra;
    if (member.data > m_bytes.size() || member.packed > m_bytes.size() - member.data) return false;
    member.local_flags = static_cast<std::uint16_t>(little_endian(m_bytes, at + 6, 2));
    member.local_time = static_cast<std::uint32_t>(little_endian(m_bytes, at + 10, 4));
    member.local_extra = m_bytes.subspan(at + 30 + static_cast<std::size_t>(name), static_cast<std::size_t>(extra));
    member.end = member.data + member.packed;
    if ((member.flags & 8) != 0) {
      const auto left = m_bytes.size() - member.end;
      const bool marked = left >= 4 && little_endian(m_bytes, static_cast<std::size_t>(member.end), 4) == 0x08074b50;
      const std::uint64_t size = (marked ? 16U : 12U) + (member.size > 0xffffffff ? 8U : 0U);
      if (size > left) return false;
      member.plain = member.plain &&
                     is_plain_descriptor(member, static_cast<std::size_t>(member.end), static_cast<std::size_t>(size));
      member.end += size;
    }
    return true;
  }

  void decode_member(ZipMember& member) {
    const auto packed = m_content.part(member.data, member.packed);
    if (member.encrypted) {
      member.problem = "is encrypted";
    } else if (member.method == 0) {
      member.content = packed;
      return;
    } else if (member.method == 8) {
      auto decoded = inflate_raw(packed.bytes(), member.size, m_limits);
      member.problem =
          decoded.trailing > 0 && decoded.problem.empty() ? "has bytes behind its stream" : decoded.problem;
      member.content = decoded.content;
    } else if (member.method == 12 || member.method == 93 || member.method == 95) {
      const auto filter = member.method == 12   ? archive::Filter::bzip2
                          : member.method == 93 ? archive::Filter::zstd
                                                : archive::Filter::xz;
      auto decoded = decode(filter, packed.bytes(), m_limits);
      member.problem = decoded ? decoded->problem : decoded.error().message;
      if (decoded) member.content = decoded->content;
    } else {
      member.problem = fmt::format("is compressed with method {}, which is not read", member.method);
    }
    if (!member.problem.empty()) member.content = packed;
  }

  const Content& m_content;
  const ByteView m_bytes;
  const Limits& m_limits;
  ZipFile m_file;
};

}  // namespace

ZipFile parse_zip(const Content& content, const Limits& limits) {
  return ZipParser{content, limits}.parse();
}

std::string dos_date(std::uint32_t value) {
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", (value >> 25) + 1980, value >> 21 & 15, value >> 16 & 31,
                     value >> 11 & 31, value >> 5 & 63, (value & 31) * 2);
}

std::int64_t dos_epoch(std::uint32_t value) {
  return days_from_civil(static_cast<int>(value >> 25) + 1980, std::clamp(value >> 21 & 15U, 1U, 12U),
                         std::max(value >> 16 & 31U, 1U)) *
             86400 +
         (value >> 11 & 31) * 3600 + (value >> 5 & 63) * 60 + (value & 31) * 2;
}

std::int64_t newest_day(const ZipFile& file) {
  std::int64_t day = 0;
  for (const auto& member : file.members)
    day = std::max(day, days_from_civil(static_cast<int>(member.dos_time >> 25) + 1980,
                                        std::clamp(member.dos_time >> 21 & 15U, 1U, 12U),
                                        std::max(member.dos_time >> 16 & 31U, 1U)));
  return day * 86400;
}

}  // namespace assay::artifact
