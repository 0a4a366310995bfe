#include "attest/artifact.hpp"

#include <fmt/format.h>

#include "attest/key.hpp"
#include "base/text.hpp"

namespace assay::attest {

Artifact Artifact::from_bytes(std::string name, ByteView bytes) {
  Artifact artifact;
  artifact.m_name = std::move(name);
  artifact.m_bytes = bytes;
  for (const auto hash : {HashKind::sha256, HashKind::sha384, HashKind::sha512})
    artifact.m_digests.emplace(to_string(hash), to_hex(digest_of(hash, bytes)));
  return artifact;
}

Result<Artifact> Artifact::open(const std::filesystem::path& file) {
  ASSAY_TRY(auto mapped, MappedFile::open(file));
  auto shared = std::make_shared<MappedFile>(std::move(mapped));
  auto artifact = from_bytes(file.filename().string(), shared->bytes());
  artifact.m_path = file;
  artifact.m_file = std::move(shared);
  return artifact;
}

Result<Artifact> Artifact::from_argument(const std::string& file_or_digest) {
  std::error_code ignored;
  const auto colon = file_or_digest.find(':');
  if (colon != std::string::npos && !std::filesystem::exists(file_or_digest, ignored)) {
    const auto name = file_or_digest.substr(0, colon);
    const auto value = ascii_lower(file_or_digest.substr(colon + 1));
    if (name == "sha256" || name == "sha384" || name == "sha512") {
      if (!is_digest(name, value))
        return Error{ErrorCode::usage, fmt::format("is no {}, and no such file is there", name),
                     escape_for_display(file_or_digest),
                     fmt::format("a {} has {} hexadecimal digits", name,
                                 name == "sha256"   ? 64
                                 : name == "sha384" ? 96
                                                    : 128)};
      Artifact artifact;
      artifact.m_name = name + ":" + value;
      artifact.m_digests.emplace(name, value);
      return artifact;
    }
  }
  return open(file_or_digest);
}

bool Artifact::may_be_called(std::string_view listed) const noexcept {
  return m_path.empty() || path_basename(listed) == path_basename(m_name);
}

std::optional<Bytes> Artifact::digest(std::string_view name) const {
  const auto found = m_digests.find(name);
  return found == m_digests.end() ? std::nullopt : from_hex(found->second);
}

}  // namespace assay::attest
