// Every kind of container, beside a cause that explains it: whatever single bit is flipped then, the report shows it, and
// it never explains a bit of code or of a script away.
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <random>
#include <set>

#include "pairs.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::artifact::test;

namespace {

std::string big(std::uint64_t value, int width) {
  std::string bytes;
  for (int i = width; i-- > 0;) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}
std::string little(std::uint64_t value, int width) {
  auto bytes = big(value, width);
  std::reverse(bytes.begin(), bytes.end());
  return bytes;
}
unsigned long crc(const std::string& data) {
  return ::crc32(0, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size()));
}

std::string note(int year) {
  return fmt::format("About this build\nBuilt on {}-03-04 05:06:07\n", year);
}
const std::string k_script = "#!/bin/sh\nset -e\nexec ldconfig\n";

std::string tar(int year) {
  return tar_of({{"usr/bin/run", k_script, 0755}, {"usr/share/doc/x", note(year)}});
}

/// With a record in an extension header, and its padding.
std::string pax(int year) {
  auto extended = tar_of({{"PaxHeaders/x", "30 mtime=1646370367.123456789\n"}}).substr(0, 1024);
  extended[156] = 'x';
  unsigned sum = 8 * ' ';
  for (std::size_t i = 0; i < 512; ++i) sum += i >= 148 && i < 156 ? 0U : static_cast<unsigned char>(extended[i]);
  extended.replace(148, 6, fmt::format("{:06o}", sum));
  return extended + tar(year);
}

std::string ar(int year) {
  std::string file = "!<arch>\n";
  const std::vector<std::pair<std::string, std::string>> members{{"postinst", k_script},
                                                                 {"notes.txt", note(year) + "x"}};
  for (const auto& [name, content] : members)
    file += fmt::format("{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", name, 1600000000, 0, 0, "100644", content.size()) +
            content + (content.size() % 2 == 1 ? "\n" : "");
  return file;
}

std::string cpio(int year) {
  std::string file;
  const auto add = [&](const std::string& name, const std::string& content, unsigned mode) {
    file += "070701";
    for (const auto value : {1U, mode, 0U, 0U, 1U, 1600000000U, static_cast<unsigned>(content.size()), 0U, 0U, 0U, 0U,
                             static_cast<unsigned>(name.size() + 1), 0U})
      file += fmt::format("{:08x}", value);
    file += name + '\0';
    file.resize((file.size() + 3) / 4 * 4);
    file += content;
    file.resize((file.size() + 3) / 4 * 4);
  };
  add("usr/bin/run", k_script, 0100755);
  add("usr/share/doc/x", note(year), 0100644);
  add("TRAILER!!!", "", 0);
  return file;
}

std::string zip(int year) {
  const std::vector<std::pair<std::string, std::string>> members{{"run.sh", k_script}, {"doc/x.txt", note(year)}};
  std::string file, directory;
  for (const auto& [name, content] : members) {
    const auto common = little(20, 2) + little(0, 2) + little(0, 2) + little(0x50210000, 4) + little(crc(content), 4) +
                        little(content.size(), 4) + little(content.size(), 4) + little(name.size(), 2) + little(0, 2);
    directory += "PK\1\2" + little(0x314, 2) + common + little(0, 2) + little(0, 2) + little(0, 2) +
                 little(0100644U << 16, 4) + little(file.size(), 4) + name;
    file += "PK\3\4" + common + name + content;
  }
  return file + directory + "PK\5\6" + little(0, 4) + little(members.size(), 2) + little(members.size(), 2) +
         little(directory.size(), 4) + little(file.size(), 4) + little(0, 2);
}

std::string png(int year) {
  const auto chunk = [](const std::string& type, const std::string& data) {
    return big(data.size(), 4) + type + data + big(crc(type + data), 4);
  };
  std::string pixels(40, '\0');
  std::string packed(200, '\0');
  uLongf size = packed.size();
  ::compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(pixels.data()),
             pixels.size());
  packed.resize(size);
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", big(7, 4) + big(5, 4) + big(8, 1) + big(0, 4)) +
         chunk("tIME", big(static_cast<unsigned>(year), 2) + "\1\2\3\4\5") + chunk("IDAT", packed) + chunk("IEND", "");
}

std::string catalogue(int year) {
  const std::vector<std::pair<std::string, std::string>> messages{
      {"", fmt::format("PO-Revision-Date: {}-01-02 03:04+0000\n", year)}, {"good day", "guten Tag"}, {"run", "lauf"}};
  std::string originals, translations, strings;
  const auto begin = 28 + 16 * messages.size();
  for (int side = 0; side < 2; ++side)
    for (const auto& [original, translation] : messages) {
      const auto& text = side == 0 ? original : translation;
      (side == 0 ? originals : translations) += little(text.size(), 4) + little(begin + strings.size(), 4);
      strings += text + '\0';
    }
  return little(0x950412de, 4) + little(0, 4) + little(messages.size(), 4) + little(28, 4) +
         little(28 + 8 * messages.size(), 4) + little(0, 4) + little(begin, 4) + originals + translations + strings;
}

std::string pdf(int year) {
  std::string file = "%PDF-1.4\n";
  const std::vector<std::string> objects{"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 0 >>",
                                         fmt::format("<< /CreationDate (D:{}0304050607Z) >>", year)};
  std::string table = "0000000000 65535 f \n";
  for (std::size_t i = 0; i < objects.size(); ++i) {
    table += fmt::format("{:010} 00000 n \n", file.size());
    file += fmt::format("{} 0 obj\n{}\nendobj\n", i + 1, objects[i]);
  }
  return fmt::format("{}xref\n0 {}\n{}trailer\n<< /Root 1 0 R /Info 3 0 R /Size 4 >>\nstartxref\n{}\n%%EOF\n", file,
                     objects.size() + 1, table, file.size());
}

std::string byte_code(int year) {
  return "\x61\x0d\r\n" + little(0, 4) +
         little(static_cast<std::uint64_t>(1'500'000'000 + (year - 2020) * 31'000'000), 4) + little(60, 4) + "\xe3" +
         std::string(120, 'S');
}

std::string gzipped(int year) {
  const auto plain = tar(year);
  std::string packed(plain.size() + 200, '\0');
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string identity(const Change& change) {
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", change.path, change.place, static_cast<int>(change.aspect),
                     change.before, change.after, change.bytes);
}

struct Format {
  const char* name;
  std::string (*make)(int year);
};
constexpr Format k_formats[] = {{"x.tar", tar},       {"pax.tar", pax},     {"x.a", ar},         {"x.cpio", cpio},
                                {"x.zip", zip},       {"x.png", png},       {"x.mo", catalogue}, {"x.pdf", pdf},
                                {"x.pyc", byte_code}, {"x.tar.gz", gzipped}};

}  // namespace

TEST_CASE("compare: in every format a cause explains every byte, and no flipped bit is passed over beside it",
          "[artifact][closure]") {
  std::mt19937_64 random{41};
  for (const auto& format : k_formats) {
    INFO(format.name);
    const auto before = format.make(2022);
    const auto after = format.make(2026);
    const auto plain = compare(before, after, format.name);
    CHECK(plain.closed);
    std::multiset<std::string> usual;
    for (const auto& change : plain.changes) usual.insert(identity(change));
    for (int round = 0; round < 250; ++round) {
      auto flipped = after;
      const auto at = random() % flipped.size();
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << random() % 8));
      const auto comparison = compare(before, flipped, format.name);
      if (!comparison.closed) continue;
      INFO("bit flipped in byte " << at);
      auto rest = usual;
      bool shown = false;
      for (const auto& change : comparison.changes) {
        if (const auto found = rest.find(identity(change)); found != rest.end()) {
          rest.erase(found);
          continue;
        }
        shown = true;
        // Byte code names the time of its source in its header; nothing else that runs is ever explained away.
        if (change.place != "pyc source mtime") CHECK(change.impact > Impact::maintainer_script);
      }
      CHECK(shown);
    }
  }
}
