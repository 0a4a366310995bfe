// What stands where in an ELF file, as far as the file can be believed: sections with their bytes, and the tables around
// them. libelf reads the structures; every range is checked against the file.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "artifact/content.hpp"

namespace assay::artifact {

struct ElfSection {
  std::string name;
  std::uint32_t type = 0;
  std::uint64_t flags = 0;
  std::uint64_t address = 0;
  std::uint64_t offset = 0;          ///< in the file
  std::uint64_t size = 0;            ///< in the file; 0 for one without bytes (SHT_NOBITS)
  std::uint64_t memory = 0;          ///< in memory
  std::uint64_t entry = 0;           ///< size of one record; 0 if it is no table
  std::uint32_t link = 0, info = 0;  ///< sh_link, sh_info: as a rule numbers of sections, which count from 1
  std::string_view bytes;
  bool executable = false;
  bool compressed = false;  ///< SHF_COMPRESSED
};

struct ElfImage {
  bool wide = true;  ///< 64 bit
  bool big_endian = false;
  std::uint16_t machine = 0;
  std::uint16_t type = 0;
  std::uint64_t program_headers = 0, program_headers_size = 0;  ///< offset and size in the file
  std::uint64_t section_headers = 0, section_headers_size = 0;
  std::uint64_t header_size = 0;
  std::vector<ElfSection> sections;  ///< without the empty first one
};

/// Read an ELF file. Nothing if it is damaged; `problem` then says how.
std::optional<ElfImage> read_elf(const Content& content, std::string& problem);

/// What neither a section nor a header takes, as beginnings and ends; nothing if they overlap or lie outside the file.
std::optional<std::vector<std::pair<std::uint64_t, std::uint64_t>>> unclaimed_ranges(const ElfImage& image,
                                                                                     std::uint64_t file_size);

/// Every section that is loaded stands at the address that its segment gives to its place in the file, so that none passes
/// for having moved while something else is loaded there.
bool is_loaded_as_it_lies(const ElfImage& image, const Content& content);

}  // namespace assay::artifact
