// Archives that scripts unpack: read once for all the names that the scripts ask them for.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "digest/digest.hpp"

namespace assay::inspect {

class UnpackedArchives {
 public:
  /// `max_read`: bytes that are unpacked in all; what would take more is not.
  explicit UnpackedArchives(std::uint64_t max_read) : m_left(max_read) {}

  /// The files in `archive` whose names one of the patterns matches, one behind the other; all of them if there is no pattern. Nothing
  /// if there is none, or if the archive cannot be read.
  std::optional<std::string> files_in(ByteView archive, const std::vector<std::string>& patterns,
                                      std::uint64_t max_output);
  /// Was something not unpacked because of the bound?
  bool exhausted() const noexcept { return m_exhausted; }

 private:
  struct Member {
    std::string path;
    std::optional<std::string> content;  ///< where there was room to keep it
  };
  struct Archive {
    bool readable = false;
    std::vector<Member> members;  ///< regular files, in the order of the archive
  };
  class Lister;

  const Archive& known(ByteView archive);
  bool read(ByteView archive, const std::vector<std::string>* patterns, std::uint64_t max_output, Archive& members);

  static constexpr std::uint64_t k_most_kept = 16ULL << 20;
  std::map<Sha256, Archive> m_archives;
  std::uint64_t m_left;
  std::uint64_t m_kept = 0;
  bool m_exhausted = false;
};

}  // namespace assay::inspect
