// Container images as files: OCI image layouts (https://github.com/opencontainers/image-spec, image-layout.md), as a directory
// or as a tar archive, and what `docker save` writes. Layers are laid over each other, with their whiteouts; nothing is unpacked
// to disk.
#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "archive/reader.hpp"
#include "attest/sbom_collector.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/limits.hpp"

namespace assay::attest {

struct Image {
  std::string name;    ///< first tag, or empty
  std::string digest;  ///< SHA-256 of the manifest (OCI) or of the configuration (docker), hexadecimal
  struct File {
    std::string sha256;
    std::optional<Bytes> content;  ///< of files that say what is installed
    std::string layer;             ///< digest of the layer it is of
  };
  std::map<std::string, File> files;  ///< by path, as the topmost layer has them
  Coverage coverage;                  ///< layers that could not be read, or are not the blobs their digests name

  void hand_to(SbomCollector& collector) const;
};

/// Does the archive hold an image? (`oci-layout`, or the `manifest.json` of docker)
bool is_image(const archive::ArchiveContents& contents) noexcept;

/// Read the image at `path`, a directory or an archive. Of an index of several platforms the first for linux/amd64 is taken,
/// else the first; the others are gaps. Errors: no index, a manifest or configuration that is malformed or not the blob its
/// digest names, no layer.
Result<Image> read_image(const std::filesystem::path& path, const Limits& limits);

}  // namespace assay::attest
