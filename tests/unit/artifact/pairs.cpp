#include "pairs.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "artifact/compare_artifacts.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

namespace assay::artifact::test {

std::string tar_of(const std::vector<TarFileSpec>& files) {
  std::string tar;
  for (const auto& file : files) {
    std::string header(512, '\0');
    const auto put = [&](std::size_t at, const std::string& text) { header.replace(at, text.size(), text); };
    put(0, file.name);
    put(100, fmt::format("{:07o}", file.mode));
    put(108, "0000000");
    put(116, "0000000");
    put(124, fmt::format("{:011o}", file.content.size()));
    put(136, fmt::format("{:011o}", file.mtime));
    put(148, "        ");
    put(156, "0");
    put(257, std::string{"ustar\0", 6} + "00");
    unsigned sum = 0;
    for (const auto c : header) sum += static_cast<unsigned char>(c);
    put(148, fmt::format("{:06o}", sum) + std::string{"\0 ", 2});
    tar += header + file.content + std::string((512 - file.content.size() % 512) % 512, '\0');
  }
  return tar + std::string(1024, '\0');
}

Comparison compare(std::string_view before, std::string_view after, std::string_view name, const Limits& limits) {
  const assay::test::TempDir place;
  const auto write = [&](std::string_view side, std::string_view content) {
    const auto file = place.path() / side / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << content;
    return file;
  };
  CompareRequest request;
  request.before = write("a", before);
  request.after = write("b", after);
  request.limits = limits;
  auto comparison = compare_artifacts(request);
  REQUIRE(comparison);
  return *std::move(comparison);
}

std::vector<std::string> cause_ids(const Comparison& comparison) {
  std::vector<std::string> ids;
  for (const auto& cause : comparison.causes) ids.push_back(cause.id);
  return ids;
}

bool says_something(const Comparison& comparison) {
  return !comparison.equal && (!comparison.causes.empty() || !comparison.leftovers.empty());
}

std::string a_program() {
  std::ifstream file{"/bin/true", std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::pair<std::size_t, std::size_t> text_section(const std::string& program) {
  Elf64_Ehdr header;
  REQUIRE(program.size() > sizeof header);
  std::memcpy(&header, program.data(), sizeof header);
  const auto section = [&](std::size_t index) {
    Elf64_Shdr shdr;
    std::memcpy(&shdr, program.data() + header.e_shoff + index * sizeof shdr, sizeof shdr);
    return shdr;
  };
  const auto names = section(header.e_shstrndx);
  for (std::size_t i = 0; i < header.e_shnum; ++i)
    if (std::strcmp(program.data() + names.sh_offset + section(i).sh_name, ".text") == 0)
      return {section(i).sh_offset, section(i).sh_size};
  FAIL("no .text");
  return {};
}

}  // namespace assay::artifact::test
