#include "artifact/elf_image.hpp"

#include <elf.h>
#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <cstddef>
#include <memory>

#include "artifact/fields.hpp"

namespace assay::artifact {

namespace {

struct ElfCloser {
  void operator()(Elf* elf) const { elf_end(elf); }
};
using ElfHandle = std::unique_ptr<Elf, ElfCloser>;

constexpr std::size_t k_most_sections = 100'000;

std::optional<ElfSection> read_section(const Content& content, Elf* elf, Elf_Scn* scn, std::size_t names,
                                       std::string& problem) {
  GElf_Shdr header;
  if (gelf_getshdr(scn, &header) == nullptr) {
    problem = "a section header cannot be read";
    return std::nullopt;
  }
  ElfSection section;
  const char* name = elf_strptr(elf, names, header.sh_name);
  section.name = name == nullptr ? "" : name;
  section.type = header.sh_type;
  section.flags = header.sh_flags;
  section.address = header.sh_addr;
  section.offset = header.sh_offset;
  section.memory = header.sh_size;
  section.entry = header.sh_entsize;
  section.link = header.sh_link;
  section.info = header.sh_info;
  section.executable = (header.sh_flags & SHF_EXECINSTR) != 0;
  section.compressed = (header.sh_flags & SHF_COMPRESSED) != 0;
  if (header.sh_type == SHT_NOBITS) return section;
  if (header.sh_offset > content.size() || header.sh_size > content.size() - header.sh_offset) {
    problem = "a section lies beyond the end of the file";
    return std::nullopt;
  }
  section.size = header.sh_size;
  section.bytes =
      content.text().substr(static_cast<std::size_t>(header.sh_offset), static_cast<std::size_t>(header.sh_size));
  return section;
}

}  // namespace

std::optional<ElfImage> read_elf(const Content& content, std::string& problem) {
  elf_version(EV_CURRENT);
  // libelf's interface predates const; ELF_C_READ images are not written to.
  const ElfHandle elf{elf_memory(reinterpret_cast<char*>(const_cast<std::uint8_t*>(content.bytes().data())),
                                 static_cast<std::size_t>(content.size()))};
  GElf_Ehdr header;
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF || gelf_getehdr(elf.get(), &header) == nullptr) {
    problem = "the ELF header is damaged";
    return std::nullopt;
  }
  ElfImage image;
  image.wide = header.e_ident[EI_CLASS] == ELFCLASS64;
  image.big_endian = header.e_ident[EI_DATA] == ELFDATA2MSB;
  image.machine = header.e_machine;
  image.type = header.e_type;
  image.header_size = image.wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
  std::size_t count = 0;
  std::size_t names = 0;
  std::size_t segments = 0;
  if (elf_getshdrnum(elf.get(), &count) != 0 || (count > 0 && elf_getshdrstrndx(elf.get(), &names) != 0) ||
      count > k_most_sections) {
    problem = "the section headers cannot be read";
    return std::nullopt;
  }
  if (count == 0 && header.e_shoff != 0) {
    problem = "the section headers lie beyond the end of the file";
    return std::nullopt;
  }
  if (elf_getphdrnum(elf.get(), &segments) == 0 && segments > 0) {
    image.program_headers = header.e_phoff;
    image.program_headers_size = segments * (image.wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr));
  }
  image.section_headers = header.e_shoff;
  image.section_headers_size = count * (image.wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr));
  for (std::size_t i = 1; i < count; ++i) {
    auto* scn = elf_getscn(elf.get(), i);
    auto section = scn == nullptr ? std::nullopt : read_section(content, elf.get(), scn, names, problem);
    if (!section) {
      if (problem.empty()) problem = "a section header is missing";
      return std::nullopt;
    }
    image.sections.push_back(*std::move(section));
  }
  return image;
}

std::optional<std::vector<std::pair<std::uint64_t, std::uint64_t>>> unclaimed_ranges(const ElfImage& image,
                                                                                     std::uint64_t file_size) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> taken{
      {0, image.header_size},
      {image.program_headers, image.program_headers + image.program_headers_size},
      {image.section_headers, image.section_headers + image.section_headers_size}};
  for (const auto& section : image.sections)
    if (section.size > 0) taken.emplace_back(section.offset, section.offset + section.size);
  std::sort(taken.begin(), taken.end());
  std::vector<std::pair<std::uint64_t, std::uint64_t>> free;
  std::uint64_t at = 0;
  for (const auto& [begin, end] : taken) {
    if (begin == end) continue;
    if (begin < at || end > file_size) return std::nullopt;
    if (begin > at) free.emplace_back(at, begin);
    at = end;
  }
  if (at < file_size) free.emplace_back(at, file_size);
  return free;
}

bool is_loaded_as_it_lies(const ElfImage& image, const Content& content) {
  if (image.program_headers_size == 0) return true;
  const std::size_t entry = image.wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
  const auto table = content.part(image.program_headers, image.program_headers_size).text();
  const auto word = [&](std::size_t at) { return number_at(table, at, image.wide ? 8 : 4, image.big_endian); };
  return std::all_of(image.sections.begin(), image.sections.end(), [&](const ElfSection& section) {
    if ((section.flags & SHF_ALLOC) == 0) return section.address == 0;
    if (section.type == SHT_NOBITS || section.size == 0) return true;
    for (std::size_t at = 0; at + entry <= table.size(); at += entry) {
      if (number_at(table, at, 4, image.big_endian) != PT_LOAD) continue;
      const auto offset = word(at + (image.wide ? offsetof(Elf64_Phdr, p_offset) : offsetof(Elf32_Phdr, p_offset)));
      const auto address = word(at + (image.wide ? offsetof(Elf64_Phdr, p_vaddr) : offsetof(Elf32_Phdr, p_vaddr)));
      const auto size = word(at + (image.wide ? offsetof(Elf64_Phdr, p_filesz) : offsetof(Elf32_Phdr, p_filesz)));
      if (section.offset >= offset && section.offset - offset < size &&
          section.size <= size - (section.offset - offset))
        return section.address - address == section.offset - offset;
    }
    return false;
  });
}

}  // namespace assay::artifact
