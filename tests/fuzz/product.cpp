// Container images and Debian packages, put together from text so that mutations get past digests, lengths and checksums: what
// a bill of materials is made of. Parts are cut at lines of "--"; the first line of all says what they become:
//   oci     index.json, and blobs by their digests; "@2" in a part stands for the SHA-256 of the second part behind it
//   docker  manifest.json, and files named 1.tar.gz, 2.tar.gz, …
//   deb     members of an ar archive; their first line has the name and, if it is not the true one, the size
// A part that begins with a line "tar" becomes an archive of the lines "path=content".
#include <stdlib.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "attest/image.hpp"
#include "attest/sbom.hpp"
#include "digest/digest.hpp"

using namespace assay;
using namespace assay::attest;

namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_most_parts = 12, k_most_members = 50;

struct File {
  std::string name, content;
};

void require(bool condition) {
  if (!condition) std::abort();
}

Limits small_limits() {
  Limits limits;
  limits.max_entries = 1000;
  limits.max_entry_size = 1U << 20;
  limits.max_total_size = 4U << 20;
  limits.ratio_floor = 1U << 20;
  limits.memory = 8U << 20;
  limits.time = std::chrono::seconds{5};
  return limits;
}

/// A directory that goes with the process; a fuzzer that finds something leaves it behind.
struct Directory {
  fs::path path;
  Directory() {
    auto name = (fs::temp_directory_path() / "fuzz-product-XXXXXX").string();
    require(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

/// Cut at `separator`; the last of `most` has the rest.
std::vector<std::string_view> cut(std::string_view text, std::string_view separator, std::size_t most) {
  std::vector<std::string_view> parts;
  for (auto at = text.find(separator); at != std::string_view::npos && parts.size() + 1 < most;
       at = text.find(separator)) {
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + separator.size());
  }
  parts.push_back(text);
  return parts;
}

std::string tar_of(const std::vector<File>& files) {
  std::string out;
  for (const auto& [name, content] : files) {
    std::array<char, 512> header{};
    std::memcpy(header.data(), name.data(), std::min<std::size_t>(name.size(), 99));
    std::snprintf(&header[100], 8, "%07o", 0644U);
    std::snprintf(&header[124], 12, "%011zo", content.size());
    std::memset(&header[148], ' ', 8);
    header[156] = '0';
    std::memcpy(&header[257], "ustar\00000", 8);
    unsigned sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    std::snprintf(&header[148], 7, "%06o", sum);
    out.append(header.data(), header.size()).append(content);
    out.resize((out.size() + 511) / 512 * 512);
  }
  return out.append(1024, '\0');
}

std::string content_of(std::string_view part) {
  if (!part.starts_with("tar\n")) return std::string{part};
  std::vector<File> files;
  for (const auto line : cut(part.substr(4), "\n", k_most_members)) {
    const auto equals = line.find('=');
    if (equals == 0 || equals == std::string_view::npos) continue;
    std::string content{line.substr(equals + 1)};
    for (auto& c : content) c = c == '|' ? '\n' : c;  // a file of several lines
    files.push_back({std::string{line.substr(0, equals)}, std::move(content)});
  }
  return tar_of(files);
}

std::vector<File> oci_of(const std::vector<std::string_view>& parts) {
  std::vector<File> files{{"oci-layout", R"({"imageLayoutVersion":"1.0.0"})"}};
  std::vector<std::string> digests(parts.size());
  for (std::size_t i = parts.size(); i-- > 0;) {  // a part names only what stands behind it
    const auto part = parts[i];
    std::string named;
    for (std::size_t at = 0; at < part.size(); ++at) {
      const bool names = part[at] == '@' && at + 1 < part.size() && part[at + 1] > '0' && part[at + 1] <= '9';
      const std::size_t other = names ? i + static_cast<std::size_t>(part[at + 1] - '0') : parts.size();
      if (other >= parts.size()) named += part[at];
      else named += digests[other], ++at;
    }
    auto content = content_of(named);
    digests[i] = sha256(as_bytes(content)).hex();
    files.push_back({i == 0 ? "index.json" : "blobs/sha256/" + digests[i], std::move(content)});
  }
  return files;
}

std::vector<File> docker_of(const std::vector<std::string_view>& parts) {
  std::vector<File> files{{"manifest.json", std::string{parts[0]}}};
  for (std::size_t i = 1; i < parts.size(); ++i) files.push_back({std::to_string(i) + ".tar.gz", content_of(parts[i])});
  return files;
}

std::string deb_of(const std::vector<std::string_view>& parts) {
  std::string out = "!<arch>\n";
  for (const auto part : parts) {
    const auto head = cut(part, "\n", 2);
    const auto content = content_of(head.size() == 2 ? head[1] : "");
    const auto name = cut(head[0], " ", 2);
    auto field = [&](std::string_view text, std::size_t width) {
      out.append(text.substr(0, width)).append(width - std::min(width, text.size()), ' ');
    };
    field(name[0], 16);
    for (const std::size_t width : {12U, 6U, 6U}) field("0", width);
    field("100644", 8);
    field(name.size() == 2 ? std::string{name[1]} : std::to_string(content.size()), 10);
    out.append("`\n").append(content).append(content.size() % 2, '\n');
  }
  return out;
}

void write(const fs::path& path, std::string_view content) {
  fs::create_directories(path.parent_path());
  std::ofstream{path, std::ios::binary}.write(content.data(), static_cast<std::streamsize>(content.size()));
}

/// What is collected can be written and read again.
void collect(const fs::path& path) {
  Coverage coverage;
  const auto sbom = collect_sbom(path, small_limits(), coverage);
  if (!sbom) return require(!sbom.error().message.empty());
  const auto cyclonedx = read_sbom(as_bytes(write_cyclonedx(*sbom)));
  require(cyclonedx.has_value() && cyclonedx->components.size() == sbom->components.size());
  const auto spdx = read_sbom(as_bytes(write_spdx(*sbom)));
  require(spdx.has_value() && spdx->components.size() == sbom->components.size());
}

/// An image without gaps as an archive is the same image as a directory.
void compare_forms(const fs::path& archive, const fs::path& directory) {
  const auto packed = read_image(archive, small_limits());
  const auto lying = read_image(directory, small_limits());
  if (!packed) return require(!packed.error().message.empty());
  require(packed->digest.size() == 64);
  for (const auto& [path, file] : packed->files) {
    require(!path.empty() && !fs::path{path}.filename().string().starts_with(".wh."));
    const auto inside = packed->files.lower_bound(path + "/");  // no file is a directory
    require(inside == packed->files.end() || !inside->first.starts_with(path + "/"));
  }
  if (!packed->coverage.gaps.empty()) return;
  require(lying.has_value() && lying->coverage.gaps.empty());
  require(lying->digest == packed->digest && lying->name == packed->name);
  require(lying->files.size() == packed->files.size());
  for (auto a = packed->files.begin(), b = lying->files.begin(); a != packed->files.end(); ++a, ++b)
    require(a->first == b->first && a->second.sha256 == b->second.sha256);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Directory directory;
  // Keeps libgit2 initialised, whose start takes longer than everything else here.
  static const EntryHasher keep_initialised{GitHash::sha1};
  const auto input = cut(as_text({data, size}), "\n", 2);
  if (input.size() < 2 || size > 16384) return 0;
  const auto parts = cut(input[1], "\n--\n", k_most_parts);
  const auto file = directory.path / "product", layout = directory.path / "layout";
  if (input[0] == "deb") {
    write(file, deb_of(parts));
    collect(file);
  } else if (input[0] == "oci" || input[0] == "docker") {
    const auto files = input[0] == "oci" ? oci_of(parts) : docker_of(parts);
    write(file, tar_of(files));
    for (const auto& each : files) write(layout / each.name, each.content);
    collect(file);
    collect(layout);
    compare_forms(file, layout);
    fs::remove_all(layout);
  }
  return 0;
}
