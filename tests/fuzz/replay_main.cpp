// Runs the committed corpus of one fuzz target: every file of the directories and files given, once. Files that end in
// .hex are decoded first: binary seeds are committed as text.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::vector<std::filesystem::path> inputs(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      files.emplace_back(argv[i]);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator{argv[i]})
      if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// Hexadecimal digits with white space between them; `#` begins a comment that goes to the end of the line.
std::vector<char> decode_hex(const std::vector<char>& text) {
  std::vector<char> bytes;
  int half = -1;
  bool comment = false;
  for (const char c : text) {
    comment = c == '#' || (comment && c != '\n');
    const auto* const digits = "0123456789abcdef";
    const auto* const digit = comment ? nullptr : std::strchr(digits, c);
    if (digit == nullptr || *digit == '\0') continue;
    const int value = static_cast<int>(digit - digits);
    if (half >= 0) bytes.push_back(static_cast<char>(half * 16 + value));
    half = half >= 0 ? -1 : value;
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  const auto files = inputs(argc, argv);
  for (const auto& file : files) {
    std::ifstream in{file, std::ios::binary};
    std::vector<char> content{std::istreambuf_iterator<char>{in}, {}};
    if (file.extension() == ".hex") content = decode_hex(content);
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
  }
  std::printf("%zu inputs replayed\n", files.size());
  return files.empty() ? 1 : 0;  // a corpus that is not there proves nothing
}
